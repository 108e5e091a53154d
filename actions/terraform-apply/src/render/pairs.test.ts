import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import type { Json } from '../plan/format.ts'
import { pairElements } from './pairs.ts'
import { type Effort, effortOfReport } from './similarity.ts'
import { NOTHING, unmarked } from './value.ts'

const scalar = fc.oneof(fc.constantFrom('a', 'b', 'c', ''), fc.integer({ min: 0, max: 3 }), fc.constant(null))
const element: fc.Arbitrary<Json> = fc.oneof(
  scalar,
  fc.dictionary(fc.constantFrom('name', 'id', 'x', 'y'), scalar),
  fc.array(scalar, { maxLength: 2 }),
)
const list = fc.array(element, { maxLength: 12 })

const sorted = (values: Iterable<Json | undefined>) => Array.from(values, (value) => canonicalJson(value)).sort()
const pairUp = (before: readonly Json[], after: readonly Json[], effort = effortOfReport()) =>
  pairElements(before.map(unmarked), after.map(unmarked), effort)

describe('pairElements', () => {
  test('taking away what was removed and adding what was added makes the one list the other, order apart', () => {
    fc.assert(
      fc.property(list, list, (before, after) => {
        const { pairs } = pairUp(before, after)
        expect(sorted(pairs.filter((pair) => pair.before !== NOTHING).map((pair) => pair.before.json))).toEqual(
          sorted(before),
        )
        expect(pairs.filter((pair) => pair.after !== NOTHING).map((pair) => pair.after.json)).toEqual(after)
      }),
    )
  })

  test('equal elements always belong together', () => {
    fc.assert(
      fc.property(list, list, (before, after) => {
        const { pairs } = pairUp(before, after)
        const equal = pairs.filter(
          (pair) => canonicalJson(pair.before.json ?? 0) === canonicalJson(pair.after.json ?? 1),
        )
        const left = sorted(after)
        const common = sorted(before).filter((key) => {
          const index = left.indexOf(key)
          if (index !== -1) left.splice(index, 1)
          return index !== -1
        })
        expect(equal.length).toBeGreaterThanOrEqual(common.filter((key) => key !== 'null').length)
      }),
    )
  })

  test('a list in another order is told from the same list, and nothing else differs', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2 }), (values) => {
        const rotated = [...values.slice(1), ...values.slice(0, 1)]
        expect(pairUp(values, rotated)).toMatchObject({ reordered: true })
        expect(pairUp(values, rotated).pairs.every((pair) => pair.before.json === pair.after.json)).toBe(true)
        expect(pairUp(values, values)).toMatchObject({ reordered: false })
        expect(pairUp(values, [...values, `${values.join()}!`])).toMatchObject({ reordered: false })
      }),
    )
  })

  test('alike maps are looked for as long as there is effort left, those of one name in any case', () => {
    const maps = (x: number): Json[] => [1, 2].map((y) => ({ x, y, z: y }))
    const joined = (before: readonly Json[], after: readonly Json[], effort: Effort) =>
      pairUp(before, after, effort).pairs.filter((pair) => pair.before !== NOTHING && pair.after !== NOTHING).length
    const effort = { left: 20 }
    expect(joined(maps(1), maps(2), effort)).toBe(2)
    expect(effort.left).toBe(20 - 2 * 2 * 3)
    expect(joined(maps(1), maps(2), effort)).toBe(0)
    expect(joined([{ name: 'a', x: 1 }, 1], [{ name: 'a', x: 2 }, 2], { left: 0 })).toBe(1)
  })
})
