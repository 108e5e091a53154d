import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Block, render, shownLine } from './blocks.ts'
import { code, shorten, text, visible } from './escape.ts'
import { htmlOf } from './fixtures/html.ts'
import { table } from './table.ts'

const HOSTILE = [
  '',
  ' ',
  '    indented',
  'trailing  ',
  '# heading',
  'closed heading ##',
  '- item',
  '+ item',
  '* item',
  '1. one',
  '12345) one',
  '> quote',
  '---',
  '===',
  '***bold*** __bold__ ~~gone~~ _a_',
  '`code` ``more``',
  '```\nfence',
  '[link](https://example.com) ![image](x) [^1] [ref]: x',
  '[x] task',
  '<script>alert(1)</script><!-- marker --><details><summary>',
  '</code></summary></details>',
  '&amp; &lt; &#64;outsider &commat;outsider',
  '@outsider and @org/team, (@outsider) a@b.example',
  'éGH-1 온gh-2 ١GH-3 1GH-4 _gh-5',
  '#1 GH-1 gh-22 owner/repo#3 owner/repo@0123abc',
  'deadbee 0123456789abcdef0123456789abcdef01234567 1234567',
  'https://example.com http://x ftp://x www.example.com WWW.x.org mailto:a@b.example xmpp:a@b.example/c',
  ':tada: a:b:c ::: :+1:',
  '$x$ and $$y$$ cost $5',
  'a | b \\| c \\',
  '| a | b |\n|---|---|',
  'line\nline\r\nline\ttab',
  '\u0000\u0007\u001b[31m\u007f\u0085',
  '\u202Ereversed\u2066 zero\u200bwidth \ufeff \u00ad \u{E0041}\u{E0042} \u3164',
  '\ud800 alone',
  '::error::workflow command',
]

const PIECES = [
  '@',
  '#',
  '$',
  ':',
  '/',
  '//',
  '\\',
  '|',
  '`',
  '```',
  '~~',
  '*',
  '_',
  '<',
  '>',
  '&',
  '[',
  ']',
  '(',
  ')',
  '!',
  '-',
  '+',
  '=',
  '.',
  '"',
  "'",
]
const WORDS = [
  'a',
  '1',
  '1234567',
  'abcdef0',
  'GH-',
  'www.',
  'https://',
  'a@b.example',
  '@outsider',
  'tada',
  '<b>',
  '<!--',
  '-->',
  ' ',
  '    ',
  '\n',
  '\t',
  '\u202E',
  'é',
  '😀',
]
const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.array(fc.constantFrom(...PIECES, ...WORDS)).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary' }),
)

const TAG = /<[^>]*>/g
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' }
const decoded = (source: string): string =>
  source.replace(/&(?:#(\d+)|(\w+));/g, (reference, point?: string, name = '') =>
    point === undefined ? (NAMED[name] ?? reference) : String.fromCodePoint(Number(point)),
  )

/** Every tag with its attributes, `span` without attributes apart. */
const structure = (source: string): string[] =>
  [...source.matchAll(TAG)].map(([tag]) => tag).filter((tag) => !/^<\/?span>$/.test(tag))

/** Text as a reader sees it: zero-width spaces have no width. */
const content = (source: string): string => decoded(source.replace(TAG, '')).replaceAll('\u200b', '')

/** Text nodes in which GitHub looks for patterns: those outside code, pre and a. */
const searched = (source: string): string[] =>
  source
    .replace(/<(code|pre|a)\b[\s\S]*?<\/\1>/g, '<x>')
    .split(TAG)
    .map(decoded)

const LIVE = [
  /(^|[^\w/`])@[a-z0-9-]+/i,
  /(^|\W)#\d/,
  /(^|\W)GH-\d/i,
  /[\w-]+\/[\w.-]+[@#][0-9a-f]/i,
  /(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])/i,
  /:[\w+-]+:/,
  /(https?|ftp):\/\//i,
  /www\./i,
  /[\w.+-]+@[\w-]+\.\w/,
  /\$[^\s$]/,
]

/** Where inline text may stand. `before` and `after` are what a reader sees around it. */
const CONTEXTS: Readonly<Record<string, { put: (inline: string) => string; before: string; after: string }>> = {
  'a paragraph': { put: (inline) => inline, before: '', after: '' },
  'the middle of a line': { put: (inline) => `a ${inline} z`, before: 'a ', after: ' z' },
  'the line below a text': { put: (inline) => `a\n${inline}`, before: 'a', after: '' },
  'a heading': { put: (inline) => `## ${inline}`, before: '', after: '' },
  'a list item': { put: (inline) => `- ${inline}`, before: '', after: '' },
  'a table cell': { put: (inline) => table(['h', 'i'], [[inline, 'z']]), before: 'hi', after: 'z' },
  'a summary': { put: (inline) => render([{ kind: 'fold', summary: inline, blocks: [] }]), before: '', after: '' },
}

/** @param structures tags of each context around a harmless value, as of `structuresAround` */
function expectInert(value: string, inline: string, structures: readonly string[][]): void {
  for (const [index, { put, before, after }] of Object.values(CONTEXTS).entries()) {
    const rendered = htmlOf(put(inline))
    expect(structure(rendered)).toEqual(structures[index])
    expect(content(rendered).replaceAll('\n', '')).toBe(before + visible(value) + after)
    const live = searched(rendered).filter((node) => LIVE.some((pattern) => pattern.test(node)))
    expect(live).toEqual([])
  }
}

const structuresAround = (inline: string): string[][] =>
  Object.values(CONTEXTS).map(({ put }) => structure(htmlOf(put(inline))))

describe('text', () => {
  const [empty, plain] = [structuresAround(''), structuresAround('x')]
  const inert = (value: string): void => expectInert(value, text(value), value === '' ? empty : plain)

  test.each(HOSTILE)('%j is inert', inert)

  test('any string is inert', () => {
    fc.assert(fc.property(hostile, inert), { numRuns: 200 })
  })

  test('ordinary text stays readable in the source', () => {
    expect(text('Plan: 2 to add, 1 to change (see main.tf:12).')).toBe('Plan: 2 to add, 1 to change (see main.tf:12).')
  })
})

describe('code', () => {
  const plain = structuresAround(code('x'))
  const inert = (value: string): void => expectInert(value, code(value), plain)

  test.each(HOSTILE)('%j is inert', inert)

  test('any string is inert', () => {
    fc.assert(fc.property(hostile, inert), { numRuns: 200 })
  })

  test('what a reader copies is the value: no zero-width space is in it', () => {
    fc.assert(fc.property(hostile, (value) => expect(code(value)).not.toMatch(/&#8203;|\u200b/)))
  })
})

describe('visible', () => {
  test.each([
    ['a\r\nb\tc', 'a␍⏎b␉c'],
    ['\u0000\u001b\u007f', '␀␛␡'],
    ['\u202Eevil\u200b', '<U+202E>evil<U+200B>'],
    ['\u{E0041}\ud800', '<U+E0041><U+D800>'],
    ['♻️ 온돌 é', '♻️ 온돌 é'],
  ])('%j', (value, shown) => {
    expect(visible(value)).toBe(shown)
    expect(visible(shown)).toBe(shown)
  })
})

test('shorten cuts to the limit, and no character in two', () => {
  expect(shorten('abcdef', 6)).toBe('abcdef')
  expect(shorten('abcdefg', 6)).toBe('abcde…')
  expect(shorten('abcd😀fg', 6)).toBe('abcd…')
})

describe('a fence', () => {
  const fenced = (language: string, lines: readonly string[]): Block => ({ kind: 'fence', language, lines })

  test('any lines are shown literally, at the top and in a fold', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1 }), (lines) => {
        const shown = `${lines.map(shownLine).join('\n')}\n`
        const rendered = htmlOf(render([fenced('diff', lines)]))
        expect(structure(rendered)).toEqual(['<pre>', '<code class="language-diff">', '</code>', '</pre>'])
        expect(content(rendered)).toBe(shown)
        const folded = htmlOf(render([{ kind: 'fold', summary: 's', blocks: [fenced('', lines)] }]))
        expect(structure(folded)).toEqual([
          '<details>',
          '<summary>',
          '</summary>',
          '<pre>',
          '<code>',
          '</code>',
          '</pre>',
          '</details>',
        ])
        expect(content(folded)).toBe(`s\n${shown}\n`)
      }),
    )
  })

  test.each(['```', '``````', '   ````', '~~~~', '``` js'])('a line %j does not end it', (line) => {
    expect(content(htmlOf(render([fenced('', ['a', line, 'b'])])))).toBe(`a\n${line}\nb\n`)
  })

  test('tabs stay, a language with anything but small letters, digits, + and - goes', () => {
    expect(render([fenced('json', ['\ta'])])).toBe('```json\n\ta\n```')
    expect(render([fenced('js\n```\n', ['a'])])).toBe('```\na\n```')
  })
})

describe('a fold', () => {
  test('Markdown inside is interpreted, a line end in the summary is not', () => {
    const fold: Block = {
      kind: 'fold',
      summary: 'a\n\n# b',
      open: true,
      blocks: [{ kind: 'paragraph', markdown: '**c**' }],
    }
    expect(htmlOf(render([fold]))).toBe('<details open><summary>a # b</summary>\n<p><strong>c</strong></p>\n</details>')
  })

  test('blanks in the summary stay, and are looked through once', () => {
    const blanks = ' '.repeat(500_000)
    const startedAt = performance.now()
    const rendered = render([{ kind: 'fold', summary: `a${blanks}b \r\n${blanks}c`, blocks: [] }])
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(rendered).toBe(`<details><summary>a${blanks}b c</summary>\n\n</details>`)
  })
})

describe('a table', () => {
  test('alignment, missing cells, pipes and line ends', () => {
    const markdown = table(['a', 'b', 'c'], [['`x|y`', 'p \\| q', 'one\ntwo'], ['z']], 'lr')
    expect(markdown).toBe('| a | b | c |\n| :-- | --: | --- |\n| `x\\|y` | p \\| q | one<br>two |\n| z |  |  |')
    expect(content(htmlOf(markdown)).split('\n').filter(Boolean)).toEqual([
      'a',
      'b',
      'c',
      'x|y',
      'p | q',
      'onetwo',
      'z',
    ])
  })

  test('any pipes and backslashes stay in their cell', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\\|a]*$/), (cell) => {
        expect(structure(htmlOf(table(['h', 'i'], [[cell, 'z']])))).toEqual(
          structure(htmlOf(table(['h', 'i'], [['x', 'z']]))),
        )
      }),
    )
  })

  test('a row that is too long is refused', () => {
    expect(() => table(['a'], [['b', 'c']])).toThrow(RangeError)
  })
})
