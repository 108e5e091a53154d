import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { policy as anyPolicy, history } from './retention/fixtures/histories.ts'
import { daily, forest, now } from './retention/fixtures/snapshots.ts'
import { applyRetention, type Policy, type Snapshot } from './retention.ts'

/** `day-0: last snapshot, daily snapshot` */
function kept(snapshots: readonly Snapshot[], policy: Policy, at: Date | string = now): string[] {
  return applyRetention(snapshots, policy, at).keep.map(({ id, reasons }) => `${id}: ${reasons.join(', ')}`)
}

function made(...times: string[]): Snapshot[] {
  return times.map((time) => ({ id: time, time }))
}

describe('rules', () => {
  test('last counts backups, twins of one moment as two', () => {
    expect(kept(daily(4), { last: 2 })).toEqual(['day-0: last snapshot', 'day-1: last snapshot'])
    const twins = [
      { id: 'a', time: now },
      { id: 'c', time: now },
      { id: 'b', time: now },
    ]
    expect(kept(twins, { last: 2 })).toEqual(['c: last snapshot', 'b: last snapshot'])
    expect(applyRetention(twins, { last: 1 }, now)).toEqual({
      keep: [{ id: 'c', reasons: ['last snapshot'] }],
      remove: ['b', 'a'],
    })
  })

  test.each<[keyof Policy, string[], string[]]>([
    ['hourly', ['2026-03-01T10:00:00Z', '2026-03-01T10:59:59.999Z', '2026-03-01T11:00:00Z'], ['11:00', '10:59']],
    ['daily', ['2026-03-01T00:00:00Z', '2026-03-01T23:59:59.999Z', '2026-03-02T00:00:00Z'], ['02T00', '01T23']],
    // Sunday 27 December, Monday 28 December 2026 and Friday 1 January 2027, the last two in one ISO week
    ['weekly', ['2026-12-27T23:59:59Z', '2026-12-28T00:00:00Z', '2027-01-01T00:00:00Z'], ['01-01', '12-27']],
    ['monthly', ['2026-02-01T00:00:00Z', '2026-02-28T23:59:59Z', '2026-03-01T00:00:00Z'], ['03-01', '02-28']],
    ['yearly', ['2025-01-01T00:00:00Z', '2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z'], ['2026-01', '2025-12']],
  ])('%s keeps the newest of each, by UTC', (period, times, expected) => {
    const older = { id: 'older', time: '2020-01-01T00:00:00Z' }
    const lines = kept([...made(...times), older], { [period]: 3 }, '2027-02-01T00:00:00Z')
    expect(lines).toEqual([...expected, 'older'].map((part) => expect.stringContaining(part)))
    for (const line of lines) expect(line).toContain(`: ${period} snapshot`)
  })

  test('an offset is converted to UTC', () => {
    // 23:30 of 1 March and 00:30 of 2 March by their own clocks, 22:30 and 23:30 of 1 March by UTC
    const snapshots = made('2026-03-01T23:30:00+01:00', '2026-03-02T00:30:00+01:00')
    expect(kept([...snapshots, { id: 'older', time: '2020-01-01T00:00:00Z' }], { daily: 1 })).toEqual([
      '2026-03-02T00:30:00+01:00: daily snapshot',
    ])
  })

  test('the oldest is not kept for its age, though some of a count is left', () => {
    expect(kept(made('2026-03-01T10:00:00Z', '2026-03-01T12:00:00Z'), { daily: 2 })).toEqual([
      '2026-03-01T12:00:00Z: daily snapshot',
    ])
  })

  test('reasons add up', () => {
    expect(kept(daily(3), { last: 1, daily: 2, within: '36h' })).toEqual([
      'day-0: within 36h, last snapshot, daily snapshot',
      'day-1: within 36h, daily snapshot',
    ])
  })

  test('within is measured from the newest backup, its limit excluded', () => {
    const snapshots = made(
      '2020-05-01T00:00:00Z',
      '2020-05-02T00:00:00Z',
      '2020-05-02T00:00:00.001Z',
      '2020-05-03T00:00:00Z',
    )
    expect(kept(snapshots, { within: '1d' })).toEqual([
      '2020-05-03T00:00:00Z: within 1d',
      '2020-05-02T00:00:00.001Z: within 1d',
    ])
  })

  test('within is not measured from a backup that is in the future', () => {
    const soon = { id: 'soon', time: '2026-11-25T12:30:00Z' }
    expect(kept([soon, ...daily(3)], { within: '25h' })).toEqual([
      'soon: within 25h',
      'day-0: within 25h',
      'day-1: within 25h',
    ])
    const early = { id: 'early', time: '2026-11-24T11:15:00Z' }
    expect(kept([soon, ...daily(1), early], { within: '25h' })).toHaveLength(3)
    expect(kept([soon], { within: '1h' })).toEqual(['soon: within 1h'])
    expect(kept([{ id: 'now', time: now }, ...made('2026-11-25T10:59:59Z')], { within: '1h' })).toEqual([
      'now: within 1h',
    ])
  })

  test('a set without backups needs nothing', () => {
    expect(applyRetention([], { last: 1 }, now)).toEqual({ keep: [], remove: [] })
  })
})

describe('refused', () => {
  test.each<[string, Policy]>([
    ['no policy', {}],
    ['only zeros', { last: 0, daily: 0, within: '0d' }],
    ['nothing but undefined', { last: undefined }],
  ])('a policy that keeps nothing: %s', (_, policy) => {
    expect(() => applyRetention(daily(2), policy, now)).toThrow('The retention policy keeps nothing.')
    expect(() => applyRetention([], policy, now)).toThrow(expect.objectContaining({ reason: 'invalid-input' }))
  })

  test.each<[Policy, string]>([
    [{ daily: -1 }, 'The retention policy keeps -1 daily; a whole number is needed.'],
    [{ last: 1.5 }, 'The retention policy keeps 1.5 last; a whole number is needed.'],
    [{ last: Number.NaN }, 'The retention policy keeps NaN last; a whole number is needed.'],
    [{ within: 'soon' }, '"soon"'],
    [{ within: '' }, '""'],
    [
      { dayly: 7 } as Policy,
      'The retention policy has the key dayly; allowed are last, hourly, daily, weekly, monthly, yearly, within.',
    ],
  ])('a policy that is none: %j', (policy, message) => {
    expect(() => applyRetention(daily(2), policy, now)).toThrow(message)
    expect(() => applyRetention(daily(2), policy, now)).toThrow(expect.objectContaining({ reason: 'invalid-input' }))
  })

  test('a backup more than an hour younger than now, to the millisecond', () => {
    const at = (time: string) => applyRetention([{ id: 'late', time }, ...daily(2)], { last: 1 }, now)
    expect(at('2026-11-25T13:00:00.000Z').keep).toEqual([{ id: 'late', reasons: ['last snapshot'] }])
    expect(() => at('2026-11-25T13:00:00.001Z')).toThrow(
      'Backup late was made at 2026-11-25T13:00:00.001Z, but here it is 2026-11-25T12:00:00.000Z: one of the clocks is wrong.',
    )
    expect(() => at('2026-11-25T13:00:00.001Z')).toThrow(expect.objectContaining({ reason: 'clock' }))
  })

  test('a now that is none', () => {
    for (const at of ['today', '2026-11-25', new Date(Number.NaN)]) {
      expect(() => applyRetention(daily(1), { last: 1 }, at)).toThrow(`${JSON.stringify(at)} is no time to count from.`)
      expect(() => applyRetention(daily(1), { last: 1 }, at)).toThrow(expect.objectContaining({ reason: 'clock' }))
    }
  })

  test('an unknown format version, also of a single backup', () => {
    const snapshots = daily(3).map((snapshot, index) => ({ ...snapshot, version: index === 2 ? 2 : 1 }))
    expect(() => applyRetention(snapshots, { last: 1 }, now)).toThrow(
      'Backup day-2 has format version 2; this release knows 1.',
    )
    expect(() => applyRetention(snapshots, { last: 1 }, now)).toThrow(expect.objectContaining({ reason: 'corrupt' }))
  })

  test.each([
    '',
    'yesterday',
    '2026-13-01T00:00:00Z',
    '2026-11-25',
    '1764072000',
    '2026-11-25T10:00:00',
    'x2026-11-25T10:00:00Z',
    '(x) 2026-11-25T10:00:00Z',
    '2026-11-25T10:00:00Z (x)',
  ])('a time that is none: %j', (time) => {
    expect(() => applyRetention([{ id: 'odd', time }], { last: 1 }, now)).toThrow(
      `Backup odd has the time ${JSON.stringify(time)}, which is none.`,
    )
  })

  test('two backups of one id', () => {
    const twice = () => applyRetention([...daily(2), ...daily(1)], { last: 1 }, now)
    expect(twice).toThrow(expect.objectContaining({ reason: 'corrupt', message: 'Two backups have the id day-0.' }))
  })

  test('and the remedy says that nothing was removed', () => {
    const late = { id: 'late', time: '2026-11-26T00:00:00Z' }
    for (const snapshot of [late, { id: 'new', time: now, version: 2 }, { id: 'odd', time: 'soon' }]) {
      expect(() => applyRetention([snapshot], { last: 1 }, now)).toThrow(
        expect.objectContaining({
          reason: snapshot === late ? 'clock' : 'corrupt',
          remedy: expect.stringMatching(/nothing was removed/i),
        }),
      )
    }
  })
})

describe('on top of the policy', () => {
  const chain: Snapshot[] = [
    { id: 'full', time: '2026-11-20T00:00:00Z' },
    { id: 'inc-1', time: '2026-11-21T00:00:00Z', parent: 'full' },
    { id: 'inc-2', time: '2026-11-22T00:00:00Z', parent: 'inc-1' },
    { id: 'other', time: '2026-11-22T12:00:00Z' },
    { id: 'inc-3', time: '2026-11-23T00:00:00Z', parent: 'inc-2' },
  ]

  test('the ancestors of a kept child stay', () => {
    expect(kept(chain, { last: 1 })).toEqual([
      'inc-3: last snapshot',
      'inc-2: needed by inc-3',
      'inc-1: needed by inc-2',
      'full: needed by inc-1',
    ])
    expect(applyRetention(chain, { last: 1 }, now).remove).toEqual(['other'])
  })

  test('an ancestor that a rule keeps has the reason of the rule', () => {
    expect(kept(chain.slice(0, 2), { last: 2 })).toEqual(['inc-1: last snapshot', 'full: last snapshot'])
  })

  test('the newest verified chain stays', () => {
    const verified = chain.map((one) => ({ ...one, verified: one.id === 'inc-1' || one.id === 'full' }))
    const newer = { id: 'new', time: '2026-11-24T00:00:00Z' }
    expect(kept([...verified, newer], { last: 1 })).toEqual([
      'new: last snapshot',
      'inc-1: newest verified backup',
      'full: needed by inc-1',
    ])
    expect(kept([...verified, { ...newer, verified: true }], { last: 1 })).toEqual([
      'new: last snapshot, newest verified backup',
    ])
  })

  test('a verified backup whose ancestors are gone is no verified chain', () => {
    const verified = chain.map((one) => ({ ...one, verified: one.id === 'inc-3' || one.id === 'other' }))
    const torn = verified.filter(({ id }) => id !== 'inc-1')
    expect(kept([...torn, { id: 'new', time: now }], { last: 1 })).toEqual([
      'new: last snapshot',
      'other: newest verified backup',
    ])
  })

  test('rings end, and are no verified chain', () => {
    const ring = [
      { id: 'a', time: now, parent: 'b', verified: true },
      { id: 'b', time: '2026-11-24T00:00:00Z', parent: 'a', verified: true },
      { id: 'self', time: '2026-11-23T00:00:00Z', parent: 'self', verified: true },
    ]
    expect(kept(ring, { last: 1 })).toEqual(['a: last snapshot', 'b: needed by a'])
    expect(applyRetention([...ring, { id: 'new', time: now }], { last: 1 }, now).remove).toHaveLength(3)
  })

  test('children are removed before their parents, whatever their clocks said', () => {
    const skewed: Snapshot[] = [
      { id: 'new', time: '2026-11-25T00:00:00Z' },
      { id: 'base', time: '2026-11-24T00:00:00Z' },
      { id: 'child', time: '2026-11-23T00:00:00Z', parent: 'base' },
      { id: 'between', time: '2026-11-23T12:00:00Z' },
      { id: 'grandchild', time: '2026-11-22T00:00:00Z', parent: 'child' },
    ]
    expect(applyRetention(skewed, { last: 1 }, now).remove).toEqual(['between', 'grandchild', 'child', 'base'])
  })

  test('a chain of 10,000 takes no second', () => {
    const long = Array.from({ length: 10_000 }, (_, index) => ({
      id: `b${index}`,
      time: new Date(now.getTime() - (10_000 - index) * 60_000),
      parent: index === 0 ? 'lost' : `b${index - 1}`,
      verified: true,
    }))
    const startedAt = performance.now()
    expect(applyRetention(long, { last: 1 }, now).keep).toHaveLength(10_000)
    expect(applyRetention([...long, { id: 'new', time: now }], { last: 1 }, now).remove).toHaveLength(10_000)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

describe('always', () => {
  test('every backup either stays or goes, and something stays', () => {
    fc.assert(
      fc.property(forest, anyPolicy, (snapshots, policy) => {
        const { keep, remove } = applyRetention(snapshots, policy, now)
        expect([...keep.map(({ id }) => id), ...remove].sort()).toEqual(snapshots.map(({ id }) => id).sort())
        expect(keep.length).toBeGreaterThan(0)
        for (const { reasons } of keep) expect(reasons.length).toBeGreaterThan(0)
      }),
    )
  })

  test('what stays can be restored: no parent goes before its child', () => {
    fc.assert(
      fc.property(forest, anyPolicy, (snapshots, policy) => {
        const { remove } = applyRetention(snapshots, policy, now)
        const gone = new Set<string>()
        for (const id of remove) {
          gone.add(id)
          const children = snapshots.filter(({ parent }) => parent === id)
          expect(children.every((child) => gone.has(child.id))).toBe(true)
        }
      }),
    )
  })

  test('the newest verified backup stays', () => {
    fc.assert(
      fc.property(forest, anyPolicy, (snapshots, policy) => {
        const times = snapshots.filter(({ verified }) => verified).map(({ time }) => new Date(time).getTime())
        const { keep } = applyRetention(snapshots, policy, now)
        const proved = snapshots.filter(({ id, verified }) => verified && keep.some((one) => one.id === id))
        const provedTimes = proved.map(({ time }) => new Date(time).getTime())
        expect(Math.max(...provedTimes)).toBe(Math.max(...times))
      }),
    )
  })

  test('the rules on top only ever add', () => {
    fc.assert(
      fc.property(forest, anyPolicy, (snapshots, policy) => {
        const plain = snapshots.map(({ id, time }) => ({ id, time }))
        const ids = new Set(applyRetention(snapshots, policy, now).keep.map(({ id }) => id))
        for (const { id } of applyRetention(plain, policy, now).keep) expect(ids).toContain(id)
      }),
    )
  })

  test('applied again to what it kept, it keeps all of it', () => {
    fc.assert(
      fc.property(history, anyPolicy, (times, policy) => {
        const snapshots = times.map((time, index) => ({ id: `b${index}`, time: new Date(time) }))
        const first = applyRetention(snapshots, policy, now)
        const left = snapshots.filter(({ id }) => !first.remove.includes(id))
        const again = applyRetention(left, policy, now)
        expect(again.keep.map(({ id }) => id)).toEqual(first.keep.map(({ id }) => id))
      }),
    )
  })

  test('the order of the backups says nothing, and the input stays as it was', () => {
    fc.assert(
      fc.property(forest, anyPolicy, (snapshots, policy) => {
        const copy = structuredClone(snapshots)
        const plan = applyRetention(snapshots, policy, now)
        expect(applyRetention(snapshots.toReversed(), policy, now.toISOString())).toEqual(plan)
        expect(snapshots).toEqual(copy)
      }),
    )
  })
})
