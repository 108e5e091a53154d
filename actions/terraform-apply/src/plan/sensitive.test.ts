import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { RECORDED, recordedPlan } from './fixtures/index.ts'
import { plantSecrets } from './fixtures/places.ts'
import type { Json, Plan } from './format.ts'
import { anyMarked, marksOf, sensitiveStateValues, sensitiveValues } from './sensitive.ts'

test.each(RECORDED)('every value that %s marks is found', (name) => {
  const plan = recordedPlan(name)
  const found = sensitiveValues(plan)
  expect(found).toContain('first-password')
  expect([...found].filter((value) => !/password|as it is/.test(value))).toEqual([])
  const planted = plantSecrets(plan)
  expect([...sensitiveValues(plan)]).toEqual(expect.arrayContaining(planted))
})

describe('where values stand', () => {
  const base: Plan = { format_version: '1.2', configuration: {} }
  const change = { actions: ['update'], before: 'b', after: 'a', before_sensitive: true, after_sensitive: true }
  const resource = { address: 'a.b', mode: 'managed', type: 'a', name: 'b', change }
  const state = {
    root_module: {
      child_modules: [
        { resources: [{ address: 'a.b', mode: 'managed', values: { x: 's' }, sensitive_values: { x: true } }] },
      ],
    },
  }

  test.each<[string, Partial<Plan>, string[]]>([
    ['changes', { resource_changes: [resource] }, ['b', 'a']],
    ['drift', { resource_drift: [resource] }, ['b', 'a']],
    ['outputs', { output_changes: { x: change } }, ['b', 'a']],
    ['the prior state', { prior_state: { values: state } }, ['s']],
    [
      'outputs of the prior state',
      { prior_state: { values: { outputs: { x: { sensitive: true, value: ['o', 1] } } } } },
      ['o', '1'],
    ],
    [
      'outputs that are not sensitive',
      { prior_state: { values: { outputs: { x: { sensitive: false, value: 'o' } } } } },
      [],
    ],
    [
      'variables',
      {
        configuration: { root_module: { variables: { p: { sensitive: true }, q: {} } } },
        variables: { p: { value: { k: 'v' } }, q: { value: 'w' } },
      },
      ['v'],
    ],
    ['a variable without a value', { configuration: { root_module: { variables: { p: { sensitive: true } } } } }, []],
  ])('%s', (_, part, expected) => {
    expect([...sensitiveValues({ ...base, ...part })]).toEqual(expected)
  })

  test('a state has them too', () => {
    const values = { ...state, outputs: { x: { sensitive: true, value: 'o' } } }
    expect([...sensitiveStateValues({ values })].sort()).toEqual(['o', 's'])
    expect(sensitiveStateValues({})).toEqual(new Set())
  })
})

test('marks mirror values; what is marked above is marked beneath', () => {
  expect(marksOf(true, 'any')).toBe(true)
  expect(marksOf({ a: true }, 'a')).toBe(true)
  expect(marksOf([false, true], 1)).toBe(true)
  for (const marks of [undefined, false, null, {}, [], 'true'] as (Json | undefined)[]) {
    expect(marksOf(marks, 'a')).toBeUndefined()
    expect(anyMarked(marks)).toBe(false)
  }
})

test('a value is found if and only if something above it or itself is marked', () => {
  const marked = fc.letrec<{ node: [Json, Json, string[]] }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc
        .tuple(fc.uuid(), fc.boolean())
        .map(([value, mark]): [Json, Json, string[]] => [value, mark, mark ? [value] : []]),
      fc
        .dictionary(fc.stringMatching(/^[a-z]{1,3}$/), tie('node'), { maxKeys: 3 })
        .map((nodes): [Json, Json, string[]] => [
          Object.fromEntries(Object.entries(nodes).map(([key, [value]]) => [key, value])),
          Object.fromEntries(Object.entries(nodes).map(([key, [, mark]]) => [key, mark])),
          Object.values(nodes).flatMap(([, , secrets]) => secrets),
        ]),
      fc
        .array(tie('node'), { maxLength: 3 })
        .map((nodes): [Json, Json, string[]] => [
          nodes.map(([value]) => value),
          nodes.map(([, mark]) => mark),
          nodes.flatMap(([, , secrets]) => secrets),
        ]),
    ),
  })).node
  fc.assert(
    fc.property(marked, ([after, after_sensitive, secrets]) => {
      const change = { actions: ['create'], before: null, after, after_sensitive }
      const plan: Plan = { format_version: '1.2', configuration: {}, output_changes: { x: change } }
      expect([...sensitiveValues(plan)].sort()).toEqual([...new Set(secrets)].sort())
    }),
    { numRuns: 200 },
  )
})
