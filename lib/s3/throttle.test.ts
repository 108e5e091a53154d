import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createThrottle } from './throttle.ts'

function fakeClock() {
  let now = 0
  return {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
    },
    advance(ms: number) {
      now += ms
    },
  }
}

test('one after another, no more than the rate and a quarter of a second of it pass', () => {
  const requests = fc.array(
    fc.record({ bytes: fc.integer({ min: 1, max: 5000 }), idle: fc.integer({ min: 0, max: 900 }) }),
  )
  return fc.assert(
    fc.asyncProperty(requests, fc.integer({ min: 100, max: 10_000 }), async (steps, rate) => {
      const clock = fakeClock()
      const throttle = createThrottle(rate, clock)
      let passed = 0
      for (const { bytes, idle } of steps) {
        clock.advance(idle)
        await throttle(bytes)
        passed += bytes
        expect(passed).toBeLessThanOrEqual((clock.now() / 1000 + 0.25) * rate + 1e-6)
      }
    }),
  )
})

test('is not slower than the rate', async () => {
  const clock = fakeClock()
  const throttle = createThrottle(1000, clock)
  for (let count = 0; count < 100; count += 1) await throttle(100)
  expect(clock.now()).toBeCloseTo(9750)
})

test('many at the same time wait in turn', async () => {
  const waits: number[] = []
  const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms) }
  const throttle = createThrottle(1000, clock)
  await Promise.all([throttle(250), throttle(500), throttle(500)])
  expect(waits).toEqual([500, 1000])
})

test('without a limit nothing waits', async () => {
  const clock = { now: () => 0, sleep: () => Promise.reject(new Error('waited')) }
  await expect(createThrottle(undefined, clock)(1e12)).resolves.toBeUndefined()
})
