import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ExactNumber, parseJsonExact } from './exact-json.ts'
import { canonicalJson, digest, digestOfJson, equalInConstantTime, keyedDigest } from './fingerprint.ts'

describe('digests', () => {
  test('SHA-256 of FIPS 180-4, "abc"', () => {
    expect(digest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  test('HMAC-SHA-256 of RFC 4231, case 2', () => {
    expect(keyedDigest(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })
})

describe('equalInConstantTime', () => {
  test.each([
    ['', '', true],
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'abcd', false],
    ['é', 'e', false],
  ])('%j and %j: %p', (a, b, equal) => {
    expect(equalInConstantTime(a, b)).toBe(equal)
  })
})

describe('canonicalJson', () => {
  test('example of RFC 8785, section 3.2.3', () => {
    const text = String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`
    expect(Object.keys(JSON.parse(canonicalJson(JSON.parse(text))) as object)).toHaveLength(7)
    expect(canonicalJson(JSON.parse(text))).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    )
  })

  test('the order of keys does not matter, at any depth', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed)
      if (value === null || typeof value !== 'object') return value
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, member]) => [key, reversed(member)]),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
      }),
    )
  })

  test('says the value again: different values have different texts', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: unknown = JSON.parse(text)
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('an exact number keeps its digits and is told from an object that looks like one', () => {
    const number = canonicalJson(parseJsonExact('[12345678901234567890]'))
    expect(number).toBe('[12345678901234567890]')
    expect(canonicalJson([{ $number: '12345678901234567890' }])).not.toBe(number)
    expect(canonicalJson(new ExactNumber('10E399'))).toBe('1e400')
  })

  test('a __proto__ key is data', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}')
  })

  test.each([
    ['undefined', undefined],
    ['a property that is undefined', { a: undefined }],
    ['a hole', new Array(1)],
    ['NaN', Number.NaN],
    ['an infinity', Number.POSITIVE_INFINITY],
    ['bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a date', new Date(0)],
    ['a map', new Map()],
  ])('%s is refused', (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError)
  })
})

test('the digest of a JSON value is that of its canonical text, under a key and without one', () => {
  const key = Buffer.from('Jefe')
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      expect(digestOfJson(undefined, value)).toBe(digest(canonicalJson(value)))
      expect(digestOfJson(key, value)).toBe(keyedDigest(key, canonicalJson(value)))
    }),
  )
  expect(digestOfJson(undefined, [new ExactNumber('1e400')])).toBe(digest('[1e400]'))
  expect(() => digestOfJson(undefined, { a: [undefined] })).toThrow(TypeError)
})
