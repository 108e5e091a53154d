import { expect, test } from '@jest/globals'
import { refOf } from '../kube/objects.ts'
import { config, manifest } from '../manifests/test-support.ts'
import type { Validated } from '../rollout/validate.ts'
import { demandChange, isSameSet, type Plan } from './plan.ts'

const objects = ['a', 'b'].map((name) => config('ConfigMap', name, {}))

function plan(writes: Validated['write'][], more: Partial<Plan> = {}): Plan {
  const validated = objects.map((object, index) => ({
    manifest: manifest(object),
    ref: refOf(object),
    write: writes[index],
  }))
  const inventory = { revision: 3, refs: objects.map(refOf), left: [], resourceVersion: '1' }
  const made = { objects: validated, inventory, hooks: { preDeploy: [], postDeploy: [] }, prunable: [], retired: [] }
  return { ...made, ...more } as unknown as Plan
}

test('to go back without any change is refused, and names the revision', () => {
  expect(() => demandChange(plan(['skip', 'skip']), 2)).toThrow('Everything already is as it was in revision 2')
  expect(() => demandChange(plan(['skip', 'apply']), 2)).not.toThrow()
  expect(() => demandChange(plan(['skip', 'skip'], { prunable: objects }), 2)).not.toThrow()
})

test('a set is the same when the app consists of just that, and nothing of it is written', () => {
  const inventory = { revision: 3, left: [], resourceVersion: '1' }
  expect(isSameSet(plan(['skip', 'skip']))).toBe(true)
  expect(isSameSet(plan(['skip', 'apply']))).toBe(false)
  expect(isSameSet(plan(['skip', 'skip'], { inventory: undefined }))).toBe(false)
  expect(isSameSet(plan(['skip', 'skip'], { inventory: { ...inventory, refs: objects.slice(1).map(refOf) } }))).toBe(
    false,
  )
  const other = refOf(config('ConfigMap', 'c', {}))
  expect(isSameSet(plan(['skip', 'skip'], { inventory: { ...inventory, refs: [...objects.map(refOf), other] } }))).toBe(
    false,
  )
})
