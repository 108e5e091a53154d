import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../catalogue/manifest.ts'
import { day, full, incremental, verdict } from '../chain/fixtures/manifests.ts'
import { type PruneFacts, planPrune } from './plan.ts'

const NOW = new Date(day(10))
const base = full('a-full', 1)
const chain = [base, incremental('b-inc', base, 2)]
const singles = [3, 4, 5, 6].map((number) => full(`c-${number}`, number))

function plan(facts: Partial<PruneFacts>) {
  return planPrune({
    manifests: [...chain, ...singles],
    verdicts: [],
    damaged: new Map(),
    policy: { last: 2 },
    now: NOW,
    clockSkewMs: undefined,
    ...facts,
  })
}

const keptIds = (facts: Partial<PruneFacts>) => plan(facts).keep.map(({ id }) => id)

test('the policy over manifests', () => {
  expect(plan({})).toEqual({
    keep: [
      { id: 'c-6', reasons: ['last snapshot'] },
      { id: 'c-5', reasons: ['last snapshot'] },
    ],
    remove: ['c-4', 'c-3', 'b-inc', 'a-full'],
  })
  expect(plan({ manifests: [] })).toEqual({ keep: [], remove: [] })
})

test('the newest chain with a passed verdict stays', () => {
  expect(keptIds({ verdicts: [verdict('b-inc', 3), verdict('a-full', 3)] })).toEqual(['c-6', 'c-5', 'b-inc', 'a-full'])
  expect(keptIds({ verdicts: [verdict('b-inc', 3, { coverage: 0 })] })).toEqual(['c-6', 'c-5'])
})

describe('nothing is planned', () => {
  test.each<[string, Partial<PruneFacts>, string, string]>([
    [
      'over a damaged backup',
      { damaged: new Map([['c-3', 'Backup c-3 lacks index.zst.enc.']]) },
      'corrupt',
      'Backup c-3 lacks index.zst.enc.',
    ],
    [
      'over a folder whose manifest cannot be read',
      { damaged: new Map([['stranger', 'The manifest of stranger is not authentic.']]) },
      'corrupt',
      'The manifest of stranger is not authentic.',
    ],
    [
      'over a torn chain',
      { manifests: [...chain.slice(1), ...singles] },
      'corrupt',
      "Backup b-inc needs a-full, which isn't there.",
    ],
    [
      'over a failed verification',
      { verdicts: [verdict('c-4', 9, { passed: false })] },
      'corrupt',
      'Backup c-4 failed its verification.',
    ],
    [
      'over an unknown format',
      { manifests: [...singles, full('z', 7, { version: 2 as 1 })] },
      'corrupt',
      'Backup z has format version 2; this release knows 1.',
    ],
    ['without a policy', { policy: {} }, 'invalid-input', 'The retention policy keeps nothing.'],
    [
      'over a backup from the future',
      { manifests: [...singles, full('z', 11)] },
      'clock',
      'Backup z was made at 2026-11-11T00:00:00.000Z, but here it is 2026-11-10T00:00:00.000Z: one of the clocks is wrong.',
    ],
    [
      'by a clock that is ahead',
      { clockSkewMs: 3_600_001 },
      'clock',
      "This machine's clock is 1 hour ahead of the store's.",
    ],
    [
      'by a clock that is behind',
      { clockSkewMs: -90_000_000 },
      'clock',
      "This machine's clock is 1 day 1 hour behind the store's.",
    ],
  ])('%s', (_, facts, reason, message) => {
    expect(() => plan(facts)).toThrow(expect.objectContaining({ reason, message }))
    expect(() => plan(facts)).toThrow(expect.objectContaining({ name: 'BackupError' }))
  })

  test.each([undefined, 0, 3_600_000, -3_600_000])('but a skew of %p is none', (clockSkewMs) => {
    expect(keptIds({ clockSkewMs })).toEqual(['c-6', 'c-5'])
  })

  test('but a failure of a backup that is gone is none', () => {
    expect(keptIds({ verdicts: [verdict('gone', 9, { passed: false })] })).toEqual(['c-6', 'c-5'])
  })

  test('and the remedy says so', () => {
    for (const facts of [{ clockSkewMs: 4_000_000 }, { damaged: new Map([['c-3', 'torn']]) }, { policy: {} }]) {
      expect(() => plan(facts)).toThrow(
        expect.objectContaining({ remedy: expect.stringMatching(/nothing was removed/i) }),
      )
    }
  })
})

describe('a leap in time', () => {
  const days = (...numbers: number[]): Manifest[] => numbers.map((number) => full(`d-${number}`, number))
  const within = (manifests: Manifest[], text = '3d') =>
    keptIds({ manifests, policy: { within: text }, now: new Date(day(30)) })

  test('a newest backup that alone would empty the window', () => {
    expect(() => within(days(1, 2, 3, 20))).toThrow(
      expect.objectContaining({
        reason: 'clock',
        remedy: expect.stringMatching(/^Nothing was removed\./),
        message:
          'Backup d-20 was made 17 days after the one before; on its account alone 3 of 3 kept backups would go.',
      }),
    )
    expect(() => within(days(20, 3, 2, 1))).toThrow(expect.objectContaining({ reason: 'clock' }))
    expect(() => within(days(1, 20))).toThrow(expect.objectContaining({ reason: 'clock' }))
  })

  test('the next backup bears it out', () => {
    expect(within(days(1, 2, 3, 20, 21))).toEqual(['d-21', 'd-20'])
  })

  test('7 days are none', () => {
    expect(within(days(1, 2, 3, 10))).toEqual(['d-10'])
    expect(() => within(days(1, 2, 3, 11))).toThrow(expect.objectContaining({ reason: 'clock' }))
  })

  test('nor are 3 times the longest gap', () => {
    expect(within(days(1, 4, 13))).toEqual(['d-13'])
    expect(() => within(days(1, 4, 14))).toThrow(expect.objectContaining({ reason: 'clock' }))
  })

  test('nor one that costs half', () => {
    expect(within(days(1, 2, 3, 4, 15), '13d')).toEqual(['d-15', 'd-4', 'd-3'])
    expect(() => within(days(1, 2, 3, 4, 15), '12d')).toThrow('3 of 4 kept backups would go')
  })

  test('counts do not depend on the time', () => {
    expect(keptIds({ manifests: days(1, 2, 3, 20), policy: { last: 1 }, now: new Date(day(30)) })).toEqual(['d-20'])
    expect(within(days(7))).toEqual(['d-7'])
  })
})
