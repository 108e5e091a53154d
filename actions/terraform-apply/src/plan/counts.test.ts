import { expect, test } from '@jest/globals'
import { changesAnything, countChanges } from './counts.ts'
import { type Recorded, recordedPlan } from './fixtures/index.ts'
import type { Plan } from './format.ts'

const NOTHING = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, forget: 0, drift: 0, outputs: 0 }

/** What `terraform plan` itself said when the plans were recorded, with replacements counted apart. */
test.each<[Recorded, object]>([
  ['changes', { add: 4, change: 4, destroy: 1, replace: 3, import: 1, move: 2, forget: 1, outputs: 4 }],
  ['targeted', { add: 3 }],
  ['destroy', { destroy: 13, outputs: 4 }],
  ['provisioned', { replace: 1 }],
  ['nothing', {}],
])('%s', (name, counts) => {
  expect(countChanges(recordedPlan(name))).toEqual({ ...NOTHING, ...counts })
})

test.each<[Recorded, boolean]>([
  ['changes', true],
  ['targeted', true],
  ['destroy', true],
  ['provisioned', true],
  ['nothing', false],
])('%s changes anything: %s, with or without the word of Terraform', (name, expected) => {
  const plan = recordedPlan(name)
  expect(changesAnything(plan)).toBe(expected)
  delete plan.applyable
  expect(changesAnything(plan)).toBe(expected)
})

test.each<[string, Partial<Plan>, boolean]>([
  ['nothing at all', {}, false],
  ['only the word of Terraform', { applyable: true }, true],
  ['changes that the word denies', { ...recordedPlan('changes'), applyable: false }, true],
  ['a deferred change', { applyable: false, deferred_changes: [{}] }, true],
  ['a deferred action', { applyable: false, deferred_action_invocations: [{}] }, true],
  ['an action', { applyable: false, action_invocations: [{}] }, true],
  ['empty lists', { applyable: false, deferred_changes: [], action_invocations: [] }, false],
])('%s', (_, part, expected) => {
  expect(changesAnything({ format_version: '1.2', configuration: {}, ...part })).toBe(expected)
})

test('drift alone is no change, a moved object or an output is one', () => {
  const plan: Plan = { format_version: '0.2', configuration: {} }
  const change = { actions: ['no-op'], before: null, after: null }
  const resource = { address: 'a.b', mode: 'managed', type: 'a', name: 'b', change }
  expect(
    changesAnything({ ...plan, resource_drift: [{ ...resource, change: { ...change, actions: ['update'] } }] }),
  ).toBe(false)
  expect(changesAnything({ ...plan, resource_changes: [{ ...resource, previous_address: 'a.c' }] })).toBe(true)
  expect(changesAnything({ ...plan, output_changes: { x: { ...change, actions: ['create'] } } })).toBe(true)
})
