import { randomBytes } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { open, seal, TamperedError } from './sealed.ts'

const KEY = randomBytes(32)
const DATA = { repository: 1, head: 'abc' }
const LIMITS = { maxSealedBytes: 1 << 20, maxPlaintextBytes: 1 << 20 }

describe('what was sealed is opened again', () => {
  test('any bytes, any associated data', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())), (bytes, data) => {
        expect(Buffer.from(open(KEY, seal(KEY, bytes, data), data, LIMITS))).toEqual(Buffer.from(bytes))
      }),
    )
  })

  test('text is UTF-8; the order of associated data does not matter', () => {
    const sealed = seal(KEY, 'ondol 온돌', { head: 'abc', repository: 1 })
    expect(Buffer.from(open(KEY, sealed, DATA, LIMITS)).toString()).toBe('ondol 온돌')
  })

  test('twice sealed is never twice the same, and does not show its content', () => {
    const secret = 'hunter2 '.repeat(4)
    const [first, second] = [seal(KEY, secret, DATA), seal(KEY, secret, DATA)]
    expect(Buffer.from(first).equals(second)).toBe(false)
    expect(Buffer.from(first).includes('hunter2')).toBe(false)
  })
})

describe('anything else is TamperedError', () => {
  const sealed = seal(KEY, 'a plan', DATA)
  const opening = (bytes: Uint8Array, key = KEY, data: Record<string, string | number> = DATA, limits = LIMITS) =>
    expect(() => open(key, bytes, data, limits))

  test('every single flipped bit', () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Uint8Array.from(sealed)
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      opening(altered).toThrow(TamperedError)
    }
  })

  test('every truncation, and one byte more', () => {
    for (let length = 0; length < sealed.length; length++) opening(sealed.slice(0, length)).toThrow(TamperedError)
    opening(Buffer.concat([sealed, Buffer.alloc(1)])).toThrow(TamperedError)
  })

  test('another key', () => opening(sealed, randomBytes(32)).toThrow(TamperedError))

  test.each([
    ['another value', { repository: 2, head: 'abc' }],
    ['another type', { repository: '1', head: 'abc' }],
    ['a name missing', { repository: 1 }],
    ['a name more', { repository: 1, head: 'abc', root: '' }],
  ])('associated data with %s', (_name, data) => opening(sealed, KEY, data).toThrow(TamperedError))

  test('over the limit of sealed bytes', () => {
    opening(sealed, KEY, DATA, { ...LIMITS, maxSealedBytes: sealed.length - 1 }).toThrow(TamperedError)
  })

  test('a small value that would inflate beyond the limit', () => {
    const bomb = seal(KEY, new Uint8Array(64 << 20), DATA)
    expect(bomb.length).toBeLessThan(100_000)
    opening(bomb).toThrow(TamperedError)
    opening(seal(KEY, new Uint8Array(11), DATA), KEY, DATA, { ...LIMITS, maxPlaintextBytes: 10 }).toThrow(TamperedError)
  })
})
