import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import { align } from '../../../../lib/text-diff/align.ts'
import { isMap } from '../plan/json.ts'
import { anyMarked } from '../plan/sensitive.ts'
import { type Alike, alikeMaps, type Effort } from './similarity.ts'
import { isSensitive, NOTHING, type Value } from './value.ts'

/** Two elements that belong together, or one that has no counterpart. */
export interface ElementPair {
  before: Value
  after: Value
  /** In the list that has the element, the later one first. */
  index: number
}

export interface Pairing {
  pairs: ElementPair[]
  /** Do elements that both lists have stand in another order? */
  reordered: boolean
}

/**
 * Which elements of two lists belong together. A plan doesn't say which lists are sets, so the order is only a hint: equal
 * elements belong together wherever they stand, then maps that are most alike, so that only what differs within is shown.
 */
export function pairElements(before: readonly Value[], after: readonly Value[], effort: Effort): Pairing {
  if (before.length === 1 && after.length === 1 && areBlocks(at(before, 0), at(after, 0)))
    return { pairs: [{ before: at(before, 0), after: at(after, 0), index: 0 }], reordered: false }
  const keys = { before: before.map(elementKey), after: after.map(elementKey) }
  const segments = segmentsOf(keys.before, keys.after)
  const gaps = segments.flatMap((segment) => (segment.kind === 'gap' ? [segment] : []))
  const partners = partnersOf(gaps, keys, before, after, effort)
  const removed = new Set([...partners.values()])
  const pairs = segments.flatMap((segment): Indices[] => {
    if (segment.kind === 'same') return [segment]
    return [
      ...segment.removed.filter((index) => !removed.has(index)).map((index) => ({ before: index, after: undefined })),
      ...segment.added.map((index) => ({ before: partners.get(index), after: index })),
    ]
  })
  return {
    pairs: pairs.map(({ before: was, after: is }) => ({
      before: at(before, was),
      after: at(after, is),
      index: is ?? was ?? 0,
    })),
    reordered: isReordered(pairs),
  }
}

/** A list of one is how providers write a block. */
function areBlocks({ json: before }: Value, { json: after }: Value): boolean {
  return isMap(before) && isMap(after)
}

interface Indices {
  before: number | undefined
  after: number | undefined
}

type Segment = ({ kind: 'same' } & Indices) | Gap

/** What lies between two equal elements. */
interface Gap {
  kind: 'gap'
  removed: number[]
  added: number[]
}

function segmentsOf(before: readonly string[], after: readonly string[]): Segment[] {
  const segments: Segment[] = []
  let gap: Gap | undefined
  for (const step of align(before, after)) {
    if (step.kind === 'same') {
      segments.push(step)
      gap = undefined
      continue
    }
    if (!gap) {
      gap = { kind: 'gap', removed: [], added: [] }
      segments.push(gap)
    }
    if (step.kind === 'removed') gap.removed.push(step.before)
    else gap.added.push(step.after)
  }
  return segments
}

/** By the index of an added element, that of the removed one it belongs to. */
function partnersOf(
  gaps: readonly Gap[],
  keys: { before: readonly string[]; after: readonly string[] },
  before: readonly Value[],
  after: readonly Value[],
  effort: Effort,
): Map<number, number> {
  const partners = new Map<number, number>()
  const taken = new Set<number>()
  const join = (pairs: readonly Alike[]): void => {
    for (const pair of pairs) {
      partners.set(pair.after, pair.before)
      taken.add(pair.before)
    }
  }
  const removed = (gap: Gap): number[] => gap.removed.filter((index) => !taken.has(index))
  const added = (gap: Gap): number[] => gap.added.filter((index) => !partners.has(index))
  join(equal(gaps.flatMap(removed), gaps.flatMap(added), keys))
  const maps = (values: readonly Value[]) => (index: number) => ({ index, value: at(values, index) })
  join(alikeMaps(gaps.flatMap(removed).map(maps(before)), gaps.flatMap(added).map(maps(after)), effort))
  const isOnly = before.length === 1 && after.length === 1
  for (const gap of gaps) join(inTheSamePlace(removed(gap), added(gap), before, after, isOnly))
  return partners
}

function equal(
  removed: readonly number[],
  added: readonly number[],
  keys: { before: readonly string[]; after: readonly string[] },
): Alike[] {
  const byKey = Map.groupBy(removed, (index) => keys.before[index])
  return added.flatMap((index) => {
    const before = byKey.get(keys.after[index])?.shift()
    return before === undefined ? [] : [{ before, after: index }]
  })
}

/** Lists, the block that a list of one is, and what must not be shown beside a secret, which it may be a copy of. */
function inTheSamePlace(
  removed: readonly number[],
  added: readonly number[],
  before: readonly Value[],
  after: readonly Value[],
  isOnly: boolean,
): Alike[] {
  return added.flatMap((index, place) => {
    const other = removed[place]
    if (other === undefined) return []
    const [was, is] = [at(before, other), at(after, index)]
    const belongs =
      isSensitive(was) ||
      isSensitive(is) ||
      (Array.isArray(was.json) && Array.isArray(is.json)) ||
      (isOnly && isMap(was.json) && isMap(is.json))
    return belongs ? [{ before: other, after: index }] : []
  })
}

function isReordered(pairs: readonly Indices[]): boolean {
  const places = pairs.flatMap(({ before, after }) => (before === undefined || after === undefined ? [] : [before]))
  return places.some((place, index) => place < (places[index - 1] ?? 0))
}

/** An element of which a part is known later is equal to none. */
function elementKey(element: Value, index: number): string {
  return anyMarked(element.unknown) ? `known after apply ${index}` : canonicalJson(element.json ?? null)
}

function at(values: readonly Value[], index: number | undefined): Value {
  return (index === undefined ? undefined : values[index]) ?? NOTHING
}
