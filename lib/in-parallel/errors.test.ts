import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { inParallel } from './in-parallel.ts'

test('gives results in order and never works on more than the width at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), async (items, width) => {
      let atOnce = 0
      let most = 0
      const results = await inParallel(items, width, async (item) => {
        most = Math.max(most, ++atOnce)
        await pause(item)
        atOnce--
        return item * 2
      })
      expect(results).toEqual(items.map((item) => item * 2))
      expect(most).toBeLessThanOrEqual(width)
    }),
    { numRuns: 30 },
  )
})

test('after an error begins nothing new, waits for what is under way, and throws the first error in order', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const work = inParallel([30, 5, 20, 1, 1], 3, async (item) => {
    begun.push(item)
    await pause(item)
    ended.push(item)
    if (item === 30 || item === 5) throw new Error(`bad ${item}`)
  })
  await expect(work).rejects.toThrow('bad 30')
  expect(begun).toEqual([30, 5, 20])
  expect(ended).toEqual([5, 20, 30])
})
