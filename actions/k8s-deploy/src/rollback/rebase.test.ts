import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { KubeObject, ManagedFields } from '../kube/objects.ts'
import { differences } from './compare.ts'
import type { FieldSet } from './fields.ts'
import { ignoredFields } from './ignored.ts'
import { ourNames } from './owners.ts'
import { rebase } from './rebase.ts'

const US = 'deployer'

/** As it comes from the API: plain objects. */
function owned(content: object, owners: Record<string, FieldSet>): KubeObject {
  const managedFields: ManagedFields[] = Object.entries(owners).map(([manager, fieldsV1]) => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    fieldsV1,
  }))
  return JSON.parse(
    JSON.stringify({ apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x', managedFields }, ...content }),
  )
}

function rebased(before: KubeObject, live: KubeObject, forced: string[][] = []) {
  const { object, kept } = rebase(before, live, { us: ourNames(US), ignored: ignoredFields(before), forced })
  return { spec: object['spec'], kept: kept.map((path) => path.join(' ')) }
}

const field = (...path: string[]): FieldSet => path.reduceRight<FieldSet>((below, one) => ({ [`f:${one}`]: below }), {})
const json = fc.jsonValue({ maxDepth: 4 })
const spec = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), json)

describe('rebase', () => {
  test('what nobody else has changed is exactly as it was', () => {
    fc.assert(
      fc.property(spec, spec, (was, is) => {
        const [before, live] = [owned({ spec: was }, {}), owned({ spec: is }, { [US]: field('spec') })]
        const { object, kept } = rebase(before, live, { us: ourNames(US), ignored: ignoredFields(before), forced: [] })
        expect(differences(before, object)).toEqual([])
        expect(kept).toEqual([])
      }),
    )
  })

  test('an object that has not changed stays the same', () => {
    fc.assert(
      fc.property(spec, (content) => {
        const one = owned({ spec: content }, { other: field('spec', 'a') })
        expect(rebase(one, JSON.parse(JSON.stringify(one)), { us: ourNames(US), ignored: [], forced: [] })).toEqual({
          object: one,
          kept: [],
        })
      }),
    )
  })

  test("another manager's changes of its own fields stay, whatever we did beside them", () => {
    fc.assert(
      fc.property(spec, spec, json, json, (was, is, theirs, theirsNow) => {
        fc.pre(JSON.stringify(theirs) !== JSON.stringify(theirsNow))
        const before = owned({ spec: { ...was, their: theirs } }, { other: field('spec', 'their') })
        const live = owned(
          { spec: { ...is, their: theirsNow } },
          { other: field('spec', 'their'), [US]: { 'f:spec': { 'f:a': {}, 'f:b': {} } } },
        )
        expect(rebased(before, live).spec).toEqual(owned({ spec: { ...was, their: theirsNow } }, {})['spec'])
      }),
    )
  })

  test.each<[string, Parameters<typeof rebased>, unknown, string[]]>([
    [
      'a field that we took from its owner comes back',
      [
        owned({ spec: { a: 1 } }, { other: field('spec', 'a') }),
        owned({ spec: { a: 2 } }, { [US]: field('spec', 'a') }),
      ],
      { a: 1 },
      [],
    ],
    [
      'a field that its owner took away stays away',
      [
        owned({ spec: { a: 1, b: 1 } }, { other: { 'f:spec': { 'f:a': {}, 'f:b': {} } } }),
        owned({ spec: { b: 1 } }, { other: field('spec', 'b') }),
      ],
      { b: 1 },
      ['f:spec f:a'],
    ],
    [
      'a field that was moved from its owner to us, and dropped, comes back',
      [
        owned({ spec: { a: 1, b: 1 } }, { other: { 'f:spec': { 'f:a': {}, 'f:b': {} } } }),
        owned({ spec: { b: 1 } }, { [US]: field('spec', 'b') }),
      ],
      { a: 1, b: 1 },
      [],
    ],
    [
      'a field that others now own although we had written it stays',
      [
        owned({ spec: { replicas: 2 } }, { [US]: field('spec', 'replicas') }),
        owned({ spec: { replicas: 5 } }, { scaler: field('spec', 'replicas') }),
      ],
      { replicas: 5 },
      ['f:spec f:replicas'],
    ],
    [
      'a forced one comes back all the same',
      [
        owned({ spec: { replicas: 2 } }, {}),
        owned({ spec: { replicas: 5 } }, { scaler: field('spec', 'replicas') }),
        [['spec', 'replicas']],
      ],
      { replicas: 2 },
      [],
    ],
    [
      'a list that is owned as a whole is one value',
      [
        owned({ spec: { args: ['a'] } }, { [US]: field('spec', 'args') }),
        owned({ spec: { args: ['b', 'c'] } }, { other: field('spec', 'args') }),
      ],
      { args: ['b', 'c'] },
      ['f:spec f:args'],
    ],
    [
      'a map that is owned as a whole is one value',
      [
        owned({ spec: { selector: { a: '1' } } }, { other: field('spec', 'selector') }),
        owned({ spec: { selector: { b: '1' } } }, { other: field('spec', 'selector') }),
      ],
      { selector: { b: '1' } },
      ['f:spec f:selector'],
    ],
  ])('%s', (_, args, expected, kept) => {
    expect(rebased(...args)).toEqual({ spec: expected, kept })
  })

  test('a list of named elements is merged: ours go, come back and change back in the old order, theirs stay', () => {
    const elements = (...names: string[]): FieldSet => ({
      'f:spec': { 'f:list': Object.fromEntries(names.map((name) => [`k:{"name":"${name}"}`, { '.': {}, 'f:v': {} }])) },
    })
    const before = owned(
      {
        spec: {
          list: [
            { name: 'a', v: 1 },
            { name: 'b', v: 1 },
            { name: 'theirs', v: 1 },
          ],
        },
      },
      { [US]: elements('a', 'b'), other: elements('theirs') },
    )
    const live = owned(
      {
        spec: {
          list: [
            { name: 'injected', v: 1 },
            { name: 'new', v: 1 },
            { name: 'theirs', v: 2 },
            { name: 'b', v: 2 },
          ],
        },
      },
      { [US]: elements('b', 'new'), other: elements('theirs', 'injected') },
    )
    const { spec: merged } = rebased(before, live)
    expect(merged).toEqual({
      list: [
        { name: 'a', v: 1 },
        { name: 'b', v: 1 },
        { name: 'theirs', v: 2 },
        { name: 'injected', v: 1 },
      ],
    })
  })

  test('what others only added to a list stays where they put it', () => {
    const own: FieldSet = { 'f:spec': { 'f:set': { 'v:"a"': {} } } }
    const before = owned({ spec: { set: ['a'] } }, { [US]: own })
    const live = owned(
      { spec: { set: ['first', 'a'] } },
      { [US]: own, other: { 'f:spec': { 'f:set': { 'v:"first"': {} } } } },
    )
    expect(rebased(before, live).spec).toEqual({ set: ['first', 'a'] })
  })
})
