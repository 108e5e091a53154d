import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import type { Json } from '../plan/format.ts'
import { isMap } from '../plan/json.ts'
import { anyMarked } from '../plan/sensitive.ts'
import { keysOf, type Value, valueAt } from './value.ts'

/** Indices of two elements that belong together. */
export interface Alike {
  before: number
  after: number
}

interface Candidate {
  index: number
  value: Value
}

/** Attributes by which providers and documents tell their elements apart, the most telling first. */
export const IDENTIFYING: readonly string[] = ['name', 'Sid', 'id', 'key']

/** More comparisons than this aren't worth the time: the elements are shown as removed and added. */
const MOST_COMPARISONS = 2_500

/** An identifying attribute says as much as two others. */
const IDENTIFYING_WEIGHT = 2
/** Maps belong together when this share of their attributes is equal. */
const ALIKE = 0.5

/** The maps among the elements that belong together: of the same name, then those with the most attributes in common. */
export function alikeMaps(before: readonly Candidate[], after: readonly Candidate[]): Alike[] {
  const removed = before.flatMap(describe)
  const added = after.flatMap(describe)
  const named = sameIdentity(removed, added)
  const [lefts, rights] = [new Set(named.map((pair) => pair.before)), new Set(named.map((pair) => pair.after))]
  return [
    ...named,
    ...mostAlike(
      removed.filter(({ index }) => !lefts.has(index)),
      added.filter(({ index }) => !rights.has(index)),
    ),
  ]
}

/** What can be told apart about a map. */
interface Description {
  index: number
  identity: string | undefined
  traits: ReadonlyMap<string, string>
  weight: number
}

/** Attributes that are secret or known later say nothing; nor do those that are empty or false, as defaults are. */
function describe({ index, value }: Candidate): Description[] {
  if (!isMap(value.json) || value.sensitive === true) return []
  const traits = new Map(
    keysOf(value).flatMap((key): [string, string][] => {
      const member = valueAt(value, key)
      if (anyMarked(member.sensitive) || anyMarked(member.unknown) || isEmpty(member.json)) return []
      return [[key, canonicalJson(member.json)]]
    }),
  )
  const name = IDENTIFYING.find((key) => traits.has(key))
  const identity = name === undefined ? undefined : `${name} ${traits.get(name)}`
  const weight = [...traits.keys()].reduce((sum, key) => sum + weightOf(key), 0)
  return [{ index, identity, traits, weight }]
}

/** As attributes that aren't set are. */
export function isEmpty(json: Json | undefined): boolean {
  if (json === undefined || json === null || json === '' || json === false) return true
  return typeof json === 'object' && Object.keys(json).length === 0
}

function weightOf(key: string): number {
  return IDENTIFYING.includes(key) ? IDENTIFYING_WEIGHT : 1
}

function sameIdentity(before: readonly Description[], after: readonly Description[]): Alike[] {
  const named = Map.groupBy(before, ({ identity }) => identity)
  return after.flatMap(({ index, identity }) => {
    const partner = identity === undefined ? undefined : named.get(identity)?.shift()
    return partner ? [{ before: partner.index, after: index }] : []
  })
}

function mostAlike(before: readonly Description[], after: readonly Description[]): Alike[] {
  if (before.length * after.length > MOST_COMPARISONS) return []
  const candidates = before
    .flatMap((left) =>
      after.map((right) => ({ before: left.index, after: right.index, similarity: similarity(left, right) })),
    )
    .filter((candidate) => candidate.similarity >= ALIKE)
    .sort((left, right) => right.similarity - left.similarity)
  const [lefts, rights] = [new Set<number>(), new Set<number>()]
  return candidates.filter((candidate) => {
    if (lefts.has(candidate.before) || rights.has(candidate.after)) return false
    lefts.add(candidate.before)
    rights.add(candidate.after)
    return true
  })
}

/** The share of equal attributes among all that one of the two has, from 0 to 1. */
function similarity(left: Description, right: Description): number {
  let equal = 0
  let shared = 0
  for (const [key, text] of left.traits) {
    const other = right.traits.get(key)
    if (other !== undefined) shared += weightOf(key)
    if (other === text) equal += weightOf(key)
  }
  const all = left.weight + right.weight - shared
  return all === 0 ? 0 : equal / all
}
