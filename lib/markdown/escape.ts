/**
 * Any string as inert inline text, for Markdown and for HTML alike: paragraphs, headings, cells, `<summary>`.
 *
 * - What Markdown or HTML would interpret is written as a character reference. A backslash would do for Markdown but stay
 *   visible inside an HTML block such as `<summary>`.
 * - GitHub looks for mentions, references, commits and emoji in the text nodes of the rendered HTML, outside `code`, `pre`
 *   and `a`. A reference `&#64;` is an @ again by then, so a zero-width space is put behind the character that starts such
 *   a pattern, as Dependabot and Renovate do in the release notes they quote.
 * - A dollar sign stands in a `<span>`, which is how GitHub's documentation keeps it from starting a formula.
 * - Invisible characters are shown: see {@link visible}.
 *
 * Values that readers will copy belong into {@link code}, which needs no zero-width spaces.
 */
export function text(value: string): string {
  return disarmed(visible(value))
    .replace(INTERPRETED, reference)
    .replaceAll('$', `<span>${reference('$')}</span>`)
    .replace(STARTS_BLOCK, (_match, digits: string, char: string) => digits + reference(char))
    .replace(AT_THE_ENDS, reference)
    .replaceAll(ZERO_WIDTH_SPACE, reference)
}

/**
 * Any string as inert inline code, in a `<code>` element: unlike backticks that works inside `<summary>`, and with any
 * content inside a table cell.
 *
 * GitHub looks for no mention inside `code`. Markdown, however, goes on inside an inline HTML element, so what it interprets
 * is written as references, and what starts an autolink stands in a `<span>` of its own, which also leaves the copied
 * text as it was.
 */
export function code(value: string): string {
  const inner = visible(value).replace(INTERPRETED_IN_CODE, (char) =>
    STARTS_LINK.test(char) ? `<span>${reference(char)}</span>` : reference(char),
  )
  return `<code>${inner}</code>`
}

/**
 * The string as one line in which every character can be seen: a line end as ⏎, other control characters as their
 * pictures (␀ ␉ ␛), what else is invisible or turns the direction of writing (bidi controls, zero-width and tag
 * characters, lone surrogates) as `<U+202E>`. Keeps the selectors of text and emoji style.
 */
export function visible(value: string): string {
  return value.replace(INVISIBLE, (char) => {
    const point = char.codePointAt(0) ?? 0
    if (char === '\n') return '⏎'
    if (point < 0x20) return String.fromCodePoint(CONTROL_PICTURES + point)
    if (point === 0x7f) return '␡'
    return `<U+${point.toString(16).toUpperCase().padStart(4, '0')}>`
  })
}

/** At most `max` UTF-16 units, the last one `…` where something was cut. For raw values, before `text` or `code`. */
export function shorten(value: string, max: number): string {
  if (value.length <= max) return value
  return `${value.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

const CONTROL_PICTURES = 0x2400
const INVISIBLE = /[[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\uFE0E\uFE0F]]/gv
const INTERPRETED = /[&<>"`*_~[\]\\|]/g
const INTERPRETED_IN_CODE = /[&<>"`*_~[\]\\|@$]|:(?=\/\/)|(?<=www)\./gi
const STARTS_LINK = /[@$:.]/
/** Headings, lists (also `1.` and `1)`), rules, setext underlines, definitions. */
const STARTS_BLOCK = /^(\d*)([-+#=.):])/

/** Spaces that a paragraph, cell or heading would lose, and the closing sequence of a heading. */
const AT_THE_ENDS = /^ |[ #]$/g

/** `visible` leaves none in a value: those in the result are ours. */
const ZERO_WIDTH_SPACE = '\u200b'

/** What stands before the place where a pattern is broken. To GitHub, a letter that isn't ASCII's ends a word. */
const BREAK_AFTER = [/@/g, /#(?=\d)/g, /(?<![a-z])GH-(?=\d)/gi, /:(?=\/\/)/g, /www(?=\.)/gi, /:(?=[\w+-]+:)/g]

/** 7 to 64 hex digits may name a commit; six of them never do. */
const COMMIT = /(?<![0-9a-z])[0-9a-f]{7,64}(?![0-9a-z])/gi

function disarmed(value: string): string {
  const commitsBroken = value.replace(COMMIT, (digits) => digits.replace(/.{6}(?=.)/g, `$&${ZERO_WIDTH_SPACE}`))
  return BREAK_AFTER.reduce((broken, pattern) => broken.replace(pattern, `$&${ZERO_WIDTH_SPACE}`), commitsBroken)
}

function reference(char: string): string {
  return `&#${char.charCodeAt(0)};`
}

/** A sentence of one line in which `backticks` make code, as inert Markdown. With an odd backtick all of it is text. */
export function withCode(sentence: string): string {
  const parts = sentence.split('`')
  if (parts.length % 2 === 0) return text(sentence)
  return parts.map((part, index) => (part === '' ? '' : index % 2 === 0 ? text(part) : code(part))).join('')
}
