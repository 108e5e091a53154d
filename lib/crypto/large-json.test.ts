import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ExactNumber, parseJsonExact } from './exact-json.ts'
import { type LargeJsonOptions, parseLargeJson } from './large-json.ts'

const parse = (text: string | Buffer, options: Partial<LargeJsonOptions> = {}): unknown =>
  parseLargeJson(Buffer.from(text), { levels: 100, ...options })

const REFUSED = 'refused'

/** As text: Jest takes an own `__proto__` for the prototype. */
const outcome = (read: () => unknown): string => {
  try {
    return JSON.stringify(read())
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError)
    return REFUSED
  }
}

interface Written {
  text: string
  value: unknown
}

const asUnits = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')

/** Full of what could be taken for brackets, quotes and escapes, and written with few escapes or with nothing else. */
const strings: fc.Arbitrary<Written> = fc
  .tuple(
    fc.oneof(
      fc.string({ unit: fc.constantFrom(...'abu03c<"\\/{}[]:, ✂\u0000é😀', '\ud800'), maxLength: 8 }),
      fc.constantFrom('__proto__', 'a', '1', '\\u003c', '<abcde'),
    ),
    fc.constantFrom<(text: string) => string>(
      JSON.stringify,
      (text) => JSON.stringify(text).replaceAll('<', '\\u003c'),
      (text) => `"${asUnits(text)}"`,
    ),
  )
  .map(([value, quote]) => ({ text: quote(value), value }))

const scalars = fc.constantFrom<Written>(
  ...['1', '-0.5e3', 'true', 'null'].map((text) => ({ text, value: JSON.parse(text) })),
  { text: '12345678901234567890', value: new ExactNumber('12345678901234567890') },
)

const whiteSpace = fc.constantFrom('', '', ' ', '\n', '\t\r\n ')

/**
 * JSON with white space between its tokens, beside the value that it has: JSON.parse is no judge of keys with escapes
 * (nodejs/node#63785).
 */
const documents = fc.letrec<{ value: Written }>((tie) => {
  const enclosed = (texts: readonly string[], space: string): string => space + texts.join(`${space},${space}`) + space
  return {
    value: fc.oneof(
      { maxDepth: 6 },
      scalars,
      strings,
      fc.tuple(fc.array(tie('value')), whiteSpace).map(([items, space]) => ({
        text: `[${enclosed(
          items.map(({ text }) => text),
          space,
        )}]`,
        value: items.map(({ value }) => value),
      })),
      fc.tuple(fc.array(fc.tuple(strings, tie('value'))), whiteSpace).map(([members, space]) => ({
        text: `{${enclosed(
          members.map(([key, { text }]) => `${key.text}${space}:${space}${text}`),
          space,
        )}}`,
        value: Object.fromEntries(members.map(([key, { value }]) => [key.value, value])),
      })),
    ),
  }
}).value

const pieceBytes = fc.integer({ min: 1, max: 60 })

test('in whatever pieces, a document is read as what was written', () => {
  fc.assert(
    fc.property(documents, pieceBytes, ({ text, value }, size) => {
      expect(outcome(() => parse(text, { pieceBytes: size }))).toBe(JSON.stringify(value))
      expect(outcome(() => parseJsonExact(text))).toBe(JSON.stringify(value))
    }),
  )
})

test('a damaged document is refused exactly where JSON.parse refuses it, or else read as in one piece', () => {
  const damage = fc.tuple(
    fc.nat(),
    fc.nat({ max: 2 }),
    fc.constantFrom('', '"', '\\', '{', ']', '}', ',', ':', '1', '\n', '\u00a0'),
  )
  fc.assert(
    fc.property(documents, damage, pieceBytes, ({ text }, [place, removed, added], size) => {
      const at = place % (text.length + 1)
      const damaged = Buffer.from(text.slice(0, at) + added + text.slice(at + removed))
      const read = outcome(() => parse(damaged, { pieceBytes: size }))
      expect(read).toBe(outcome(() => parseJsonExact(String(damaged))))
      expect(read === REFUSED).toBe(outcome(() => JSON.parse(String(damaged))) === REFUSED)
    }),
    { numRuns: 1000 },
  )
})

test.each([1, 8, 20, 40, 60, 1000])('in pieces of %d bytes, no key is read as another that came before', (size) => {
  // V8 remembers what followed a key in any document, and not only in ours. It takes a key that nothing else followed.
  for (const before of ['{"a%":0,"\\\\u003c":1}', '{"b%":0,"\\\\n":1}', '{"c%":0,"\\\\":1}'])
    JSON.parse(before.replace('%', String(size)))
  const text = '{"x":{"a%":0,"\\u003cabcde":1},"y":[{"b%":0,"\\nb":2},{"z":{"c%":0,"\\u0061":3}}]}'
  expect(JSON.stringify(parse(text.replaceAll('%', String(size)), { pieceBytes: size }))).toBe(
    '{"x":{"a%":0,"<abcde":1},"y":[{"b%":0,"\\nb":2},{"z":{"c%":0,"a":3}}]}'.replaceAll('%', String(size)),
  )
})

test('a long string is not looked through once for each list around it', () => {
  const long = JSON.stringify('a'.repeat(1e7))
  const startedAt = performance.now()
  expect(parse(`${'['.repeat(400)}${long}${']'.repeat(400)}`, { levels: 400 })).toHaveLength(1)
  expect(performance.now() - startedAt).toBeLessThan(5_000)
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
