import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import type { CanonicalChange, CanonicalPlan } from './canonical.ts'
import type { Json, JsonObject } from './format.ts'
import { isMap, own } from './json.ts'

/** One way in which the plan made now is another than the reviewed one. */
export type Difference =
  /** The reviewed plan does nothing to `address`, the plan made now does. */
  | { kind: 'appeared'; address: string; actions: string }
  | { kind: 'vanished'; address: string; actions: string }
  | { kind: 'action'; address: string; reviewed: string; now: string }
  /** `side`: whether what is there differs (`before`), or what it is to become (`after`). */
  | {
      kind: 'value'
      address: string
      attribute: string
      side: 'before' | 'after' | 'unknown'
      reviewed: Shown
      now: Shown
    }
  | { kind: 'fact'; address: string; fact: string }
  | { kind: 'setting'; what: string; reviewed: string; now: string }

/** A value as a person may see it: a sensitive one has no text. */
export type Shown = { kind: 'absent' } | { kind: 'sensitive' } | { kind: 'text'; text: string }

/** Every difference between two canonical plans, in the order of addresses; empty when they are equal. */
export function comparePlans(reviewed: CanonicalPlan, now: CanonicalPlan): Difference[] {
  return [
    ...compareChanges(reviewed.resources, now.resources, ''),
    ...compareChanges(reviewed.outputs, now.outputs, 'output.'),
    ...compareSettings('provisioner of', reviewed.provisioners, now.provisioners),
    ...compareSettings('', reviewed.digests, now.digests),
    ...compareSettings('version of provider', reviewed.tool.providers, now.tool.providers),
    ...compareSettings('the', programOf(reviewed), programOf(now)),
    ...compareSettings('', { checks: reviewed.checks }, { checks: now.checks }),
  ]
}

function programOf({ tool }: CanonicalPlan): Record<string, Json> {
  return { program: `${tool.name} ${tool.version}` }
}

function compareChanges(
  reviewed: Record<string, CanonicalChange>,
  now: Record<string, CanonicalChange>,
  prefix: string,
): Difference[] {
  return union(reviewed, now).flatMap((key) => {
    const address = prefix + key
    const [was, is] = [own(reviewed, key), own(now, key)]
    if (!was && is) return [{ kind: 'appeared', address, actions: actionsOf(is) }]
    if (was && !is) return [{ kind: 'vanished', address, actions: actionsOf(was) }]
    return was && is ? compareChange(address, was, is) : []
  })
}

function compareChange(address: string, was: CanonicalChange, is: CanonicalChange): Difference[] {
  if (canonicalJson(was) === canonicalJson(is)) return []
  if (actionsOf(was) !== actionsOf(is))
    return [{ kind: 'action', address, reviewed: actionsOf(was), now: actionsOf(is) }]
  const sides = (['before', 'after', 'unknown'] as const).flatMap((side) =>
    compareValues(address, side, was[side], is[side]),
  )
  const facts = unequal(was.facts, is.facts).map((fact): Difference => ({ kind: 'fact', address, fact }))
  return [...facts, ...sides]
}

function compareValues(
  address: string,
  side: 'before' | 'after' | 'unknown',
  was: JsonObject,
  is: JsonObject,
): Difference[] {
  return unequal(was, is)
    .flatMap((name) => deepDifferences(name, own(was, name), own(is, name)))
    .map(({ path, was: reviewed, is: now }) => ({
      kind: 'value',
      address,
      attribute: path,
      side,
      reviewed: shown(reviewed),
      now: shown(now),
    }))
}

interface LeafDifference {
  path: string
  was: Json | undefined
  is: Json | undefined
}

/** Walks down while both sides are maps, so that one changed key of a large map is named alone. */
function deepDifferences(path: string, was: Json | undefined, is: Json | undefined): LeafDifference[] {
  if (!isPlainMap(was) || !isPlainMap(is)) return [{ path, was, is }]
  return unequal(was, is).flatMap((key) => deepDifferences(`${path}.${key}`, own(was, key), own(is, key)))
}

function isPlainMap(value: Json | undefined): value is JsonObject {
  return isMap(value) && !isSensitive(value)
}

function isSensitive(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '$sensitive')
}

/** Sensitive parts are digests in a canonical plan; a list or map that holds one is not shown at all. */
function shown(value: Json | undefined): Shown {
  if (value === undefined) return { kind: 'absent' }
  return holdsSensitive(value)
    ? { kind: 'sensitive' }
    : { kind: 'text', text: typeof value === 'string' ? value : canonicalJson(value) }
}

function holdsSensitive(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false
  return isSensitive(value) || Object.values(value).some(holdsSensitive)
}

function compareSettings(what: string, was: Record<string, Json>, is: Record<string, Json>): Difference[] {
  return unequal(was, is).map((name) => ({
    kind: 'setting',
    what: `${what} ${name}`.trim(),
    reviewed: setting(own(was, name)),
    now: setting(own(is, name)),
  }))
}

/** Only versions are short texts; all else is digests, which say nothing to a reader. */
function setting(value: Json | undefined): string {
  if (value === undefined) return 'absent'
  return typeof value === 'string' && value.length < 40 ? value : 'present'
}

function actionsOf(change: CanonicalChange): string {
  const actions = change.facts['actions']
  return Array.isArray(actions) ? actions.join(', then ') : ''
}

function unequal(was: Record<string, Json>, is: Record<string, Json>): string[] {
  const textOf = (values: Record<string, Json>, key: string): string | undefined =>
    Object.hasOwn(values, key) ? canonicalJson(values[key]) : undefined
  return union(was, is).filter((key) => textOf(was, key) !== textOf(is, key))
}

function union(left: object, right: object): string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()
}
