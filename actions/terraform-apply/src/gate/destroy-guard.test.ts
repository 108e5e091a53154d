import { describe, expect, test } from '@jest/globals'
import type { Labelling, Permission } from '../../../../lib/github/pull-requests.ts'
import { type Recorded, recordedPlan } from '../plan/fixtures/index.ts'
import type { Plan } from '../plan/format.ts'
import { consentBarrier, type DestroyLimit, findDestroys, needsConsent } from './destroy-guard.ts'

const addresses = (name: Recorded, globs: string[]): string[] =>
  findDestroys(recordedPlan(name), globs, undefined).protected.map(({ address }) => address)

describe('protected resources', () => {
  test.each<[string, string[]]>([
    ['terraform_data.deleted', ['terraform_data.deleted']],
    ['terraform_data.replaced', ['terraform_data.replaced']],
    [
      'terraform_data',
      [
        'terraform_data.before_destroy',
        'terraform_data.deleted',
        'terraform_data.replaced',
        'module.site["b"].terraform_data.page',
      ],
    ],
    ['module.site["b"].*', ['module.site["b"].terraform_data.page']],
    ['*.page', ['module.site["b"].terraform_data.page']],
    ['terraform_data.?eleted', ['terraform_data.deleted']],
    ['terraform_data.app', []],
    ['terraform_data.forgotten', []],
    ['terraform_data.counted*', []],
    ['terraform.data', []],
    ['', []],
  ])('%s protects %j', (glob, expected) => {
    expect(addresses('changes', [glob])).toEqual(expected)
  })

  test('a replacement is told with what forces it, a destroy without', () => {
    expect(
      findDestroys(recordedPlan('changes'), ['terraform_data.replaced', '*.deleted'], undefined).protected,
    ).toEqual([
      { address: 'terraform_data.deleted', effect: 'delete', because: [] },
      { address: 'terraform_data.replaced', effect: 'replace', because: ['triggers_replace'] },
    ])
  })

  const destroyOf = (address: string, previous_address?: string): Plan => {
    const change = { actions: ['delete', 'create'], before: { id: 'x' }, after: {} }
    const resource = { address, mode: 'managed', type: 'aws_thing', name: 'x', change }
    const moved = previous_address === undefined ? resource : { ...resource, previous_address }
    return { format_version: '1.2', configuration: {}, resource_changes: [moved] }
  }

  test.each<[string, string, string | undefined]>([
    ['aws_thing.db', 'aws_thing.db[0]', undefined],
    ['aws_thing.db', 'aws_thing.db["a.b"]', undefined],
    ['aws_thing.db', 'aws_thing.other', 'aws_thing.db'],
    ['aws_thing.db', 'aws_thing.other', 'aws_thing.db[0]'],
    ['aws_thing.db[0]', 'aws_thing.db', 'aws_thing.db[0]'],
    ['module.data.*', 'module.other.aws_thing.db', 'module.data["eu"].aws_thing.db'],
    ['module.data.aws_thing.db', 'module.data[0].aws_thing.db[1]', undefined],
    ['aws_thing', 'aws_thing.other', 'aws_thing.db'],
  ])('%s protects %s that was %s', (glob, address, previous) => {
    expect(findDestroys(destroyOf(address, previous), [glob], undefined).protected).toEqual([
      { address, effect: 'replace', because: [] },
    ])
  })

  test.each([
    ['aws_thing.db[1]', 'aws_thing.db[0]'],
    ['aws_thing.db', 'aws_thing.db2[0]'],
    ['aws_thing.db', 'module.a.aws_thing.db'],
  ])('%s does not protect %s', (glob, address) => {
    expect(findDestroys(destroyOf(address), [glob], undefined).protected).toEqual([])
  })

  test('data sources are never destroyed', () => {
    const plan = recordedPlan('destroy')
    for (const resource of plan.resource_changes ?? []) resource.mode = 'data'
    expect(findDestroys(plan, ['*'], { kind: 'count', count: 0 })).toEqual({ protected: [], tooMany: undefined })
  })

  test('a deposed object counts', () => {
    const change = { actions: ['delete'], before: { id: 'x' }, after: null }
    const resource = { address: 'a.b', deposed: 'abcd0123', mode: 'managed', type: 'a', name: 'b', change }
    const plan: Plan = { format_version: '1.2', configuration: {}, resource_changes: [resource] }
    expect(findDestroys(plan, ['a'], undefined).protected).toHaveLength(1)
  })
})

describe('max-destroy', () => {
  const count = (value: number): DestroyLimit => ({ kind: 'count', count: value })
  const percent = (value: number): DestroyLimit => ({ kind: 'percent', percent: value })

  /** `changes` destroys or replaces 4 of the 13 managed objects of the first root, `destroy` all 13. */
  test.each<[Recorded, DestroyLimit | undefined, object | undefined]>([
    ['changes', undefined, undefined],
    ['changes', count(4), undefined],
    ['changes', count(3), { destroys: 4, limit: '3' }],
    ['changes', count(0), { destroys: 4, limit: '0' }],
    ['nothing', count(0), undefined],
    ['nothing', percent(0), undefined],
    ['targeted', percent(0), undefined],
    ['destroy', percent(100), undefined],
    ['destroy', percent(99), { destroys: 13, limit: '99%' }],
  ])('%s under %j: %j', (name, limit, expected) => {
    const findings = findDestroys(recordedPlan(name), [], limit)
    expect(findings.tooMany).toEqual(expected)
    expect(needsConsent(findings)).toBe(expected !== undefined)
  })

  test('a percentage is of the managed objects in the state, in child modules too', () => {
    const plan = recordedPlan('destroy')
    plan.resource_changes = (plan.resource_changes ?? []).slice(0, 4)
    const exceeded = (value: number) => findDestroys(plan, [], percent(value)).tooMany !== undefined
    expect([30, 31].map(exceeded)).toEqual([true, false])
  })

  test('with nothing in the state any destroy is more than any percentage', () => {
    const plan = recordedPlan('destroy')
    delete plan.prior_state
    expect(findDestroys(plan, [], percent(100)).tooMany).toEqual({ destroys: 13, limit: '100%' })
  })
})

describe('consent', () => {
  const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 12, minute))
  const event = (kind: Labelling['kind'], actor = 'reviewer', minute = 20, label = 'allow-destroy'): Labelling => ({
    kind,
    actor,
    actorIsBot: actor.endsWith('[bot]'),
    at: at(minute),
    label,
  })
  const permissions = new Map<string, Permission>([
    ['author', 'admin'],
    ['reviewer', 'write'],
    ['reader', 'triage'],
    ['robot[bot]', 'admin'],
  ])
  const barrier = (...labellings: Labelling[]) =>
    consentBarrier('allow-destroy', labellings, permissions, { author: 'Author', minimum: 'write', plannedAt: at(10) })

  test.each<[string, Labelling[]]>([
    ['put on after the plan by another', [event('labeled')]],
    ['by a login written otherwise', [event('labeled', 'REVIEWER')]],
    ['taken off and put on again', [event('labeled', 'author', 5), event('unlabeled', 'author', 11), event('labeled')]],
    ['beside other labels', [event('labeled'), event('unlabeled', 'author', 30, 'bug')]],
  ])('%s', (_, labellings) => {
    expect(barrier(...labellings)).toBeUndefined()
  })

  test.each<[string, Labelling[], RegExp]>([
    ['never', [], /is not on the pull request/],
    ['another label', [event('labeled', 'reviewer', 20, 'Allow-destroy')], /is not on the pull request/],
    ['taken off', [event('labeled'), event('unlabeled', 'author', 30)], /is not on the pull request/],
    ['by the author', [event('labeled', 'author')], /by the pull request's author/],
    ['by the author, written otherwise', [event('labeled', 'AUTHOR')], /by the pull request's author/],
    ['again, by the author', [event('labeled'), event('unlabeled'), event('labeled', 'author', 30)], /author/],
    ['before the plan', [event('labeled', 'reviewer', 9)], /older than the plan/],
    ['in the same second', [event('labeled', 'reviewer', 10)], /older than the plan/],
    ['by somebody who may not', [event('labeled', 'reader')], /reader, whose permission is triage; write is needed/],
    ['by somebody unknown', [event('labeled', 'ghost')], /ghost, whose permission is none/],
    ['by a bot', [event('labeled', 'robot[bot]')], /by the bot robot\[bot\]/],
    ['by nobody', [event('labeled', '')], /whose permission is none/],
  ])('not: %s', (_, labellings, why) => {
    expect(barrier(...labellings)).toMatch(why)
  })
})
