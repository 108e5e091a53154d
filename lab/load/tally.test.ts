import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { OUTCOMES } from './request.ts'
import { createTally } from './tally.ts'

const START = new Date('2026-01-01T00:00:00Z')

function span(moments: readonly Date[]): [Date | undefined, Date | undefined] {
  const sorted = moments.toSorted((left, right) => left.getTime() - right.getTime())
  return [sorted[0], sorted.at(-1)]
}

const answers = fc.array(
  fc.record({
    afterMs: fc.nat(10_000),
    outcome: fc.constantFrom(...OUTCOMES),
    version: fc.constantFrom('v1', 'v2', undefined),
  }),
)

test('every request is counted once, in whatever order they end', () => {
  fc.assert(
    fc.property(answers, (given) => {
      const tally = createTally(START)
      const ends = given.map(({ afterMs, ...answer }) => ({ at: new Date(START.getTime() + afterMs), ...answer }))
      for (const { at, ...answer } of ends) tally.add(at, { ...answer, detail: '' })
      const report = tally.report()
      const failed = ends.filter(({ outcome }) => outcome !== 'ok')
      expect(report).toMatchObject({ total: ends.length, failed: failed.length })
      for (const outcome of OUTCOMES) {
        const count = ends.filter((end) => end.outcome === outcome).length
        expect(report.counts[outcome]).toBe(count)
        expect(report.seconds.reduce((sum, { counts }) => sum + (counts[outcome] ?? 0), 0)).toBe(count)
      }
      expect([report.firstFailure?.at, report.lastFailure?.at]).toEqual(span(failed.map(({ at }) => at)))
    }),
  )
})

test('versions are counted apart, with their times', () => {
  fc.assert(
    fc.property(answers, (given) => {
      const tally = createTally(START)
      const ends = given.map(({ afterMs, ...answer }) => ({ at: new Date(START.getTime() + afterMs), ...answer }))
      for (const { at, ...answer } of ends) tally.add(at, { ...answer, detail: '' })
      const named = Map.groupBy(ends, ({ version }) => version)
      named.delete(undefined)
      const expected = [...named].map(([name, own]) => {
        const [first, last] = span(own.map(({ at }) => at))
        const ok = own.filter(({ outcome }) => outcome === 'ok').length
        return [name, { ok, failed: own.length - ok, first, last }]
      })
      expect(tally.report().versions).toEqual(Object.fromEntries(expected))
    }),
  )
})

test('an hour of 200 failures a second, each under another version, stays small', () => {
  const tally = createTally(START)
  for (let index = 0; index < 720_000; index += 1) {
    const at = new Date(START.getTime() + index * 5)
    tally.add(at, { outcome: 'refused', detail: 'ECONNREFUSED', version: `v${index}` })
  }
  const report = tally.report()
  expect(report).toMatchObject({ total: 720_000, failed: 720_000 })
  expect(report.seconds).toHaveLength(3600)
  expect(report.failures).toHaveLength(1000)
  expect(Object.keys(report.versions)).toHaveLength(101)
  expect(report.lastFailure?.at).toEqual(new Date(START.getTime() + 719_999 * 5))
})
