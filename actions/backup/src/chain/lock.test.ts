import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Manifest } from '../catalogue/manifest.ts'
import { decideType } from './decide.ts'
import { full, incremental } from './fixtures/manifests.ts'
import { lockUntil } from './lock.ts'

const DAY_MS = 86_400_000
const start = Date.parse('2026-11-01T00:00:00Z')
const until = (startedDay: number, baseDay = 0) =>
  lockUntil({
    lockDays: 30,
    fullEveryMs: 7 * DAY_MS,
    startedAt: new Date(start + startedDay * DAY_MS),
    baseStartedAt: new Date(start + baseDay * DAY_MS),
  }).toISOString()

describe('a lock', () => {
  test('of a full backup: lock-days and full-every', () => {
    expect(until(0)).toBe('2026-12-08T00:00:00.000Z')
  })

  test('of its children: the same', () => {
    expect(until(6)).toBe('2026-12-08T00:00:00.000Z')
    expect(until(7)).toBe('2026-12-08T00:00:00.000Z')
  })

  test('of a child that came late: lock-days', () => {
    expect(until(9)).toBe('2026-12-10T00:00:00.000Z')
  })

  test('outlasts those of the children, in whatever series of nightly runs', () => {
    const series = fc.array(fc.integer({ min: 1, max: 3 * DAY_MS }), { minLength: 1, maxLength: 30 })
    const settings = fc.record({
      lockDays: fc.integer({ min: 1, max: 90 }),
      fullEveryDays: fc.integer({ min: 1, max: 30 }),
    })
    fc.assert(
      fc.property(series, settings, (gaps, { lockDays, fullEveryDays }) => {
        const fullEveryMs = fullEveryDays * DAY_MS
        const manifests: Manifest[] = []
        const locks = new Map<string, number>()
        let now = start
        for (const [index, gapMs] of gaps.entries()) {
          now += gapMs
          const startedAt = new Date(now)
          const decision = decideType({
            asked: 'auto',
            fullEveryMs,
            manifests,
            damaged: new Map(),
            verdicts: [],
            now: startedAt,
          })
          const id = `b${String(index).padStart(3, '0')}`
          const made = { startedAt: startedAt.toISOString() }
          const manifest = decision.type === 'full' ? full(id, 1, made) : incremental(id, decision.parent, 1, made)
          manifests.push(manifest)
          const base = manifests.find((one) => one.id === manifest.base) ?? manifest
          const lock = lockUntil({
            lockDays,
            fullEveryMs,
            startedAt,
            baseStartedAt: new Date(base.startedAt),
          }).getTime()
          locks.set(id, lock)
          expect(lock).toBeGreaterThanOrEqual(now + lockDays * DAY_MS)
          expect(locks.get(manifest.parent ?? id)).toBeGreaterThanOrEqual(lock)
        }
      }),
    )
  })
})
