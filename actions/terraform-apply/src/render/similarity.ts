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

/** What looking for alike elements may still cost; without it they are shown as removed and added. */
export interface Effort {
  /** Attributes that may be looked at. */
  left: number
}

/** A second at most. Ten maps of ten attributes in place of ten others take a ten-thousandth of it. */
const EFFORT_OF_REPORT = 10_000_000

/** More comparisons than this of one list aren't worth the time. */
const MOST_COMPARISONS = 2_500

/** An identifying attribute says as much as two others. */
const IDENTIFYING_WEIGHT = 2
/** Maps belong together when this share of their attributes is equal. */
const ALIKE = 0.5

/** All that one report has, however many lists it tells of. */
export function effortOfReport(): Effort {
  return { left: EFFORT_OF_REPORT }
}

/**
 * The maps among the elements that belong together: of the same name, then those with the most attributes in common.
 * What that costs is taken off `effort`.
 */
export function alikeMaps(before: readonly Candidate[], after: readonly Candidate[], effort: Effort): Alike[] {
  const removed = before.flatMap(describe)
  const added = after.flatMap(describe)
  const named = sameIdentity(removed, added)
  const [lefts, rights] = [new Set(named.map((pair) => pair.before)), new Set(named.map((pair) => pair.after))]
  return [
    ...named,
    ...mostAlike(
      removed.filter(({ index }) => !lefts.has(index)),
      added.filter(({ index }) => !rights.has(index)),
      effort,
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

function mostAlike(before: readonly Description[], after: readonly Description[], effort: Effort): Alike[] {
  const cost = after.length * before.reduce((sum, { traits }) => sum + traits.size, 0)
  if (before.length * after.length > MOST_COMPARISONS || cost > effort.left) return []
  effort.left -= cost
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
