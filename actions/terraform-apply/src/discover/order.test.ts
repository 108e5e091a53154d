import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RootEntry } from './ondol-file.ts'
import { inOrder } from './order.ts'

const entries = (after: Record<string, string[]>): RootEntry[] =>
  Object.entries(after).map(([name, names], index) => ({
    line: index + 1,
    name,
    directory: name,
    workspaces: [],
    after: names,
  }))
const namesOf = (ordered: readonly RootEntry[]) => ordered.map(({ name }) => name)

test.each<[Record<string, string[]>, string[]]>([
  [{ a: [], b: [], c: [] }, ['a', 'b', 'c']],
  [{ a: ['c'], b: [], c: [] }, ['b', 'c', 'a']],
  [{ app: ['db', 'net'], db: ['net'], net: [], web: [] }, ['net', 'db', 'app', 'web']],
])('%j is ordered %j', (after, names) => {
  expect(namesOf(inOrder(entries(after)))).toEqual(names)
})

test.each<[Record<string, string[]>, RegExp]>([
  [{ a: ['b'], b: [], c: ['d'] }, /^ondol\.yml line 3: the root c comes after "d", which is the name of no root\.$/],
  [{ a: ['a'] }, /line 1: these roots wait for each other by "after": a, a\./],
  [{ x: [], a: ['c'], b: ['a'], c: ['b'] }, /line 2: .*: a, c, b, a\./],
  [{ outside: ['a'], a: ['b'], b: ['a'] }, /line 2: .*: a, b, a\./],
])('%j is refused', (after, message) => {
  expect(() => inOrder(entries(after))).toThrow(
    expect.objectContaining({ reason: 'invalid-input', message: expect.stringMatching(message) }),
  )
})

test('each comes after those that it names, and what needn’t move stays', () => {
  const size = 6
  const edges = fc.uniqueArray(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 10, selector: String })
  fc.assert(
    fc.property(edges, fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: size }), (pairs, listed) => {
      // Only the smaller may come before the greater, so there is no circle whatever the order in the file.
      const after = (index: number) =>
        pairs.filter(([one, other]) => other === index && one < index).map(([one]) => `r${one}`)
      const given = entries(Object.fromEntries(listed.map((index) => [`r${index}`, [...new Set(after(index))]])))
      const ordered = inOrder(given)
      expect(namesOf(ordered).sort()).toEqual(namesOf(given).sort())
      for (const { name, after: earlier } of ordered)
        for (const other of earlier)
          expect(namesOf(ordered).indexOf(other)).toBeLessThan(namesOf(ordered).indexOf(name))
      expect(inOrder(ordered)).toEqual(ordered)
    }),
  )
})
