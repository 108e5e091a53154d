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

describe('keys with escapes', () => {
  test.each([
    ['{"one":0,"\\\\":1}', '{"one":0,"\\u0061":1}', '{"one":0,"a":1}'],
    ['{"two":0,"\\\\u003c":1}', '{"two":0,"\\u003cabcde":1}', '{"two":0,"<abcde":1}'],
    ['{"three":0,"\\\\n":1}', '{"three":0,"\\nb":1}', '{"three":0,"\\nb":1}'],
    ['{"four":0,"\\\\":1}', '{"four":0,"\\u003c":2}', '{"four":0,"<":2}'],
  ])('after %s, %s is read as it is', (before, text, expected) => {
    parseJsonExact(before)
    // V8 remembers what followed a key in any document, and not only in ours. It takes a key that nothing else followed.
    JSON.parse(before)
    expect(JSON.stringify(parseJsonExact(text))).toBe(expected)
  })

  test('of two keys neither hides the other, and the last of equal ones counts', () => {
    const both = parseJsonExact(
      '{"\\\\u003c":"shown","\\u003cabcde":"hidden","\\u0061":1,"a":2,"n":12345678901234567890}',
    )
    expect(both).toEqual({ '\\u003c': 'shown', '<abcde': 'hidden', a: 2, n: new ExactNumber('12345678901234567890') })
    expect(JSON.stringify(parseJsonExact('{"\\u005f_proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1}}')
  })

  test.each([
    ['{"\\u0061":1,"a":2,"\\u0061":3}', '{"a":3}'],
    ['{"a":1,"\\u0031":2,"1":3}', '{"1":3,"a":1}'],
    ['{"1":1,"\\u0031":2}', '{"1":2}'],
    ['{"key 6100":1,"\\u0061":2}', '{"key 6100":1,"a":2}'],
  ])('%s is read as the last of equal keys says, in the order of JSON.parse', (text, expected) => {
    expect(JSON.stringify(parseJsonExact(text))).toBe(expected)
  })

  test('whatever keys and values there are, in whatever order documents come', () => {
    const character = fc.constantFrom(
      '\\',
      'u',
      '0',
      '3',
      'c',
      'n',
      '"',
      '<',
      '\n',
      'a',
      ':',
      '\uF8FF',
      ' ',
      '{',
      '\uD800',
    )
    const text = fc.string({ unit: character, maxLength: 8 })
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(text, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
      ),
    }))
    const written = (one: unknown, quote: (text: string) => string): string => {
      if (typeof one === 'string') return quote(one)
      if (Array.isArray(one)) return `[${one.map((inner) => written(inner, quote)).join(',')}]`
      return `{${[...(one as Map<string, unknown>)].map(([key, inner]) => `${quote(key)}: ${written(inner, quote)}`).join(',')}}`
    }
    const read = (one: unknown): unknown => {
      if (typeof one === 'string') return one
      if (Array.isArray(one)) return ['list', ...one.map(read)]
      return one instanceof Map
        ? ['map', ...[...one].map(([key, inner]) => [key, read(inner)]).sort()]
        : [
            'map',
            ...Object.entries(one as object)
              .map(([key, inner]) => [key, read(inner)])
              .sort(),
          ]
    }
    const escapes = [
      (one: string) => JSON.stringify(one),
      (one: string) =>
        `"${[...Array(one.length).keys()].map((at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`,
      (one: string) => JSON.stringify(one).replaceAll('<', '\\u003c'),
    ]
    fc.assert(
      fc.property(value, fc.constantFrom(...escapes), (one, quote) => {
        expect(read(parseJsonExact(written(one, quote)))).toEqual(read(one))
      }),
      { numRuns: 2000 },
    )
  })

  test('the look for them is linear', () => {
    const startedAt = performance.now()
    for (const piece of ['\\"', '\\\\', '\\u003c', '"\\"', '\\" :']) {
      try {
        parseJsonExact(`"${piece.repeat(500_000)}`)
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError)
      }
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})
