import { describe, expect, test } from '@jest/globals'
import { canonicalPlan } from '../../actions/terraform-apply/src/plan/canonical.ts'
import { countChanges } from '../../actions/terraform-apply/src/plan/counts.ts'
import { readPlan } from '../../actions/terraform-apply/src/plan/format.ts'
import { sensitiveValues } from '../../actions/terraform-apply/src/plan/sensitive.ts'
import { canonicalJson } from '../../lib/crypto/fingerprint.ts'
import { ALL_CHANGE, FIFTH_CHANGES, planText } from './generated-plan.ts'
import { resourceKinds } from './resource-kinds.ts'

const textOf = (resources: number, seed = 1, effects = ALL_CHANGE): string =>
  [...planText({ resources, effects, seed })].join('')

describe('a generated plan', () => {
  const text = textOf(500)
  const plan = readPlan(text)

  test('is one that the action reads', () => {
    expect(plan.resource_changes).toHaveLength(500)
    expect(new Set(plan.resource_changes?.map(({ address }) => address)).size).toBe(500)
    const options = { tool: 'Terraform', providers: {}, key: undefined, notCompared: () => false }
    expect(Object.keys(canonicalPlan(plan, options).resources)).toHaveLength(500)
  })

  test('has every effect and every kind of resource in about its share', () => {
    const { add, change, destroy, replace } = countChanges(plan)
    for (const [count, share] of [
      [add, 35],
      [change, 45],
      [destroy, 10],
      [replace, 10],
    ] as const)
      expect(Math.abs(count / 5 - share)).toBeLessThan(5)
    for (const { type, share } of resourceKinds) {
      const count = plan.resource_changes?.filter((resource) => resource.type === type).length ?? 0
      expect(Math.abs(count / 5 - share)).toBeLessThan(5)
    }
  })

  test('marks what is secret, and an update changes something', () => {
    expect(sensitiveValues(plan).size).toBeGreaterThan(25)
    const updates = plan.resource_changes?.filter(({ change }) => change.actions[0] === 'update') ?? []
    const idle = updates.filter(({ change }) => canonicalJson(change.after) === canonicalJson(change.before))
    expect(idle).toEqual([])
  })

  test('has a block of configuration for each object that stays', () => {
    const calls = plan.configuration.root_module?.module_calls ?? {}
    const blocks = new Set(
      Object.entries(calls).flatMap(([name, { module }]) =>
        (module?.resources ?? []).map(({ address }) => `module.${name}.${address}`),
      ),
    )
    const staying = plan.resource_changes?.filter(({ change }) => change.after !== null) ?? []
    const wanted = new Set(staying.map(({ address }) => address.replace(/\["[^"]*"\]$/, '')))
    expect([...wanted].filter((address) => !blocks.has(address))).toEqual([])
  })

  test('is the same for the same seed only', () => {
    expect(textOf(500)).toBe(text)
    expect(textOf(500, 2)).not.toBe(text)
  })
})

test('a fifth of a plan may change, and the rest is there all the same', () => {
  const plan = readPlan(textOf(500, 1, FIFTH_CHANGES))
  const unchanged = plan.resource_changes?.filter(({ change }) => change.actions[0] === 'no-op') ?? []
  expect(Math.abs(unchanged.length / 5 - 80)).toBeLessThan(5)
  expect(unchanged.filter(({ change }) => canonicalJson(change.after) !== canonicalJson(change.before))).toEqual([])
  const { add, change, destroy, replace } = countChanges(plan)
  expect(Math.min(add, change, destroy, replace)).toBeGreaterThan(0)
})

test('the shares come to a hundred', () => {
  for (const effects of [ALL_CHANGE, FIFTH_CHANGES])
    expect(effects.reduce((sum, { share }) => sum + share, 0)).toBe(100)
  expect(resourceKinds.reduce((sum, { share }) => sum + share, 0)).toBe(100)
})
