import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Manifest } from '../catalogue/manifest.ts'
import { differential, full, incremental, longChain } from './fixtures/manifests.ts'
import { chainOf, latest, unrestorable } from './resolve.ts'

const base = full('full', 1)
const one = incremental('inc-1', base, 2)
const two = incremental('inc-2', one, 3)
const diff = differential('diff', base, 4)
const onDiff = incremental('on-diff', diff, 5)
const set = [two, onDiff, base, diff, one]

const none: ReadonlyMap<string, string> = new Map()

function ids(chain: Manifest[] | { broken: string }): string[] | string {
  return 'broken' in chain ? chain.broken : chain.map(({ id }) => id)
}

describe('latest', () => {
  test('by the start, wherever it stands', () => {
    expect(latest(set)?.id).toBe('on-diff')
    expect(latest(set.toReversed())?.id).toBe('on-diff')
    expect(latest([])).toBeUndefined()
  })

  test('of equal starts the greater id', () => {
    expect(latest([full('b'), full('c'), full('a')])?.id).toBe('c')
  })

  test('instants, not texts', () => {
    const later = full('later', 1, { startedAt: '2026-11-01T00:30:00-01:00' })
    expect(latest([later, full('text', 1, { startedAt: '2026-11-01T01:00:00Z' })])?.id).toBe('later')
  })
})

describe('a chain', () => {
  test.each([
    ['full', ['full']],
    ['inc-2', ['full', 'inc-1', 'inc-2']],
    ['diff', ['full', 'diff']],
    ['on-diff', ['full', 'diff', 'on-diff']],
  ])('of %s', (id, chain) => {
    expect(ids(chainOf(id, set))).toEqual(chain)
  })

  test('of two children of one parent, both', () => {
    const rival = incremental('rival', one, 3)
    expect(ids(chainOf('rival', [...set, rival]))).toEqual(['full', 'inc-1', 'rival'])
    expect(ids(chainOf('inc-2', [...set, rival]))).toEqual(['full', 'inc-1', 'inc-2'])
    expect(unrestorable([...set, rival], none).size).toBe(0)
  })

  const ringA = incremental('ring-a', { ...base, id: 'ring-b' }, 2)
  const ringB = incremental('ring-b', ringA, 3)

  test.each<[string, string, Manifest[], string]>([
    ['an id that is not there', 'gone', set, "Backup gone isn't there."],
    ['a missing parent', 'inc-1', [one], "Backup inc-1 needs full, which isn't there."],
    [
      'a missing grandparent',
      'inc-2',
      [one, two],
      "Backup inc-2 needs inc-1. Backup inc-1 needs full, which isn't there.",
    ],
    ['a ring', 'ring-a', [ringA, ringB], 'The chain of backup ring-a leads back into itself.'],
    [
      'a way into a ring',
      'tail',
      [ringA, ringB, incremental('tail', ringA, 4)],
      'The chain of backup tail leads back into itself.',
    ],
    [
      'itself as its parent',
      'self',
      [incremental('self', full('self'), 2)],
      'The chain of backup self leads back into itself.',
    ],
    [
      'no parent',
      'bare',
      [full('bare', 1, { type: 'incremental' })],
      'Backup bare is incremental and names no parent.',
    ],
    [
      'a full one with a parent',
      'odd',
      [base, full('odd', 2, { parent: 'full' })],
      'Backup odd is full and yet names a parent.',
    ],
    [
      'a full one upon another base',
      'odd',
      [base, full('odd', 2, { base: 'full' })],
      'Backup odd is full and yet names full as its base.',
    ],
    [
      'a parent of another set',
      'inc-1',
      [{ ...base, set: 'other' }, one],
      'Backup inc-1 needs full, which belongs to another set.',
    ],
    [
      'another base than its parent',
      'odd',
      [base, incremental('odd', base, 2, { base: 'other' })],
      'Backup odd names other as its base, but its parent full names full.',
    ],
    [
      'a differential one upon an incremental one',
      'odd',
      [base, one, differential('odd', one, 3)],
      "Backup odd is differential, but its parent isn't full.",
    ],
  ])('broken by %s', (_, id, manifests, sentence) => {
    expect(chainOf(id, manifests)).toEqual({ broken: sentence })
    if (manifests.some((manifest) => manifest.id === id)) expect(unrestorable(manifests, none).get(id)).toBe(sentence)
  })
})

describe('unrestorable', () => {
  test('children of a damaged backup are marked, and nothing else', () => {
    const marked = unrestorable(set, new Map([['inc-1', 'Backup inc-1 lacks data/1-files.1.tar.zst.age.']]))
    expect([...marked]).toEqual([
      ['inc-1', 'Backup inc-1 lacks data/1-files.1.tar.zst.age.'],
      ['inc-2', 'Backup inc-2 needs inc-1. Backup inc-1 lacks data/1-files.1.tar.zst.age.'],
    ])
  })

  test('a damaged base takes all, each with its own cause first', () => {
    const damaged = new Map([
      ['full', 'Backup full is torn.'],
      ['diff', 'Backup diff is torn.'],
    ])
    const marked = unrestorable(set, damaged)
    expect(marked.size).toBe(5)
    expect(marked.get('diff')).toBe('Backup diff is torn.')
    expect(marked.get('on-diff')).toBe('Backup on-diff needs diff. Backup diff is torn.')
    expect(marked.get('inc-2')).toBe('Backup inc-2 needs full. Backup full is torn.')
  })

  test('ids that are not there are not marked', () => {
    expect(unrestorable(set, new Map([['stranger', 'Backup stranger is torn.']])).size).toBe(0)
  })

  test('a ring with a damaged backup in it', () => {
    const a = incremental('a', { ...base, id: 'b' }, 2)
    const b = incremental('b', a, 3)
    const marked = unrestorable([a, b, base], new Map([['a', 'Backup a is torn.']]))
    expect([...marked.keys()].sort()).toEqual(['a', 'b'])
    expect(marked.get('b')).toBe('Backup b needs a. Backup a is torn.')
  })
})

describe('hostile graphs', () => {
  test('a chain of 10,000, whole and torn at its root', () => {
    const chain = longChain()
    const startedAt = performance.now()
    expect(chainOf('b09999', chain)).toHaveLength(10_000)
    expect(unrestorable(chain, none).size).toBe(0)
    expect(unrestorable(chain.slice(1), none).size).toBe(9_999)
    expect(unrestorable(chain, new Map([['b00000', 'torn']])).size).toBe(10_000)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  test('a ring of 10,000, a star of 10,000, and 10,000 that are all damaged', () => {
    const chain = longChain()
    const ring = chain.map((manifest, index) =>
      index === 0 ? { ...manifest, type: 'incremental' as const, parent: 'b09999' } : manifest,
    )
    const star = chain.map((manifest, index) => (index === 0 ? manifest : { ...manifest, parent: 'b00000' }))
    const startedAt = performance.now()
    expect(unrestorable(ring, none).size).toBe(10_000)
    expect(chainOf('b05000', ring)).toEqual({ broken: 'The chain of backup b05000 leads back into itself.' })
    expect(unrestorable(star, none).size).toBe(0)
    expect(unrestorable(star, new Map(star.map(({ id }) => [id, 'torn']))).size).toBe(10_000)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  const manifestId = (index: number): string => `b${index}`

  const anyGraph = fc
    .array(
      fc.record({
        type: fc.constantFrom('full', 'incremental', 'differential'),
        parent: fc.option(fc.nat(12), { nil: undefined, freq: 4 }),
        base: fc.nat(2),
        torn: fc.boolean(),
      }),
      { maxLength: 12 },
    )
    .map((seeds) => ({
      manifests: seeds.map(({ type, parent, base }, index) => ({
        ...full(`b${index}`, 1, { type, base: `b${base}` }),
        ...(parent === undefined ? {} : { parent: `b${parent}` }),
      })) as Manifest[],
      damaged: new Map(
        seeds.flatMap(({ torn }, index) => (torn && index > 3 ? [[manifestId(index), 'torn'] as const] : [])),
      ),
    }))

  test('one backup after the other, and all at once, come to the same', () => {
    fc.assert(
      fc.property(anyGraph, ({ manifests, damaged }) => {
        const marked = unrestorable(manifests, damaged)
        for (const { id } of manifests) {
          const chain = chainOf(id, manifests)
          const isLost = 'broken' in chain || chain.some((link) => damaged.has(link.id))
          expect([id, marked.has(id)]).toEqual([id, isLost])
          if (!('broken' in chain)) expect(chain[0]?.id).toBe(chain.at(-1)?.base)
        }
      }),
      { numRuns: 500 },
    )
  })
})
