import { expect, test } from '@jest/globals'
import { inWords } from './words.ts'

const HOUR_MS = 3_600_000

test.each([
  [0, '0 seconds'],
  [-5_000, '0 seconds'],
  [999, '0 seconds'],
  [1_000, '1 second'],
  [59_999, '59 seconds'],
  [65_000, '1 minute 5 seconds'],
  [HOUR_MS, '1 hour'],
  [HOUR_MS + 5_000, '1 hour'],
  [HOUR_MS + 65_000, '1 hour 1 minute'],
  [24 * HOUR_MS + 59_000, '1 day'],
  [50 * HOUR_MS + 3_000_000, '2 days 2 hours'],
])('%i ms are %s', (ms, words) => {
  expect(inWords(ms)).toBe(words)
})
