import { describe, expect, test } from '@jest/globals'
import { type DecisionFacts, decideType } from './decide.ts'
import { day, differential, full, incremental, longChain, verdict } from './fixtures/manifests.ts'

const DAY_MS = 86_400_000
const base = full('full', 1)
const one = incremental('inc-1', base, 2)
const two = incremental('inc-2', one, 3)

function decide(facts: Partial<DecisionFacts>): string {
  const decision = decideType({
    asked: 'auto',
    fullEveryMs: 7 * DAY_MS,
    manifests: [two, base, one],
    damaged: new Map(),
    verdicts: [],
    now: new Date(day(4)),
    ...facts,
  })
  if (decision.type === 'full') return `full: ${decision.reason}`
  return `${decision.type} upon ${decision.parent.id} of ${decision.base}: ${decision.reason}`
}

describe('what was asked for', () => {
  test.each<[DecisionFacts['asked'], string]>([
    ['auto', 'incremental upon inc-2 of full: The last full backup is younger than 7 days.'],
    ['incremental', 'incremental upon inc-2 of full: An incremental backup was asked for.'],
    ['differential', 'differential upon full of full: A differential backup was asked for.'],
    ['full', 'full: A full backup was asked for.'],
  ])('%s', (asked, expected) => {
    expect(decide({ asked })).toBe(expected)
  })

  test.each<DecisionFacts['asked']>(['auto', 'incremental', 'differential'])('%s, without any backup', (asked) => {
    expect(decide({ asked, manifests: [] })).toBe('full: There is no backup yet to build upon.')
  })

  test.each<DecisionFacts['asked']>(['auto', 'incremental', 'differential'])('%s, with other sources', (asked) => {
    expect(decide({ asked, sourcesChanged: 'Source 2-mysql is new.' })).toBe('full: Source 2-mysql is new.')
  })

  test('the parent is the newest, also a differential one', () => {
    const diff = differential('diff', base, 4)
    expect(decide({ manifests: [diff, two, one, base], now: new Date(day(5)) })).toMatch(
      /^incremental upon diff of full:/,
    )
  })

  test('a differential one builds upon the newest full one', () => {
    const younger = full('full-2', 4)
    expect(decide({ asked: 'differential', manifests: [younger, two, one, base] })).toMatch(
      /^differential upon full-2 of full-2:/,
    )
  })

  test('differential, where no full one is left', () => {
    expect(decide({ asked: 'differential', manifests: [one] })).toBe('full: There is no full backup to build upon.')
  })
})

describe('the age of the base', () => {
  const at = (text: string, asked: DecisionFacts['asked'] = 'auto') => decide({ asked, now: new Date(text) })

  test('full-every is reached to the millisecond', () => {
    expect(at('2026-11-07T23:59:59.999Z')).toMatch(/^incremental/)
    expect(at('2026-11-08T00:00:00.000Z')).toBe(
      'full: The last full backup is 7 days old; a full one is due every 7 days.',
    )
  })

  test('what was asked for by name does not grow old', () => {
    expect(at('2026-12-24T00:00:00Z', 'incremental')).toMatch(/^incremental upon inc-2/)
    expect(at('2026-12-24T00:00:00Z', 'differential')).toMatch(/^differential upon full/)
  })
})

describe('never built upon', () => {
  test.each(['inc-2', 'inc-1', 'full'])('a chain in which %s is damaged', (id) => {
    const damaged = new Map([[id, `Backup ${id} lacks index.zst.enc.`]])
    expect(decide({ damaged })).toBe(`full: Backup ${id} lacks index.zst.enc.`)
    expect(decide({ damaged, asked: 'incremental' })).toBe(`full: Backup ${id} lacks index.zst.enc.`)
  })

  test.each(['inc-2', 'inc-1', 'full'])('a chain in which %s failed its verification', (id) => {
    expect(decide({ verdicts: [verdict(id, 4, { passed: false })] })).toBe(
      `full: Backup ${id} failed its verification.`,
    )
  })

  test('a chain with a missing link', () => {
    expect(decide({ manifests: [two, base] })).toBe("full: Backup inc-2 needs inc-1, which isn't there.")
  })

  test('a damaged base, by a differential one', () => {
    expect(decide({ asked: 'differential', damaged: new Map([['full', 'Backup full is torn.']]) })).toBe(
      'full: Backup full is torn.',
    )
  })

  test('but a differential one needs the base alone', () => {
    const damaged = new Map([['inc-1', 'Backup inc-1 is torn.']])
    expect(decide({ asked: 'differential', damaged })).toMatch(/^differential upon full/)
  })

  test('damage in another chain is no obstacle', () => {
    const younger = full('full-2', 4)
    const damaged = new Map([['full', 'Backup full is torn.']])
    expect(decide({ manifests: [base, one, younger], damaged })).toMatch(/^incremental upon full-2 of full-2/)
  })

  test('a failure that a later verification cleared is none', () => {
    const verdicts = [verdict('full', 3), verdict('full', 2, { passed: false })]
    expect(decide({ verdicts })).toMatch(/^incremental/)
  })

  test('a backup from the future, an hour allowed', () => {
    const late = (startedAt: string) => decide({ manifests: [base, full('late', 4, { startedAt })] })
    expect(late('2026-11-04T01:00:00.000Z')).toMatch(/^incremental upon late/)
    expect(late('2026-11-04T01:00:00.001Z')).toBe(
      'full: Backup late has a start in the future: one of the clocks is wrong.',
    )
  })
})

test('two writers at once may choose the same parent', () => {
  const rival = incremental('rival', two, 4)
  expect(decide({})).toMatch(/^incremental upon inc-2/)
  expect(decide({ manifests: [base, one, two, rival], now: new Date(day(5)) })).toMatch(/^incremental upon rival/)
})

test('a set of 10,000', () => {
  const startedAt = performance.now()
  expect(decide({ asked: 'incremental', manifests: longChain(), now: new Date(day(2)) })).toMatch(
    /^incremental upon b09999/,
  )
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})
