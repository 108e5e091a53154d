import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { KubeObject } from '../kube/objects.ts'
import { assess } from './assess.ts'
import { explainTimeout } from './explain-timeout.ts'
import { momentsOf, type Recording, recorded, situationNames } from './fixtures/recorded.ts'

const moments = situationNames().flatMap((name) => momentsOf(name).map((moment) => [name, moment] as const))
const states = ['ready', 'in-progress', 'failed', 'terminating', 'unknown']

function check({ object, surroundings }: Recording): void {
  const verdict = assess(object, surroundings)
  expect(states).toContain(verdict.state)
  expect(verdict.message).toMatch(/\S.*[.…]$/su)
  expect(explainTimeout(object, surroundings).state).toBe('failed')
}

/** Walks to some place of a value, led by numbers, and puts another value there. */
function spoil(target: unknown, way: readonly number[], value: unknown): void {
  if (typeof target !== 'object' || target === null) return
  const fields = Object.keys(target)
  const field = fields[(way[0] ?? 0) % Math.max(1, fields.length)]
  if (field === undefined) return
  const inner = (target as Record<string, unknown>)[field]
  if (way.length > 1 && typeof inner === 'object' && inner !== null) spoil(inner, way.slice(1), value)
  else (target as Record<string, unknown>)[field] = value
}

test('no recorded object that was spoilt anywhere makes it throw', () => {
  const spoils = fc.array(fc.tuple(fc.array(fc.nat(40), { minLength: 1, maxLength: 8 }), fc.jsonValue()), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(fc.constantFrom(...moments), spoils, spoils, ([name, moment], ofObject, ofOthers) => {
      const recording = recorded(name, moment)
      for (const [way, value] of ofObject) spoil(recording.object, way, value)
      const { pods, events, replicaSets } = recording.surroundings
      for (const [way, value] of ofOthers) spoil([pods, events, replicaSets], way.slice(1), value)
      for (const [way, value] of ofOthers) spoil({ pods, events, replicaSets }, [0, ...way], value)
      check(recording)
    }),
    { numRuns: 300 },
  )
})

test('nothing that is JSON makes it throw', () => {
  const any = fc.jsonValue() as fc.Arbitrary<unknown> as fc.Arbitrary<KubeObject>
  fc.assert(
    fc.property(any, fc.array(any), fc.array(any), fc.array(any), (object, pods, events, replicaSets) => {
      const now = new Date(0)
      check({ object, surroundings: { pods, events, replicaSets, now, deployedAt: now } })
    }),
  )
})
