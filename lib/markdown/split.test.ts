import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Block, type Fence, shownLine } from './blocks.ts'
import { CUT_END, CUT_START } from './cut.ts'
import { COMMENT_BYTES, type SplitDocument, split } from './split.ts'

/** What a reader of Markdown knows of a part, by a scanner that shares nothing with the code under test. */
interface Scan {
  fenceLines: string[]
  summaries: string[]
  balanced: boolean
}

function scan(part: string): Scan {
  const found: Scan = { fenceLines: [], summaries: [], balanced: true }
  let mark = ''
  let depth = 0
  for (const line of part.split('\n')) {
    const backticks = /^(`{3,})[a-z]*$/.exec(line)?.[1] ?? ''
    if (mark === '' && backticks !== '') mark = backticks
    else if (mark !== '' && line.length >= mark.length && /^`+$/.test(line)) mark = ''
    else if (mark !== '') found.fenceLines.push(line)
    else {
      const summary = /^<details(?: open)?><summary>(.*)<\/summary>$/.exec(line)?.[1]
      if (summary !== undefined) found.summaries.push(summary)
      depth += Number(summary !== undefined) - Number(line === '</details>')
      found.balanced &&= depth >= 0
    }
  }
  return { ...found, balanced: found.balanced && depth === 0 && mark === '' }
}

/** Lines that were cut, whole again. */
function rejoined(lines: readonly string[]): string[] {
  return lines.join('\n').replaceAll(`${CUT_END}\n${CUT_START}`, '').split('\n')
}

function fencesOf(blocks: readonly Block[]): Fence[] {
  return blocks.flatMap((block) =>
    block.kind === 'fence' ? [block] : block.kind === 'fold' ? fencesOf(block.blocks) : [],
  )
}

const fence = (lines: readonly string[], language = 'diff'): Block => ({ kind: 'fence', language, lines })
const fold = (summary: string, ...blocks: Block[]): Block => ({ kind: 'fold', summary, blocks })
const paragraph = (markdown: string): Block => ({ kind: 'paragraph', markdown })
const documentOf = (...body: Block[]): SplitDocument => ({
  head: [paragraph('# head')],
  body,
  foot: (part, of) => `foot ${part}/${of}`,
  continuation: (part, of) => `continued ${part}/${of}`,
})

function partsOf(document: SplitDocument, bytes: number): string[] {
  const result = split(document, { bytes, parts: 9_999 })
  if (result.kind !== 'whole') throw new Error(`${result.neededParts} parts`)
  return result.parts
}

const line = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('', '```', '+ ``````', '</details>', '<details><summary>x</summary>', '````diff', '\ttab', '\u202E'),
  fc
    .tuple(fc.constantFrom('x', '`', '😀', ' '), fc.integer({ min: 100, max: 4_000 }))
    .map(([unit, count]) => unit.repeat(count)),
)
const lines = fc.array(line, { minLength: 1, maxLength: 60 }).map((some) => some.filter((it) => !it.includes('✂')))
const words = fc.string({ unit: fc.constantFrom('a', 'é', ' '), maxLength: 3_000 })
const leaf: fc.Arbitrary<Block> = fc.oneof(
  lines.map((some) => fence(some)),
  words.map(paragraph),
  fc
    .array(fc.array(words, { minLength: 2, maxLength: 2 }), { maxLength: 12 })
    .map((rows): Block => ({ kind: 'table', header: ['a', 'b'], rows })),
)
const folded = (inner: fc.Arbitrary<Block>): fc.Arbitrary<Block> =>
  fc
    .tuple(fc.string({ unit: fc.constantFrom('s', '온'), maxLength: 200 }), fc.array(inner, { maxLength: 4 }))
    .map(([summary, some]) => fold(summary, ...some))
const body = fc.array(fc.oneof(leaf, folded(leaf), folded(folded(leaf))), { maxLength: 6 })

describe('any document', () => {
  test('parts hold the limit, are balanced, framed, and lose no line of a fence', () => {
    fc.assert(
      fc.property(body, fc.integer({ min: 1_500, max: 8_000 }), (blocks, bytes) => {
        const parts = partsOf(documentOf(...blocks), bytes)
        for (const [index, part] of parts.entries()) {
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(bytes)
          expect(part.length).toBeLessThanOrEqual(bytes)
          expect(part.isWellFormed()).toBe(true)
          expect(scan(part).balanced).toBe(true)
          const start = index === 0 ? '# head' : `continued ${index + 1}/${parts.length}\n\n`
          expect(part.startsWith(start)).toBe(true)
          expect(part.endsWith(`foot ${index + 1}/${parts.length}`)).toBe(true)
        }
        const wanted = fencesOf(blocks).flatMap((block) => block.lines.map(shownLine))
        expect(rejoined(parts.flatMap((part) => scan(part).fenceLines)).join('\n')).toBe(wanted.join('\n'))
      }),
      { numRuns: 150 },
    )
  })
})

describe('where it is split', () => {
  const resource = (name: string, count: number): Block => fold(name, fence(Array<string>(count).fill('+ a = 1')))

  test('a document that fits is one part', () => {
    const document = documentOf(resource('one', 3))
    expect(split(document, { bytes: COMMENT_BYTES, parts: 5 })).toEqual({
      kind: 'whole',
      parts: [
        '# head\n\n<details><summary>one</summary>\n\n```diff\n+ a = 1\n+ a = 1\n+ a = 1\n```\n\n</details>\n\nfoot 1/1',
      ],
    })
  })

  test('between folds as long as each fits a part', () => {
    const parts = partsOf(documentOf(...['a', 'b', 'c', 'd', 'e'].map((name) => resource(name, 80))), 1_600)
    expect(parts.map((part) => scan(part).summaries)).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  test('inside a fold that is larger than a part: numbered, its language kept', () => {
    const parts = partsOf(documentOf(resource('small', 10), resource('large', 400), resource('last', 10)), 1_600)
    expect(parts.flatMap((part) => scan(part).summaries)).toEqual([
      'small',
      'large (1/3)',
      'large (2/3)',
      'large (3/3)',
      'last',
    ])
    expect(parts.every((part) => part.includes('```diff\n+ a'))).toBe(true)
  })

  test('inside a line that is larger than a part: marked on both sides, between characters', () => {
    const parts = partsOf(documentOf(fence(['😀'.repeat(1_000)])), 1_600)
    const cut = parts.flatMap((part) => scan(part).fenceLines)
    expect(cut.length).toBeGreaterThan(2)
    expect(cut.every((piece) => /^(✂ )?(😀)+( ✂)?$/u.test(piece))).toBe(true)
  })

  test('the number of a piece never takes it over the limit, however full it is', () => {
    const blocks = Array.from({ length: 1_500 }, () => paragraph('x'))
    const full = { ...documentOf(fold('x', ...blocks)), foot: () => 'foot', continuation: () => 'more' }
    for (let bytes = 1_500; bytes < 1_512; bytes++) {
      const sizes = partsOf(full, bytes).map((part) => Buffer.byteLength(part))
      expect(Math.max(...sizes)).toBeLessThanOrEqual(bytes)
      expect(sizes.length).toBeGreaterThan(2)
    }
  })

  test('a table between rows, its header repeated; a row that fits nowhere leaves a note', () => {
    const rows = [...Array.from({ length: 100 }, (_, index) => [`row ${index}`]), ['x'.repeat(2_000)]]
    const parts = partsOf(documentOf({ kind: 'table', header: ['name'], rows }), 1_500)
    expect(parts.every((part) => part.includes('| name |\n| --- |'))).toBe(true)
    expect(parts.join('\n').match(/row \d+/g)).toEqual(rows.slice(0, 100).flat())
    expect(parts.at(-1)).toContain('(a row of 2005 bytes is not shown)')
  })

  test('a long paragraph at spaces, never inside a reference', () => {
    const spaced = partsOf(documentOf(paragraph('word '.repeat(1_000))), 1_500)
    expect(spaced.join('').match(/word/g)).toHaveLength(1_000)
    const references = partsOf(documentOf(paragraph('&#64;'.repeat(1_000))), 1_500)
    expect(references.join('').match(/&#64;/g)).toHaveLength(1_000)
  })

  test('a summary that would fill every piece leaves a note', () => {
    const parts = partsOf(documentOf(fold('s'.repeat(1_000), fence(Array<string>(600).fill('+ a')))), 1_500)
    expect(scan(parts[0] ?? '').summaries[0]).toBe('(a summary of 1000 bytes is not shown) (1/2)')
  })
})

describe('what does not fit', () => {
  const large = documentOf(fence(Array<string>(20_000).fill('+ a = 1')))

  test('more parts than allowed: says about how many', () => {
    const result = split(large, { bytes: 10_000, parts: 5 })
    expect(result).toEqual({ kind: 'too-long', neededParts: expect.any(Number) })
    const needed = partsOf(large, 10_000).length
    if (result.kind === 'too-long') expect(Math.abs(result.neededParts - needed)).toBeLessThanOrEqual(needed / 20)
  })

  test('a foot that leaves no room, and one that grows as numbers get smaller, are refused', () => {
    const wide = { ...large, foot: () => 'x'.repeat(9_800) }
    expect(() => split(wide, { bytes: 10_000, parts: 5 })).toThrow(RangeError)
    const growing = { ...large, foot: (part: number) => 'x'.repeat(part < 10 ? 5_000 : 1) }
    expect(() => split(growing, { bytes: 10_000, parts: 999 })).toThrow(RangeError)
  })

  test('20 MB of folds are refused in seconds', () => {
    const folds = Array.from({ length: 10_000 }, (_, index) =>
      fold(`r${index}`, fence(Array<string>(100).fill(`+ ${'x'.repeat(17)}`))),
    )
    const startedAt = performance.now()
    expect(split(documentOf(...folds), { bytes: COMMENT_BYTES, parts: 5 }).kind).toBe('too-long')
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})
