import { isDeepStrictEqual } from 'node:util'
import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'

/**
 * A set of fields as `metadata.managedFields` writes it (FieldsV1). Members are `f:<name>` for a field, `k:<JSON>` for an
 * element of a list by its keys and `v:<JSON>` for one by its value; an empty set stands for the field itself, `.` for the
 * field besides some of its members.
 * https://github.com/kubernetes-sigs/structured-merge-diff/blob/v6.3.0/fieldpath/serialize.go
 */
export interface FieldSet {
  [member: string]: FieldSet
}

/** Members from the top, such as `['f:spec', 'f:replicas']`. */
export type FieldPath = readonly string[]

const SELF = '.'

/** As people write it: `spec.containers[{"name":"web"}].image`. */
export function describePath(path: FieldPath): string {
  const steps = path.map((member) => (member.startsWith('f:') ? `.${member.slice(2)}` : `[${member.slice(2)}]`))
  return steps.join('').replace(/^\./, '')
}

export function isWhole(set: FieldSet): boolean {
  return Object.keys(set).length === 0
}

/** Is the field itself in the set, and not only some of its members? */
export function holdsItself(set: FieldSet | undefined): boolean {
  return set !== undefined && (isWhole(set) || SELF in set)
}

export function union(...sets: readonly FieldSet[]): FieldSet {
  return sets.reduce(unionOfTwo, {})
}

function unionOfTwo(one: FieldSet, other: FieldSet): FieldSet {
  const both: FieldSet = { ...one }
  for (const [member, fields] of membersOf(other)) {
    const known = both[member]
    both[member] = known === undefined ? fields : asMember(known, fields, unionOfTwo(known, fields))
  }
  return both
}

/** One of the two may hold the field itself by being empty, which the union no longer is. */
function asMember(one: FieldSet, other: FieldSet, both: FieldSet): FieldSet {
  const holdsSelf = holdsItself(one) || holdsItself(other)
  return holdsSelf && !isWhole(both) ? { [SELF]: {}, ...both } : both
}

/** `undefined` when they have nothing in common. */
export function intersection(one: FieldSet, other: FieldSet): FieldSet | undefined {
  const common: FieldSet = {}
  for (const [member, fields] of membersOf(one)) {
    const others = other[member]
    const shared = others && (bothHold(fields, others) ?? intersection(fields, others))
    if (shared !== undefined) common[member] = shared
  }
  return isWhole(common) ? undefined : common
}

/** A field that both hold by itself, with the members that both hold. */
function bothHold(one: FieldSet, other: FieldSet): FieldSet | undefined {
  if (!holdsItself(one) || !holdsItself(other)) return undefined
  const members = intersection(one, other)
  return members === undefined ? {} : asMember(one, other, members)
}

/** The set without a field and all that is below it; `undefined` when nothing is left. */
export function without(set: FieldSet, path: FieldPath): FieldSet | undefined {
  const [member = '', ...rest] = path
  const fields = set[member]
  if (fields === undefined) return set
  const left = rest.length === 0 ? undefined : isWhole(fields) ? fields : without(fields, rest)
  const { [member]: _, ...others } = set
  if (left !== undefined) return { ...others, [member]: left }
  return isWhole(others) ? undefined : others
}

export function sameSet(one: FieldSet, other: FieldSet): boolean {
  return isDeepStrictEqual(one, other)
}

/**
 * Which member of the set each element of a list is; `undefined` when the set doesn't tell elements apart, or when two
 * elements are the same member.
 */
export function membersOfList(set: FieldSet, list: readonly unknown[]): string[] | undefined {
  const written = Object.keys(set).filter((member) => member.startsWith('k:') || member.startsWith('v:'))
  const [example] = written
  if (example === undefined) return undefined
  const byContent = new Map(written.map((member) => [contentOf(member), member]))
  const keys = example.startsWith('k:') ? Object.keys(JSON.parse(example.slice(2)) as object) : undefined
  const members = list.map((element) => {
    const content = canonicalJson(keys ? pick(element, keys) : element)
    return byContent.get(content) ?? `${example.slice(0, 2)}${content}`
  })
  return new Set(members).size === members.length ? members : undefined
}

/** Go escapes more characters than JSON.stringify does, so members are compared by what they say. */
function contentOf(member: string): string {
  return canonicalJson(JSON.parse(member.slice(2)))
}

function pick(element: unknown, keys: readonly string[]): object {
  const fields = (element ?? {}) as Record<string, unknown>
  return Object.fromEntries(keys.filter((key) => key in fields).map((key) => [key, fields[key]]))
}

function membersOf(set: FieldSet): [string, FieldSet][] {
  return Object.entries(set)
}
