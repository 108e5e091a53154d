import { describe, expect, test } from '@jest/globals'
import { type PlanBundle, sealBundle } from '../bundle/bundle.ts'
import type { PlanStore, Slot } from '../bundle/store.ts'
import { deriveKeys } from '../keys.ts'
import { canonicalPlan, fingerprintOf } from '../plan/canonical.ts'
import { type Recorded, recordedPlan } from '../plan/fixtures/index.ts'
import { choosePlan, planMissing } from './choose.ts'

const keys = deriveKeys('plan-key-of-the-tests-0123456789abcdef')
const slot: Slot = {
  repositoryId: 1,
  pullRequest: 2,
  headSha: 'a'.repeat(40),
  root: 'infra',
  directory: 'infra',
  workspace: 'default',
}
const fingerprint = ({ canonical }: PlanBundle): string => fingerprintOf(canonical, keys.fingerprint)

const bundle = (
  name: Recorded,
  kind: PlanBundle['kind'] = 'reviewed',
  plannedAt = '2026-01-01T00:00:00Z',
): PlanBundle => ({
  version: 1,
  kind,
  plannedAt,
  canonical: canonicalPlan(recordedPlan(name), {
    tool: 'Terraform',
    providers: {},
    key: keys.sensitive,
    notCompared: () => false,
  }),
  closure: { digest: 'd', files: {} },
})

interface Stored {
  run: number
  content: PlanBundle | Uint8Array
  storedAt?: Date
}

/** Plans as a store lists them, newest first; what was read stands in `read`. */
function storeOf(...plans: Stored[]): PlanStore & { read: number[] } {
  const read: number[] = []
  return {
    read,
    put: () => Promise.reject(new Error('choosing stores nothing')),
    list: async () =>
      plans.map(({ run, content, storedAt }) => ({
        runId: run,
        storedAt,
        async read() {
          read.push(run)
          return content instanceof Uint8Array ? content : sealBundle(keys.bundle, content, { ...slot, runId: run })
        },
      })),
  }
}

const choose = (store: PlanStore, named?: string, shown?: { runId: number; fingerprint: string } | 'nothing') =>
  choosePlan(
    store,
    slot,
    keys.bundle,
    fingerprint,
    named === undefined ? { kind: 'reviewed', shown } : { kind: 'named', fingerprint: named },
  )

test('only the plan that the comment shows counts: when it is gone, no older one takes its place', async () => {
  const older = { run: 1, content: bundle('destroy') }
  const shown = { runId: 2, fingerprint: fingerprint(bundle('changes')) }
  expect(await choose(storeOf({ run: 2, content: bundle('changes') }, older), undefined, shown)).toMatchObject({
    runId: 2,
  })
  expect(await choose(storeOf(older), undefined, shown)).toBeUndefined()
  expect(await choose(storeOf({ run: 1, content: bundle('changes') }), undefined, shown)).toBeUndefined()
})

test('a comment that was put back to an older plan shows no reviewed one, nor does one without room for the root', async () => {
  const [older, newer] = [bundle('destroy'), bundle('changes')]
  const store = storeOf({ run: 2, content: newer }, { run: 1, content: older })
  expect(await choose(store, undefined, { runId: 1, fingerprint: fingerprint(older) })).toBeUndefined()
  expect(await choose(store, undefined, 'nothing')).toBeUndefined()
  expect(await choose(store, fingerprint(older).slice(0, 12), 'nothing')).toMatchObject({ runId: 1 })
})

describe('without a fingerprint', () => {
  test('the newest reviewed one, and no older one is even read', async () => {
    const store = storeOf(
      { run: 30, content: bundle('destroy', 'offered') },
      { run: 20, content: bundle('changes') },
      { run: 10, content: bundle('nothing') },
    )
    expect(await choose(store)).toMatchObject({ runId: 20, fingerprint: fingerprint(bundle('changes')) })
    expect(store.read).toEqual([30, 20])
  })

  test('none, when all are offers or there is nothing', async () => {
    expect(await choose(storeOf({ run: 1, content: bundle('changes', 'offered') }))).toBeUndefined()
    expect(await choose(storeOf())).toBeUndefined()
  })

  test('an offered plan never stands in for a reviewed one that it follows', async () => {
    const store = storeOf({ run: 2, content: bundle('changes', 'offered') }, { run: 1, content: bundle('changes') })
    expect(await choose(store)).toMatchObject({ runId: 1 })
  })
})

describe('with a fingerprint', () => {
  const own = fingerprint(bundle('destroy'))

  test.each([12, 20, 64])('its first %i digits find the plan of any kind', async (digits) => {
    const store = storeOf(
      { run: 3, content: bundle('changes') },
      { run: 2, content: bundle('destroy', 'offered') },
      { run: 1, content: bundle('destroy') },
    )
    expect(await choose(store, own.slice(0, digits))).toMatchObject({ runId: 2, fingerprint: own })
  })

  test.each([
    ['another', '0'.repeat(12)],
    ['a part that is not its beginning', own.slice(1, 13)],
    ['one digit too many', `${own}0`],
  ])('%s finds none', async (_, wanted) => {
    expect(await choose(storeOf({ run: 1, content: bundle('destroy') }), wanted)).toBeUndefined()
  })
})

describe('tampering', () => {
  test.each([
    ['bytes', Buffer.from('no bundle')],
    ['a bundle of another run', sealBundle(keys.bundle, bundle('changes'), { ...slot, runId: 19 })],
    [
      'a bundle of another commit',
      sealBundle(keys.bundle, bundle('changes'), { ...slot, headSha: 'b'.repeat(40), runId: 20 }),
    ],
    ['a bundle under another key', sealBundle(keys.sensitive, bundle('changes'), { ...slot, runId: 20 })],
  ])('%s, newer than the right one, stops the choice', async (_, content) => {
    const store = storeOf({ run: 20, content }, { run: 10, content: bundle('changes') })
    await expect(choose(store)).rejects.toMatchObject({ reason: 'plan-tampered' })
    expect(store.read).toEqual([20])
  })

  test('older than the right one it is not looked at', async () => {
    const store = storeOf({ run: 20, content: bundle('changes') }, { run: 10, content: Buffer.from('no bundle') })
    expect(await choose(store)).toMatchObject({ runId: 20 })
  })
})

test.each([
  ['its own word, when the store has none', undefined, '2026-01-01T00:00:00.000Z'],
  ['its own word, when the store says earlier', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
  [
    "the store's, when that is later: a bundle can not be older than it looks",
    '2026-02-01T00:00:00Z',
    '2026-02-01T00:00:00.000Z',
  ],
])('planned at: %s', async (_, storedAt, expected) => {
  const stored = { run: 1, content: bundle('changes'), ...(storedAt ? { storedAt: new Date(storedAt) } : {}) }
  const chosen = await choose(storeOf(stored))
  expect(chosen?.plannedAt.toISOString()).toBe(expected)
})

test('not more than 30 plans are looked through', async () => {
  const offers = Array.from({ length: 30 }, (_, index) => ({ run: 100 - index, content: bundle('nothing', 'offered') }))
  const store = storeOf(...offers, { run: 1, content: bundle('changes') })
  expect(await choose(store)).toBeUndefined()
  expect(store.read).toHaveLength(30)
})

test('a missing plan says whose, and what to do', () => {
  const error = planMissing(slot, 'abcdef012345')
  expect(error).toMatchObject({ reason: 'plan-missing', remedy: expect.stringContaining('/plan') })
  expect(error.message).toBe(
    'No stored plan with the fingerprint abcdef012345 of infra belongs to the head commit aaaaaaaaaaaa of #2.',
  )
})
