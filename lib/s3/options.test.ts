import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { openStore } from './open.ts'
import { PART_MEMORY, partSizeFor, settingsFrom } from './options.ts'

const MIB = 1024 * 1024

describe('the size of parts', () => {
  test.each([
    ['nothing is known', {}, undefined, 16 * MIB],
    ['little is expected', {}, 1000, 16 * MIB],
    ['900 GiB are expected', {}, 900 * 1024 * MIB, 103 * MIB],
    ['the store allows 1,000 parts', { maxParts: 1000 }, 40 * 1024 * MIB, 46 * MIB],
    ['it is given', { partSize: 8 * MIB }, 900 * 1024 * MIB, 8 * MIB],
    ['more is expected than memory allows', {}, 5000 * 1024 * MIB, PART_MEMORY],
  ])('when %s', (_, options, estimate, size) => {
    expect(partSizeFor(settingsFrom(options), estimate)).toBe(size)
  })

  test('lets the estimate fit, wherever memory allows', () => {
    const estimates = fc.integer({ min: 0, max: 1000 * 1024 * MIB })
    fc.assert(
      fc.property(estimates, fc.integer({ min: 100, max: 10_000 }), (estimate, maxParts) => {
        const size = partSizeFor(settingsFrom({ maxParts }), estimate)
        expect(size === PART_MEMORY || size * maxParts >= estimate).toBe(true)
      }),
    )
  })
})

test.each([
  { partSize: MIB },
  { partSize: 200 * MIB },
  { partSize: 16 * MIB + 0.5 },
  { maxParts: 0 },
  { maxParts: 10_001 },
  { concurrency: 0 },
  { bandwidthLimit: 5 },
  { bandwidthLimit: Number.NaN },
])('%j is refused', async (options) => {
  await expect(openStore({ kind: 's3', bucket: 'acme', prefix: '' }, options)).rejects.toMatchObject({
    reason: 'invalid-input',
  })
})
