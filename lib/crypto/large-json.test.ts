import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ExactNumber } from './exact-json.ts'
import { type LargeJsonOptions, parseLargeJson } from './large-json.ts'

const parse = (text: string | Buffer, options: Partial<LargeJsonOptions> = {}): unknown =>
  parseLargeJson(Buffer.from(text), { levels: 100, ...options })

const isRefused = (read: () => unknown): boolean => {
  try {
    read()
    return false
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError)
    return true
  }
}

const whiteSpace = fc.constantFrom('', '', ' ', '\n', '\t\r\n ')

/**
 * JSON with white space between its tokens; strings are full of what could be taken for brackets and quotes. No key has an
 * escape: V8 reads some of those wrong (nodejs/node#63785), so JSON.parse is no judge of them.
 */
const documents = fc.letrec<{ value: string }>((tie) => {
  const string = fc.string({ unit: fc.constantFrom(...'ab"\\/{}[]:, ✂\u0000é😀') }).map((text) => JSON.stringify(text))
  const key = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'ab/{}[]:, ✂é😀') }).map((text) => `"${text}"`),
    fc.constantFrom('"__proto__"', '"a"', '"1"'),
  )
  const among = (items: readonly string[], space: string): string => items.join(`${space},${space}`)
  return {
    value: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom('1', '-0.5e3', 'true', 'null', '12345678901234567890'),
      string,
      fc.tuple(fc.array(tie('value')), whiteSpace).map(([items, space]) => `[${space}${among(items, space)}${space}]`),
      fc.tuple(fc.array(fc.tuple(key, tie('value'))), whiteSpace).map(([members, space]) => {
        const texts = members.map(([name, value]) => `${name}${space}:${space}${value}`)
        return `{${space}${among(texts, space)}${space}}`
      }),
    ),
  }
}).value

const pieceBytes = fc.integer({ min: 1, max: 60 })

test('in whatever pieces, a document is read as JSON.parse reads it, with long numbers kept', () => {
  const reviver = (_key: string, value: unknown): unknown =>
    value instanceof ExactNumber ? Number(value.$number) : value
  fc.assert(
    fc.property(documents, pieceBytes, (text, size) => {
      const value = parse(text, { pieceBytes: size })
      // As text: Jest takes an own `__proto__` for the prototype.
      expect(JSON.stringify(value)).toBe(JSON.stringify(parse(text, { pieceBytes: 1e6 })))
      expect(JSON.stringify(value, reviver)).toBe(JSON.stringify(JSON.parse(text)))
    }),
  )
})

test('a damaged document is refused exactly where JSON.parse refuses it', () => {
  const damage = fc.tuple(
    fc.nat(),
    fc.nat({ max: 2 }),
    fc.constantFrom('', '"', '\\', '{', ']', '}', ',', ':', '1', '\n', '\u00a0'),
  )
  fc.assert(
    fc.property(documents, damage, pieceBytes, (text, [place, removed, added], size) => {
      const at = place % (text.length + 1)
      const damaged = Buffer.from(text.slice(0, at) + added + text.slice(at + removed))
      expect(isRefused(() => parse(damaged, { pieceBytes: size }))).toBe(isRefused(() => JSON.parse(String(damaged))))
    }),
    { numRuns: 1000 },
  )
})

describe('levels', () => {
  test.each([
    ['lists', '[[[1]]]'],
    ['maps', '{"a":{"b":{"c":1}}}'],
    ['an empty list', '[[[]]]'],
  ])('%s', (_, text) => {
    for (const size of [1, 2, 100]) {
      expect(parse(text, { levels: 3, pieceBytes: size })).toEqual(JSON.parse(text))
      expect(() => parse(text, { levels: 2, pieceBytes: size })).toThrow(RangeError)
    }
  })

  test('brackets in strings are none', () => {
    expect(parse('["[[[[", "\\"[[["]', { levels: 1 })).toEqual(['[[[[', '"[[['])
  })

  test('an opening bracket a million times', () => {
    for (const opening of ['[', '{"a":', '[{"a":']) expect(() => parse(opening.repeat(1e6))).toThrow(RangeError)
  })
})

describe('a dropped member', () => {
  const long = JSON.stringify(Array.from({ length: 50 }, (_, index) => ({ index })))
  const read = (text: string) => parse(text, { dropped: ['big'], pieceBytes: 10 })

  test('is empty where it is large, and the others are whole', () => {
    expect(read(`{"a":{"big":${long}},"big":${long},"z":${long}}`)).toEqual({
      a: { big: JSON.parse(long) },
      big: [],
      z: JSON.parse(long),
    })
    expect(read(`{"big":{"inner":${long}}}`)).toEqual({ big: {} })
  })

  test('is checked', () => {
    expect(() => read(`{"big":${long.replace('7', '7,')}}`)).toThrow(SyntaxError)
  })
})
