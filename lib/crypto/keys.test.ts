import { hkdfSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { deriveKey } from './keys.ts'

const MASTER = 'correct horse battery staple, and more'

test('the key is HKDF-SHA-256 with the purpose as info', () => {
  const expected = hkdfSync('sha256', MASTER, Buffer.alloc(0), Buffer.from('bundle'), 32)
  expect(Buffer.from(deriveKey(MASTER, 'bundle'))).toEqual(Buffer.from(expected))
})

test('another purpose and another master are other keys', () => {
  const keys = [deriveKey(MASTER, 'a'), deriveKey(MASTER, 'b'), deriveKey(`${MASTER}.`, 'a')]
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(3)
})

test('a short master is refused by its length in bytes, and not shown', () => {
  expect(() => deriveKey('hunter2hunter2', 'a')).toThrow(new RangeError('the key has 14 bytes; at least 32 are needed'))
  expect(deriveKey('é'.repeat(16), 'a')).toHaveLength(32)
})
