import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { writeMarker } from '../../../../lib/github/marker.ts'
import type { CanonicalPlan } from '../plan/canonical.ts'
import type { Json } from '../plan/json.ts'
import { deltaOf, deltaSince, digestPlan, type PlanDigest, readKept, writeKept } from './delta.ts'

const KEY = new Uint8Array(32).fill(7)
const [FIRST, SECOND, THIRD] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string]

/** A plan that gives each address a value. */
function planOf(values: Record<string, Json>, actions = ['update']): CanonicalPlan {
  const change = (value: Json) => ({ facts: { actions }, before: {}, after: { value }, unknown: {} })
  const resources = Object.fromEntries(Object.entries(values).map(([address, value]) => [address, change(value)]))
  return { resources } as unknown as CanonicalPlan
}

function digestOf(values: Record<string, Json>): PlanDigest {
  return digestPlan(planOf(values), KEY)
}

const many = (count: number, value = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`a.b[${index}]`, value]))

describe('deltaOf', () => {
  test('counts what came, went, changed and stayed', () => {
    const values = fc.dictionary(fc.constantFrom('a.a', 'a.b', 'a.c', 'a.d', 'a.e'), fc.integer({ min: 0, max: 2 }))
    fc.assert(
      fc.property(values, values, (before, after) => {
        const both = Object.keys(after).filter((key) => key in before)
        const unchanged = both.filter((key) => before[key] === after[key]).length
        expect(deltaOf(digestOf(before), digestOf(after))).toEqual({
          kind: 'counted',
          added: Object.keys(after).length - both.length,
          gone: Object.keys(before).length - both.length,
          changed: both.length - unchanged,
          unchanged,
        })
      }),
    )
  })

  test('tells only how many there are of a large plan', () => {
    expect(deltaOf(digestOf(many(3)), digestOf(many(51)))).toEqual({ kind: 'totals', before: 3, now: 51 })
  })

  test('does not count what is only read', () => {
    expect(digestPlan(planOf({ 'data.a.b': 1 }, ['read']), KEY).total).toBe(0)
  })
})

describe('the field of a marker', () => {
  test('says again what was written, and nothing of what was not', () => {
    const delta = fc.record({
      since: fc.constantFrom('push' as const, 'plan' as const),
      changes: fc.oneof(
        fc.record({ kind: fc.constant('totals' as const), before: fc.nat(), now: fc.nat() }),
        fc.record({
          kind: fc.constant('counted' as const),
          added: fc.nat(60),
          gone: fc.nat(60),
          changed: fc.nat(60),
          unchanged: fc.nat(60),
        }),
      ),
    })
    fc.assert(
      fc.property(fc.nat(60), fc.option(delta, { nil: undefined }), (count, said) => {
        const kept = { head: FIRST.slice(0, 12), digest: digestOf(many(count)), delta: said }
        expect(readKept(writeKept(kept))).toEqual(kept)
      }),
    )
    fc.assert(fc.property(fc.string(), (text) => readKept(text) === undefined))
    expect(readKept(undefined)).toBeUndefined()
    const [head, , entries] = writeKept({ head: 'abcdef012345', digest: digestOf(many(3)), delta: undefined }).split(
      '.',
    )
    for (const field of [`${head}.2.${entries}.`, `${head}.3.${entries}A.`, `${head}.3._.`, `x.3.${entries}.`, '..']) {
      expect(readKept(field)).toBeUndefined()
    }
  })

  test('leaves the marker below 1,200 characters, whatever the plan', () => {
    for (const count of [0, 49, 50, 51, 10_000]) {
      const delta = {
        since: 'push',
        changes: { kind: 'counted', added: 50, gone: 50, changed: 50, unchanged: 50 },
      } as const
      const field = writeKept({ head: FIRST.slice(0, 12), digest: digestOf(many(count)), delta })
      expect(field.length).toBeLessThan(400)
      const fields = {
        head: FIRST,
        fingerprint: 'f'.repeat(64),
        status: 'planned',
        reviewed: `12345678901 ${'f'.repeat(64)}`,
        plan: field,
        key: 'production default infra/production',
        issue: '12345',
        part: '1',
        run: '12345678901',
        attempt: '1',
        digest: 'd'.repeat(64),
      }
      expect(writeMarker({ kind: 'terraform-apply', fields }, () => 's'.repeat(64)).length).toBeLessThan(1_200)
    }
  })

  test('tells nothing without the key', () => {
    const field = (key: number) =>
      deltaSince(undefined, FIRST, digestPlan(planOf({ 'a.b': 1 }), new Uint8Array(32).fill(key))).field
    expect(field(1)).not.toBe(field(2))
    expect(field(1)).not.toContain('a.b')
  })
})

describe('deltaSince', () => {
  const push = (added: number, gone: number, changed: number, unchanged: number) => ({
    since: 'push',
    changes: { kind: 'counted', added, gone, changed, unchanged },
  })

  test('goes from push to push, and says the same again for the same plan of the same commit', () => {
    const first = deltaSince(undefined, FIRST, digestOf({ a: 1, b: 1 }))
    expect(first.delta).toBeUndefined()
    const second = deltaSince(first.field, SECOND, digestOf({ a: 1, b: 2, c: 1 }))
    expect(second.delta).toEqual(push(1, 0, 1, 1))
    const again = deltaSince(second.field, SECOND, digestOf({ a: 1, b: 2, c: 1 }))
    expect(again.delta).toEqual(second.delta)
    expect(again.field).toBe(second.field)
    const drifted = deltaSince(again.field, SECOND, digestOf({ a: 1, b: 3, c: 1 }))
    expect(drifted.delta).toEqual({ ...push(0, 0, 1, 2), since: 'plan' })
    expect(deltaSince(drifted.field, THIRD, digestOf({})).delta).toEqual(push(0, 3, 0, 0))
  })

  test('says nothing of a field that it can not read', () => {
    expect(deltaSince('abc', SECOND, digestOf({ a: 1 })).delta).toBeUndefined()
  })
})
