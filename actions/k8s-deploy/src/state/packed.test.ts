import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pack, unpack } from './packed.ts'

test('what is packed comes back, and no piece is too large', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.integer({ min: 1, max: 50 }), async (value, size) => {
      const pieces = await pack(value, size)
      expect(pieces.length).toBeGreaterThan(0)
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(size)
      expect(await unpack(pieces)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('a missing piece is noticed', async () => {
  const pieces = await pack('x'.repeat(100), 10)
  await expect(unpack(pieces.slice(1))).rejects.toThrow()
  await expect(unpack(pieces.slice(0, -1))).rejects.toThrow()
})
