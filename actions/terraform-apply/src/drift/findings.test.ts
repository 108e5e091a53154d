import { describe, expect, test } from '@jest/globals'
import type { Json, Plan, ResourceChange } from '../plan/format.ts'
import { planOf, resource } from '../render/fixtures/build.ts'
import { findDrift, isUnapplied } from './findings.ts'

const FILE = { id: 'f572', content: 'welcome', tags: { env: 'prod' } }
const file = (actions: string[], before: Json, after: Json, more: Parameters<typeof resource>[4] = {}) =>
  resource('local_file.motd', actions, before, after, more)

const GONE = file(['delete'], FILE, null)
const RETAGGED = file(['update'], FILE, { ...FILE, tags: { env: 'test' } })
const CREATED_AGAIN = file(
  ['create'],
  null,
  { content: 'welcome', tags: { env: 'prod' } },
  { change: { after_unknown: { id: true } } },
)

const plan = (drift: ResourceChange[], changes: ResourceChange[], more: Partial<Plan> = {}): Plan =>
  planOf(changes, { resource_drift: drift, applyable: changes.length > 0, ...more })

/** What a plan comes to, in short. */
function summed(of: Plan) {
  const findings = findDrift(of)
  return {
    drifted: findings.drifted.map(({ object, planned, undone }) => [object.address, planned ? undone : 'left']),
    unapplied: (findings.unapplied.resource_changes ?? []).map(({ address }) => address),
    isUnapplied: isUnapplied(findings),
  }
}

describe('drift', () => {
  test('of nothing leaves the plan as it is', () => {
    const changes = [file(['update'], FILE, { ...FILE, content: 'hello' })]
    expect(summed(plan([], changes))).toEqual({ drifted: [], unapplied: ['local_file.motd'], isUnapplied: true })
    expect(summed(plan([], []))).toEqual({ drifted: [], unapplied: [], isUnapplied: false })
  })

  test.each<[string, ResourceChange, ResourceChange]>([
    ['creates it again', GONE, CREATED_AGAIN],
    ['takes a value back', RETAGGED, file(['update'], RETAGGED.change.after ?? null, FILE)],
    [
      'takes one value back and leaves a computed one',
      file(['update'], { ...FILE, size: 1 }, { ...FILE, tags: {}, size: 2 }),
      file(['update'], { ...FILE, tags: {}, size: 2 }, { ...FILE, size: 2 }),
    ],
    [
      'replaces it for that',
      RETAGGED,
      file(
        ['delete', 'create'],
        RETAGGED.change.after ?? null,
        { content: 'welcome', tags: { env: 'prod' } },
        {
          change: { after_unknown: { id: true } },
        },
      ),
    ],
  ])('that an apply undoes is not unapplied: it %s', (_, drift, change) => {
    expect(summed(plan([drift], [change]))).toEqual({
      drifted: [['local_file.motd', true]],
      unapplied: [],
      isUnapplied: false,
    })
  })

  test.each<[string, ResourceChange, ResourceChange]>([
    ['creates it otherwise', GONE, file(['create'], null, { content: 'hello', tags: { env: 'prod' } })],
    ['creates it with less', GONE, file(['create'], null, { content: 'welcome', tags: null })],
    [
      'sets another value',
      RETAGGED,
      file(['update'], RETAGGED.change.after ?? null, { ...FILE, tags: { env: 'dev' } }),
    ],
    [
      'adds to a value',
      RETAGGED,
      file(['update'], RETAGGED.change.after ?? null, { ...FILE, tags: { env: 'prod', constructor: 'x' } }),
    ],
    ['destroys it', RETAGGED, file(['delete'], RETAGGED.change.after ?? null, null)],
    [
      'moves it',
      RETAGGED,
      file(['update'], RETAGGED.change.after ?? null, FILE, { previous_address: 'local_file.old' }),
    ],
    [
      'imports it',
      RETAGGED,
      file(['update'], RETAGGED.change.after ?? null, FILE, { change: { importing: { id: 'x' } } }),
    ],
  ])('after which an apply %s is unapplied, too', (_, drift, change) => {
    expect(summed(plan([drift], [change]))).toEqual({
      drifted: [['local_file.motd', false]],
      unapplied: ['local_file.motd'],
      isUnapplied: true,
    })
  })

  test('that no apply changes', () => {
    const noOp = file(['no-op'], RETAGGED.change.after ?? null, RETAGGED.change.after ?? null)
    const left = { drifted: [['local_file.motd', 'left']], isUnapplied: false }
    expect(summed(plan([RETAGGED], []))).toMatchObject(left)
    expect(summed(plan([RETAGGED], [noOp]))).toMatchObject(left)
    // Terraform calls a plan applicable that only takes note of the drift.
    expect(summed(plan([GONE], [], { applyable: true }))).toMatchObject(left)
  })

  test('a deposed object of the same address is another object', () => {
    const deposed = file(['delete'], FILE, null, { deposed: 'a1b2' })
    expect(summed(plan([RETAGGED], [deposed]))).toMatchObject({
      drifted: [['local_file.motd', 'left']],
      isUnapplied: true,
    })
  })
})

describe('what did not drift', () => {
  const follower = (actions: string[], more: Parameters<typeof resource>[4] = {}) =>
    resource(
      'terraform_data.follower',
      actions,
      { input: 'f572', kind: 'x' },
      { kind: 'x' },
      {
        ...more,
        change: { after_unknown: { input: true }, ...more.change },
      },
    )

  test.each<[string, ResourceChange]>([
    ['changes with it', follower(['update'])],
    ['is replaced with it', follower(['delete', 'create'], { action_reason: 'replace_because_cannot_update' })],
    ['is read later for it', { ...follower(['read']), mode: 'data' }],
  ])('%s follows from it', (_, change) => {
    expect(summed(plan([GONE], [CREATED_AGAIN, change]))).toMatchObject({ unapplied: [], isUnapplied: false })
  })

  test.each<[string, ResourceChange]>([
    ['sets a value', { ...follower(['update']), change: { ...follower(['update']).change, after: { kind: 'y' } } }],
    ['is tainted', follower(['delete', 'create'], { action_reason: 'replace_because_tainted' })],
    ['is to be replaced', follower(['delete', 'create'], { action_reason: 'replace_by_request' })],
    ['is new', resource('terraform_data.follower', ['create'], null, {}, { change: { after_unknown: { id: true } } })],
    ['is destroyed', resource('terraform_data.follower', ['delete'], { input: 'a' }, null)],
  ])('and %s is unapplied', (_, change) => {
    expect(summed(plan([GONE], [CREATED_AGAIN, change]))).toMatchObject({
      drifted: [['local_file.motd', true]],
      unapplied: ['terraform_data.follower'],
      isUnapplied: true,
    })
  })

  test('follows from nothing when no apply acts on the drift', () => {
    expect(summed(plan([RETAGGED], [follower(['update'])]))).toMatchObject({ isUnapplied: true })
  })
})

describe('outputs', () => {
  const outputs = (references: string[]): Plan['configuration'] =>
    ({ root_module: { outputs: { tags: { expression: { references } } } } }) as Plan['configuration']
  const changed = { tags: { actions: ['update'], before: 'prod', after: 'test' } }

  test('that an own expression reads from what drifted, or that are known later, follow from it', () => {
    const named = outputs(['local_file.motd.tags', 'local_file.motd'])
    expect(isUnapplied(findDrift(plan([RETAGGED], [], { output_changes: changed, configuration: named })))).toBe(false)
    const later = { tags: { actions: ['update'], before: 'f572', after_unknown: true } }
    expect(isUnapplied(findDrift(plan([GONE], [CREATED_AGAIN], { output_changes: later })))).toBe(false)
  })

  test('other ones are unapplied', () => {
    for (const configuration of [outputs(['var.tags']), outputs([]), {}])
      expect(isUnapplied(findDrift(plan([RETAGGED], [], { output_changes: changed, configuration })))).toBe(true)
    expect(isUnapplied(findDrift(plan([], [], { output_changes: changed })))).toBe(true)
  })

  test('actions that the apply invokes, and what it puts off, are unapplied', () => {
    for (const more of [{ action_invocations: [{}] }, { deferred_changes: [{}] }])
      expect(isUnapplied(findDrift(plan([RETAGGED], [], more)))).toBe(true)
  })
})
