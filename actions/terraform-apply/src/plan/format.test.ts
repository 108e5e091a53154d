import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { countChanges } from './counts.ts'
import { RECORDED, recordedText } from './fixtures/index.ts'
import { effectOf, readPlan, resourceChanges } from './format.ts'

const MINIMAL = { format_version: '1.2', planned_values: {}, configuration: {} }
const CHANGE = { actions: ['create'], before: null, after: { id: 'x' } }
const RESOURCE = { address: 'a.b', mode: 'managed', type: 'a', name: 'b', change: CHANGE }
const withResource = (resource: unknown): unknown => ({ ...MINIMAL, resource_changes: [resource] })

const refused = expect.objectContaining({ reason: 'invalid-input' })

test.each(RECORDED)('a recorded plan is read: %s', (name) => {
  expect(resourceChanges(readPlan(recordedText(name))).length).toBeGreaterThan(0)
})

test.each(['0.1', '0.2', '1.0', '1.2', '1.99'])('format version %s is read', (format_version) => {
  expect(resourceChanges(readPlan(JSON.stringify({ ...MINIMAL, format_version })))).toEqual([])
})

describe('what cannot be read is invalid-input', () => {
  test.each([
    '',
    ' ',
    'null',
    'true',
    '1',
    '"text"',
    '[]',
    '[{}]',
    '{}',
    '{',
    'Error: no plan',
    '{"format_version":"1.2"',
  ])('the text %j', (text) => {
    expect(() => readPlan(text)).toThrow(refused)
  })

  test.each(['2.0', '10.1', '1', '1.x', 'one', '', '-1.0', '1.2.3', ' 1.2', 1.2, null, ['1.2'], undefined])(
    'format version %j',
    (format_version) => {
      expect(() => readPlan(JSON.stringify({ ...MINIMAL, format_version }))).toThrow(refused)
    },
  )

  test.each(['format_version', 'configuration', 'planned_values'])('no %s', (key) => {
    const { [key as keyof typeof MINIMAL]: _, ...rest } = MINIMAL
    expect(() => readPlan(JSON.stringify(rest))).toThrow(refused)
  })

  test.each(['address', 'mode', 'type', 'name', 'change'] as const)('a resource without %s', (key) => {
    const { [key]: _, ...rest } = RESOURCE
    expect(() => readPlan(JSON.stringify(withResource(rest)))).toThrow(refused)
  })

  test.each(['actions', 'before', 'after'] as const)('a change without %s', (key) => {
    const { [key]: _, ...change } = CHANGE
    expect(() => readPlan(JSON.stringify(withResource({ ...RESOURCE, change })))).toThrow(refused)
    expect(() => readPlan(JSON.stringify({ ...MINIMAL, resource_drift: [{ ...RESOURCE, change }] }))).toThrow(refused)
    expect(() => readPlan(JSON.stringify({ ...MINIMAL, output_changes: { x: change } }))).toThrow(refused)
  })

  test.each([
    [[]],
    [['destroy']],
    [['no-op', 'create']],
    [['create', 'delete', 'create']],
    [['Create']],
    [['constructor']],
    [['__proto__']],
    [['toString']],
    [[null]],
    ['create'],
    [{ 0: 'create' }],
    [null],
  ])('the actions %j', (actions) => {
    const plan = withResource({ ...RESOURCE, change: { ...CHANGE, actions } })
    expect(() => readPlan(JSON.stringify(plan))).toThrow(refused)
  })

  test.each([
    { resource_changes: {} },
    { resource_changes: [null] },
    { resource_changes: ['x'] },
    { resource_changes: 'x' },
    { resource_drift: {} },
    { output_changes: [] },
    { output_changes: { x: null } },
    { output_changes: { x: [] } },
    { deferred_changes: 'x' },
    { action_invocations: {} },
    { checks: 'x' },
    { checks: {} },
    { applyable: 'false' },
    { applyable: null },
    { complete: 0 },
    { errored: 'true' },
    { terraform_version: 1 },
    { variables: { x: null } },
    { variables: [] },
    { configuration: { provider_config: [] } },
    { configuration: { root_module: 'x' } },
    { configuration: { root_module: { resources: [null] } } },
    { configuration: { root_module: { resources: [{ address: 'a.b', provisioners: 'x' }] } } },
    { configuration: { root_module: { resources: [{ address: 'a.b', provisioners: [null] }] } } },
    { configuration: { root_module: { module_calls: { x: null } } } },
    { configuration: { root_module: { module_calls: { x: { module: { resources: 1 } } } } } },
    { configuration: { root_module: { variables: { x: null } } } },
    { prior_state: { values: { root_module: { resources: 5 } } } },
    { prior_state: { values: { root_module: { resources: [null] } } } },
    { prior_state: { values: { root_module: { child_modules: [{ child_modules: [null] }] } } } },
    { prior_state: { values: { outputs: { x: null } } } },
    { prior_state: [] },
  ])('%j', (part) => {
    expect(() => readPlan(JSON.stringify({ ...MINIMAL, ...part }))).toThrow(refused)
  })

  test.each([
    { deposed: {} },
    { previous_address: 1 },
    { previous_address: null },
    { action_reason: {} },
    { provider_name: [] },
  ])('a resource with %j', (part) => {
    expect(() => readPlan(JSON.stringify(withResource({ ...RESOURCE, ...part })))).toThrow(refused)
  })

  test.each([
    { replace_paths: 'x' },
    { replace_paths: ['x'] },
    { replace_paths: {} },
    { replace_paths: [{}] },
    { importing: null },
    { importing: 'i-1' },
    { before: 'x' },
    { before: [] },
    { after: 1 },
    { after: false },
  ])('a change with %j', (part) => {
    const plan = withResource({ ...RESOURCE, change: { ...CHANGE, ...part } })
    expect(() => readPlan(JSON.stringify(plan))).toThrow(refused)
  })

  test.each([
    ['a value', (deep: string) => `{"resource_changes":[${JSON.stringify(RESOURCE).replace('"x"', deep)}]}`],
    ['a part that nobody reads', (deep: string) => `{"something_new":${deep}}`],
    ['a value beside a number that is kept as text', (deep: string) => `{"x":[1e400,${deep}]}`],
  ])('nested 20,000 deep: %s', (_, partWith) => {
    for (const deep of [
      `${'['.repeat(20_000)}1${']'.repeat(20_000)}`,
      `${'{"root_module":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    ]) {
      const part = partWith(deep)
      expect(() => readPlan(`${JSON.stringify(MINIMAL).slice(0, -1)},${part.slice(1)}`)).toThrow(refused)
    }
  })

  test('nested 20,000 deep: modules', () => {
    const nested = (around: string, tail: string): string => `${around.repeat(20_000)}{}${tail.repeat(20_000)}`
    const calls = nested('{"module_calls":{"x":{"module":', '}}}')
    const children = nested('{"child_modules":[', ']}')
    for (const part of [
      `"configuration":{"root_module":${calls}}`,
      `"prior_state":{"values":{"root_module":${children}}}`,
    ])
      expect(() => readPlan(`${JSON.stringify(MINIMAL).slice(0, -1)},${part}}`)).toThrow(refused)
  })

  test('500 random texts and values: an error for the user, or a plan whose every change is known', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ resource_changes: fc.array(fc.jsonValue()), output_changes: fc.jsonValue() }).map((part) => {
        return JSON.stringify({ ...MINIMAL, ...part })
      }),
      fc.array(fc.string()).map((actions) => {
        return JSON.stringify(withResource({ ...RESOURCE, change: { ...CHANGE, actions } }))
      }),
    )
    fc.assert(
      fc.property(anything, (text) => {
        try {
          for (const { change } of resourceChanges(readPlan(text))) effectOf(change)
        } catch (error) {
          expect(error).toEqual(refused)
        }
      }),
      { numRuns: 500 },
    )
  })
})

test.each([
  [['no-op'], {}],
  [['create'], { add: 1 }],
  [['read'], {}],
  [['update'], { change: 1 }],
  [['delete'], { destroy: 1 }],
  [['delete', 'create'], { replace: 1 }],
  [['create', 'delete'], { replace: 1 }],
  [['forget'], { forget: 1 }],
  [['create', 'forget'], { forget: 1, add: 1 }],
  [['forget', 'create'], { forget: 1, add: 1 }],
])('%j counts as %j', (actions, counted) => {
  const nothing = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, forget: 0, drift: 0, outputs: 0 }
  const plan = readPlan(JSON.stringify(withResource({ ...RESOURCE, change: { ...CHANGE, actions } })))
  expect(countChanges(plan)).toEqual({ ...nothing, ...counted })
})
