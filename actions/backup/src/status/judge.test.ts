import { describe, expect, test } from '@jest/globals'
import { day, full, incremental, verdict } from '../chain/fixtures/manifests.ts'
import { judgeStatus, type LoggedRun, type StatusFacts } from './judge.ts'

const DAY_MS = 86_400_000
const base = full('a-full', 1)
const one = incremental('b-inc', base, 2)

function judge(facts: Partial<StatusFacts> = {}) {
  return judgeStatus({
    manifests: [one, base],
    verdicts: [verdict('a-full', 2)],
    damaged: new Map(),
    now: new Date('2026-11-02T12:00:00Z'),
    maxAgeMs: 2 * DAY_MS,
    maxVerifiedAgeMs: 8 * DAY_MS,
    log: [],
    ...facts,
  })
}

function verdictOf(facts: Partial<StatusFacts>) {
  const { result, reason } = judge(facts)
  return reason === undefined ? result : `${result} ${reason}`
}

test('all is well', () => {
  expect(judge()).toEqual({
    result: 'ok',
    sentences: ['The newest backup is 12 hours old, and one was proved 12 hours ago.'],
    newest: 'b-inc',
    ageSeconds: 43_200,
    verified: 'a-full',
    verifiedAgeSeconds: 43_200,
  })
})

describe('no backup', () => {
  test('an empty set', () => {
    expect(judge({ manifests: [], verdicts: [] })).toEqual({
      result: 'failed',
      reason: 'no-backup',
      sentences: ['There is no backup.'],
    })
  })
})

describe('stale', () => {
  test('to the millisecond', () => {
    expect(verdictOf({ now: new Date('2026-11-04T00:00:00.000Z') })).toBe('ok')
    expect(judge({ now: new Date('2026-11-04T00:00:00.001Z') })).toMatchObject({
      result: 'failed',
      reason: 'stale',
      sentences: ['The newest backup is 2 days old; allowed are 2 days.'],
      ageSeconds: 2 * 86_400,
    })
  })

  test('by the start, since later writes are not in it', () => {
    const slow = full('slow', 1, { endedAt: day(5) })
    expect(verdictOf({ manifests: [slow], verdicts: [verdict('slow', 5)], now: new Date(day(5)) })).toBe('failed stale')
  })
})

describe('unverified', () => {
  test('never proved', () => {
    expect(judge({ verdicts: [] })).toEqual({
      result: 'failed',
      reason: 'unverified',
      sentences: ['No backup that is left was ever verified or rehearsed.'],
      newest: 'b-inc',
      ageSeconds: 43_200,
    })
  })

  test('a proof that read no stored byte', () => {
    expect(verdictOf({ verdicts: [verdict('b-inc', 2, { coverage: 0 })] })).toBe('failed unverified')
  })

  test('a proof of a backup that is gone', () => {
    expect(verdictOf({ verdicts: [verdict('gone', 2)] })).toBe('failed unverified')
  })

  test('too long ago, to the millisecond', () => {
    const maxAgeMs = 30 * DAY_MS
    expect(verdictOf({ maxAgeMs, now: new Date('2026-11-10T00:00:00.000Z') })).toBe('ok')
    expect(judge({ maxAgeMs, now: new Date('2026-11-10T00:00:00.001Z') })).toMatchObject({
      result: 'failed',
      reason: 'unverified',
      sentences: ['The last proof of a backup is 8 days old; allowed are 8 days.'],
    })
  })

  test('the newest proof counts, of whichever backup', () => {
    const verdicts = [verdict('a-full', 5), verdict('b-inc', 9, { kind: 'rehearse' }), verdict('a-full', 4)]
    const status = judge({ verdicts, now: new Date(day(10)), maxAgeMs: 30 * DAY_MS })
    expect(status).toMatchObject({ result: 'ok', verified: 'b-inc', verifiedAgeSeconds: 86_400 })
  })
})

describe('corrupt', () => {
  const lacks = 'Backup b-inc lacks data/1-files.1.tar.zst.age.'

  test('of the newest backup only the manifest is left', () => {
    expect(judge({ damaged: new Map([['b-inc', lacks]]) })).toEqual({
      result: 'failed',
      reason: 'corrupt',
      sentences: [`${lacks} The newest that can be restored is a-full.`],
      newest: 'a-full',
      ageSeconds: 129_600,
      verified: 'a-full',
      verifiedAgeSeconds: 43_200,
    })
  })

  test('its base is damaged: nothing is left', () => {
    expect(judge({ damaged: new Map([['a-full', 'Backup a-full is torn.']]) })).toEqual({
      result: 'failed',
      reason: 'corrupt',
      sentences: [
        'Backup b-inc needs a-full. Backup a-full is torn. No backup is left that can be restored.',
        'Backup a-full is torn.',
      ],
    })
  })

  test('it failed its verification', () => {
    const failed = verdict('b-inc', 2, {
      passed: false,
      problems: ['data/1-files.1.tar.zst.age has other bytes.', 'more'],
    })
    expect(judge({ verdicts: [verdict('a-full', 2), failed] })).toMatchObject({
      result: 'failed',
      reason: 'corrupt',
      sentences: [
        'Backup b-inc failed its verification: data/1-files.1.tar.zst.age has other bytes. The newest that can be restored is a-full.',
      ],
    })
    expect(judge({ verdicts: [{ ...failed, problems: [] }] }).sentences[0]).toMatch(
      /^Backup b-inc failed its verification: no cause was noted\. /,
    )
  })

  test('its parent is missing', () => {
    expect(verdictOf({ manifests: [one] })).toBe('failed corrupt')
  })

  test('its manifest cannot be read', () => {
    const damaged = new Map([['c-odd', 'The manifest of c-odd is not authentic.']])
    expect(judge({ damaged })).toMatchObject({
      result: 'failed',
      reason: 'corrupt',
      sentences: ['The manifest of c-odd is not authentic. The newest that can be restored is b-inc.'],
    })
    expect(verdictOf({ manifests: [], verdicts: [], damaged })).toBe('failed corrupt')
  })

  test('an older one is a warning', () => {
    const damaged = new Map([['a-older', 'The manifest of a-older is not authentic.']])
    expect(judge({ damaged })).toMatchObject({
      result: 'warning',
      sentences: ['The manifest of a-older is not authentic.'],
      newest: 'b-inc',
    })
    expect(judge({ damaged })).not.toHaveProperty('reason')
  })

  test('also what is left may be stale', () => {
    const status = judge({ damaged: new Map([['b-inc', lacks]]), now: new Date(day(4)) })
    expect(status.reason).toBe('corrupt')
    expect(status.sentences[1]).toBe('The newest backup is 3 days old; allowed are 2 days.')
  })
})

describe('clock', () => {
  test('a backup from the future, an hour allowed', () => {
    const late = (startedAt: string) => judge({ manifests: [base, full('z-late', 1, { startedAt })] })
    expect(late('2026-11-02T13:00:00.000Z')).toMatchObject({ result: 'ok', ageSeconds: 0 })
    expect(late('2026-11-02T13:00:00.001Z')).toMatchObject({
      result: 'failed',
      reason: 'clock',
      sentences: ['Backup z-late has a start in the future: one of the clocks is wrong.'],
    })
  })

  test('a proof from the future', () => {
    expect(judge({ verdicts: [verdict('a-full', 20)] })).toMatchObject({
      result: 'failed',
      reason: 'clock',
      sentences: ['A proof of backup a-full has a time in the future: one of the clocks is wrong.'],
    })
  })
})

describe('warnings', () => {
  test('the newest backup ended with some', () => {
    expect(judge({ manifests: [base, { ...one, result: 'warning' }] })).toMatchObject({
      result: 'warning',
      sentences: ['Backup b-inc ended with warnings.'],
    })
    expect(verdictOf({ manifests: [{ ...base, result: 'warning' }, one] })).toBe('ok')
  })

  test('GitHub disables the schedule', () => {
    const soon = { state: 'soon', disabledAt: new Date(day(9)), sentence: 'Soon it is over.' } as const
    expect(judge({ idle: soon })).toMatchObject({ result: 'warning', sentences: ['Soon it is over.'] })
    expect(verdictOf({ idle: { state: 'safe' } })).toBe('ok')
  })

  const run = (number: number, result: LoggedRun['result'], more: Partial<LoggedRun> = {}): LoggedRun => ({
    mode: 'backup',
    at: day(number),
    result,
    ...more,
  })

  test.each<[string, LoggedRun[], string[]]>([
    [
      'one failed',
      [run(2, 'failed', { reason: 'source-failed' }), run(1, 'ok')],
      ['The last run failed (source-failed).'],
    ],
    [
      'three failed, in any order',
      [run(3, 'failed'), run(5, 'failed', { reason: 'store-full' }), run(1, 'ok'), run(4, 'failed')],
      ['The last 3 runs failed (store-full).'],
    ],
    ['all failed', [run(3, 'failed'), run(2, 'failed')], ['The last 2 runs failed.']],
    ['the last one succeeded', [run(3, 'warning'), run(2, 'failed')], []],
    ['a verification failed', [run(3, 'failed', { mode: 'verify' }), run(2, 'ok')], []],
  ])('%s', (_, log, sentences) => {
    const status = judge({ log })
    expect(status.result).toBe(sentences.length > 0 ? 'warning' : 'ok')
    if (sentences.length > 0) expect(status.sentences).toEqual(sentences)
  })

  test('they come after what made it fail', () => {
    const status = judge({ verdicts: [], log: [run(2, 'failed')] })
    expect(status).toMatchObject({ result: 'failed', reason: 'unverified' })
    expect(status.sentences).toEqual(['No backup that is left was ever verified or rehearsed.', 'The last run failed.'])
  })
})
