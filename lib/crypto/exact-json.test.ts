import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ExactNumber, parseJsonExact } from './exact-json.ts'

const exact = (text: string): string | undefined => {
  const value = parseJsonExact(text)
  return value instanceof ExactNumber ? value.$number : undefined
}

describe('parseJsonExact', () => {
  test.each([
    ['12345678901234567890', '12345678901234567890'],
    ['-9007199254740993', '-9007199254740993'],
    ['9007199254740993.0', '9007199254740993'],
    ['0.10000000000000000001', '0.10000000000000000001'],
    ['1e400', '1e400'],
    ['10E399', '1e400'],
    ['1e-400', '1e-400'],
    ['1234567890123456789e3', '1234567890123456789000'],
    ['1e999999999', '1e999999999'],
  ])('%s is kept', (text, digits) => {
    expect(exact(text)).toBe(digits)
  })

  test.each(['0', '-0', '1.0', '1e2', '100E-2', '0.1', '9007199254740992', '1.7976931348623157e308', '5e-324'])(
    '%s stays a number',
    (text) => {
      expect(parseJsonExact(text)).toBe(Number(text))
    },
  )

  test('finds a long number wherever it stands', () => {
    const kept = new ExactNumber('12345678901234567890')
    expect(parseJsonExact('{"a":[1, 12345678901234567890],"b" :\n 12345678901234567890}')).toEqual({
      a: [1, kept],
      b: kept,
    })
  })

  test('digits inside strings and the object { $number } are left alone', () => {
    const text = '{"a":"x:12345678901234567890","b":{"$number":"12345678901234567890"}}'
    expect(parseJsonExact(text)).toStrictEqual(JSON.parse(text))
  })

  test('anything JSON.stringify writes is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJsonExact(text)).toStrictEqual(JSON.parse(text))
      }),
    )
  })

  test('neighbouring integers are never the same value', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }),
        fc.bigInt({ min: 1n, max: 9n }),
        (integer, step) => {
          const [value, neighbour] = parseJsonExact(`[${integer}, ${integer + step}]`) as [unknown, unknown]
          expect(value).not.toEqual(neighbour)
        },
      ),
    )
  })

  test('malformed text is refused', () => {
    expect(() => parseJsonExact('{"a":12345678901234567890')).toThrow(SyntaxError)
  })
})
