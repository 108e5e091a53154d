import { expect, test } from '@jest/globals'
import { size, unitOf } from './sizes.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KiB'],
  [1024, '1.0 KiB'],
  [10_188, '9.9 KiB'],
  [10_240, '10 KiB'],
  [1_048_575, '1.0 MiB'],
  [1_500_000_000, '1.4 GiB'],
  [27_000_000_000, '25 GiB'],
])('%i bytes are %s', (bytes, words) => {
  expect(size(bytes)).toBe(words)
})

test.each([
  [0, 'KiB'],
  [500, 'KiB'],
  [1024 ** 2 - 1, 'KiB'],
  [1024 ** 2, 'MiB'],
  [50 * 1024 ** 3, 'GiB'],
  [1024 ** 7, 'PiB'],
])('a picture of at most %d bytes is in %s', (bytes, unit) => {
  expect(unitOf(bytes).unit).toBe(unit)
})
