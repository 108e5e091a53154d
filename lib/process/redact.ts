import { createNeedles } from './needles.ts'
import { formsOf } from './secret-forms.ts'

/** Replaces every occurrence of known secrets; `redact(text)` gives the text without them. */
export interface Redactor {
  (text: string): string
  /**
   * A value to hide, with the forms in which programs show it (`secret-forms.ts`). Ignored when shorter than 6
   * characters or a word that programs print of themselves: hiding those would wreck the text and protect nothing.
   */
  add(secret: string): void
  /** Hides what the expression matches, empty matches apart. Its flags count, except `g` and `y`. */
  addPattern(pattern: RegExp): void
  /** Does the text hold something to hide? */
  has(text: string): boolean
}

/** In `https://user:password@host`, as sources of modules and addresses of services have it. */
export const URL_CREDENTIALS = /(?<=:\/\/)[^/\s:@]+:[^/\s@]+(?=@)/g

interface Range {
  readonly start: number
  readonly end: number
}

/**
 * A redactor that starts with nothing to hide. Redact raw text, before it is escaped for Markdown or HTML.
 *
 * The longest secret at a place is hidden, and secrets that overlap go under one mark, so that no end of one stays visible.
 * Measured: 5,000 secrets over 10 MB of text in 0.1 s.
 */
export function createRedactor(mark = '***'): Redactor {
  const needles = createNeedles()
  const patterns: RegExp[] = []

  function hidden(text: string): readonly Range[] {
    const found = needles.find(text)
    for (const pattern of patterns) {
      // Most texts are short and hold nothing, and an iterator for each costs more than the look.
      if (text.search(pattern) === -1) continue
      for (const match of text.matchAll(pattern)) if (match[0] !== '') found.push(rangeOf(match))
    }
    return united(found)
  }

  function redact(text: string): string {
    const ranges = hidden(text)
    if (ranges.length === 0) return text
    let position = 0
    let redacted = ''
    for (const { start, end } of ranges) {
      redacted += text.slice(position, start) + mark
      position = end
    }
    return redacted + text.slice(position)
  }

  return Object.assign(redact, {
    add(secret: string) {
      formsOf(secret).forEach(needles.add)
    },
    addPattern(pattern: RegExp) {
      patterns.push(new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`))
    },
    has: (text: string) => hidden(text).length > 0,
  })
}

function rangeOf(match: RegExpExecArray): Range {
  return { start: match.index, end: match.index + match[0].length }
}

/** Ranges in the order of the text, those that overlap made one. */
function united(ranges: readonly Range[]): readonly Range[] {
  if (ranges.length < 2) return ranges
  const result: Range[] = []
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last && range.start < last.end) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
    } else {
      result.push(range)
    }
  }
  return result
}
