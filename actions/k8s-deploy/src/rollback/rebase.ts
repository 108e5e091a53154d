import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../kube/objects.ts'
import { type FieldPath, type FieldSet, holdsItself, isWhole, membersOfList, union } from './fields.ts'
import { matchesAny, type Pattern } from './ignored.ts'
import { type OurNames, ownershipOf, ownersThatStayed } from './owners.ts'

export interface Rebased {
  /** The live object with everything of the snapshot that nobody else has changed since. */
  object: KubeObject
  /** What others have changed since, and keep so. */
  kept: FieldPath[]
}

export interface RebaseOptions {
  us: OurNames
  /** Stay as they are. */
  ignored: readonly Pattern[]
  /** Come back whoever changed them. */
  forced: readonly Pattern[]
}

/**
 * Where snapshot and live object differ, the field's owner tells who changed it: what we own, or owned, or nobody owns
 * (defaults of the server that came with our fields) comes back; what another manager has written, or has taken away from its
 * own fields, is its change and stays. Lists are merged by element where a manager owns single elements.
 */
export function rebase(before: KubeObject, live: KubeObject, options: RebaseOptions): Rebased {
  const { ours, others } = ownershipOf(live, options.us)
  const was = {
    ours: ownershipOf(before, options.us).ours,
    others: ownersThatStayed(before, live, options.us),
  }
  const kept: FieldPath[] = []
  const context: Context = { ...options, keep: (path) => void kept.push(path) }
  const place: Place = { path: [], pattern: [], owners: [was.ours, was.others, ours, others] }
  return { object: mergeFields(asMap(before), asMap(live), place, context) as KubeObject, kept }
}

interface Context extends RebaseOptions {
  keep(path: FieldPath): void
}

/** Owners at a place: ours and others' of the snapshot, then ours and others' now. */
type Owners = readonly [FieldSet?, FieldSet?, FieldSet?, FieldSet?]

interface Place {
  path: FieldPath
  pattern: Pattern
  owners: Owners
}

type Fields = Record<string, unknown>

/** `undefined` is an absent field. */
function merge(before: unknown, live: unknown, place: Place, context: Context): unknown {
  if (isDeepStrictEqual(before, live) || matchesAny(place.pattern, context.ignored)) return live
  if (matchesAny(place.pattern, context.forced)) return before
  const members = known(place.owners)
  // A field that is owned as a whole, and nowhere by its members, is one value.
  if (!isWhole(members) || !isOwned(place.owners)) {
    if (areFields(before, live)) return mergeOptionalFields(before, live, place, context)
    if (Array.isArray(before ?? live) && Array.isArray(live ?? before)) {
      const lists = inMembers(members, asList(before), asList(live))
      if (lists) return mergeList(lists, before, live, place, context)
    }
  }
  return decide(before, live, place, context)
}

function decide(before: unknown, live: unknown, { path, owners }: Place, { keep }: Context): unknown {
  const [ours, others] = live === undefined ? [owners[0], owners[1]] : [owners[2], owners[3]]
  const isForeign = holdsItself(others) && !holdsItself(ours)
  if (isForeign) keep(path)
  return isForeign ? live : before
}

function mergeOptionalFields(before: unknown, live: unknown, place: Place, context: Context): unknown {
  const merged = mergeFields(asMap(before), asMap(live), place, context)
  const isGone = Object.keys(merged).length === 0 && (before === undefined || live === undefined)
  return isGone ? undefined : merged
}

function mergeFields(before: Fields, live: Fields, place: Place, context: Context): Fields {
  const merged: [string, unknown][] = []
  for (const field of new Set([...Object.keys(before), ...Object.keys(live)])) {
    const value = merge(own(before, field), own(live, field), below(place, `f:${field}`, field), context)
    if (value !== undefined) merged.push([field, value])
  }
  return Object.fromEntries(merged)
}

/** A key of a ConfigMap may be called `constructor`. */
function own(fields: Fields, field: string): unknown {
  return Object.hasOwn(fields, field) ? fields[field] : undefined
}

interface Lists {
  before: Map<string, unknown>
  live: Map<string, unknown>
}

function inMembers(set: FieldSet, before: readonly unknown[], live: readonly unknown[]): Lists | undefined {
  const membersBefore = membersOfList(set, before)
  const membersLive = membersOfList(set, live)
  if (!membersBefore || !membersLive) return undefined
  return {
    before: new Map(before.map((element, index) => [membersBefore[index] ?? '', element])),
    live: new Map(live.map((element, index) => [membersLive[index] ?? '', element])),
  }
}

function mergeList(lists: Lists, before: unknown, live: unknown, place: Place, context: Context): unknown {
  const merged = new Map<string, unknown>()
  for (const member of new Set([...lists.before.keys(), ...lists.live.keys()])) {
    const element = mergeElement(member, lists, below(place, member, '*'), context)
    if (element !== undefined) merged.set(member, element)
  }
  // The order is the snapshot's, except where all that has happened is that others added or removed elements.
  if (isDeepStrictEqual(merged, lists.live) && merged.size !== lists.before.size) return live
  return merged.size === 0 && before === undefined ? undefined : [...merged.values()]
}

/** An element comes and goes as a whole: half a container is none. */
function mergeElement(member: string, lists: Lists, place: Place, context: Context): unknown {
  const [before, live] = [lists.before.get(member), lists.live.get(member)]
  return before === undefined || live === undefined
    ? decide(before, live, place, context)
    : merge(before, live, place, context)
}

function below({ path, pattern, owners }: Place, member: string, step: string): Place {
  const [wasOurs, wasOthers, ours, others] = owners
  return {
    path: [...path, member],
    pattern: [...pattern, step],
    owners: [wasOurs?.[member], wasOthers?.[member], ours?.[member], others?.[member]] as unknown as Owners,
  }
}

function known(owners: Owners): FieldSet {
  return union(...owners.filter((set) => set !== undefined))
}

function isOwned(owners: Owners): boolean {
  return owners.some((set) => set !== undefined)
}

function areFields(before: unknown, live: unknown): boolean {
  return [before, live].every((value) => value === undefined || isMap(value)) && (hasFields(before) || hasFields(live))
}

function hasFields(value: unknown): boolean {
  return isMap(value) && Object.keys(value).length > 0
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asMap(value: unknown): Fields {
  return (value ?? {}) as Fields
}

function asList(value: unknown): readonly unknown[] {
  return (value ?? []) as readonly unknown[]
}
