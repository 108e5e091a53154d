import { setTimeout } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { inParallel } from './in-parallel.ts'

test('keeps the order of the items and the width', async () => {
  let running = 0
  let most = 0
  const results = await inParallel([5, 1, 4, 2, 3], 2, async (ms) => {
    most = Math.max(most, ++running)
    await setTimeout(ms)
    running--
    return ms * 10
  })
  expect(results).toEqual([50, 10, 40, 20, 30])
  expect(most).toBe(2)
})

test('an error ends it', async () => {
  const failing = inParallel([1, 2], 1, async (item) => {
    throw new Error(`item ${item}`)
  })
  await expect(failing).rejects.toThrow('item 1')
  expect(await inParallel([], 8, async () => 1)).toEqual([])
})
