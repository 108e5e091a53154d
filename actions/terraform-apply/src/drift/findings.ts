import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import { configurationAddress } from '../plan/address.ts'
import { changesAnything } from '../plan/counts.ts'
import { type Change, effectOf, type Json, type Plan, type ResourceChange, resourceChanges } from '../plan/format.ts'
import { isMap, own } from '../plan/json.ts'
import { anyMarked, marksOf } from '../plan/sensitive.ts'

/** An object that isn't as the last apply left it. */
export interface Drifted {
  /** From what the state says to what is there. */
  object: ResourceChange
  /** What the plan does to it; `undefined`: nothing. */
  planned: ResourceChange | undefined
  /** Does the plan merely bring back what the state says? */
  undone: boolean
}

/** A plan of the default branch, taken apart. */
export interface Findings {
  drifted: Drifted[]
  /** What is left of the plan for the configuration to have changed: all but what undoes the drift or follows from it. */
  unapplied: Plan
}

/**
 * Tells what the world changed from what isn't applied yet.
 *
 * Drift is what Terraform found when it refreshed the state (`resource_drift`). A planned change belongs to it, and isn't
 * unapplied, when
 * - it concerns an object that drifted, and every value that it sets is the one that the state had before, or
 * - the plan acts on drift, and of an object that did not drift nothing changes but what will be known after the apply:
 *   it refers to one that is created again.
 *
 * Everything else is unapplied: if in doubt, a change is shown as such rather than hidden behind the drift.
 */
export function findDrift(plan: Plan): Findings {
  const changes = resourceChanges(plan).filter(({ change }) => effectOf(change) !== 'no-op')
  const drifted = (plan.resource_drift ?? []).map((object) => drift(object, changes))
  return { drifted, unapplied: withoutDrift(plan, drifted) }
}

/** Does the configuration ask for something that isn't so, whatever the world did? */
export function isUnapplied({ unapplied }: Findings): boolean {
  return changesAnything(unapplied)
}

function drift(object: ResourceChange, changes: readonly ResourceChange[]): Drifted {
  const planned = changes.find(({ address, deposed }) => address === object.address && deposed === undefined)
  return { object, planned, undone: planned !== undefined && undoes(planned, object.change.before) }
}

function undoes(planned: ResourceChange, recorded: Json | undefined): boolean {
  const { before, after, after_unknown } = planned.change
  if (!['create', 'update', 'replace'].includes(effectOf(planned.change)) || isMovedOrImported(planned)) return false
  return isOneOf(after, after_unknown, [recorded, before])
}

function withoutDrift(plan: Plan, drifted: readonly Drifted[]): Plan {
  if (drifted.length === 0) return plan
  const objects = new Set(drifted.map(({ object }) => object.address))
  const undoing = new Set(drifted.flatMap(({ planned, undone }) => (planned && undone ? [planned] : [])))
  const isActedOn = drifted.some(({ planned }) => planned !== undefined)
  const belongs = (resource: ResourceChange): boolean =>
    undoing.has(resource) || (isActedOn && !objects.has(resource.address) && follows(resource))
  const resources = resourceChanges(plan).filter((resource) => !belongs(resource))
  const outputs = Object.entries(plan.output_changes ?? {}).filter(
    ([name, change]) => !((isActedOn && isKnownLater(change)) || namesAny(plan, name, objects)),
  )
  // What Terraform says of the whole plan holds no longer for a part of it.
  const { applyable: _, ...rest } = plan
  return { ...rest, resource_drift: [], resource_changes: resources, output_changes: Object.fromEntries(outputs) }
}

/** Does a change come about only because something that it refers to changes? */
function follows(resource: ResourceChange): boolean {
  const { change, action_reason } = resource
  const effect = effectOf(change)
  if (effect === 'read') return true
  if (!['update', 'replace'].includes(effect) || isMovedOrImported(resource)) return false
  if (action_reason === 'replace_by_request' || action_reason === 'replace_because_tainted') return false
  return anyMarked(change.after_unknown) && isOneOf(change.after, change.after_unknown, [change.before])
}

function isMovedOrImported({ previous_address, change }: ResourceChange): boolean {
  return previous_address !== undefined || change.importing !== undefined
}

function isKnownLater({ after_unknown }: Change): boolean {
  return anyMarked(after_unknown)
}

/** Does an output's own expression name one of the objects? */
function namesAny(plan: Plan, output: string, addresses: ReadonlySet<string>): boolean {
  const outputs = (plan.configuration.root_module as { outputs?: Json } | undefined)?.outputs
  const references = ['expression', 'references'].reduce<Json>(
    (value, key) => memberOf(value, key),
    memberOf(outputs, output),
  )
  const named = new Set([...addresses].map(configurationAddress))
  return Array.isArray(references) && references.some((reference) => named.has(String(reference)))
}

/** Is each value, as far as it is known, that of one of the candidates? */
function isOneOf(
  value: Json | undefined,
  unknown: Json | undefined,
  candidates: readonly (Json | undefined)[],
): boolean {
  if (unknown === true || candidates.some((candidate) => same(candidate, value))) return true
  const alike = candidates.filter((candidate) => haveSameShape(candidate, value))
  const keys = new Set([value, ...alike].flatMap((container) => Object.keys(container ?? {})))
  return (
    alike.length > 0 &&
    [...keys].every((key) =>
      isOneOf(
        memberOf(value, key),
        marksOf(unknown, key),
        alike.map((container) => memberOf(container, key)),
      ),
    )
  )
}

function haveSameShape(left: Json | undefined, right: Json | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) return left.length === right.length
  return isMap(left) && isMap(right)
}

function memberOf(container: Json | undefined, key: string): Json {
  if (Array.isArray(container)) return container[Number(key)] ?? null
  return isMap(container) ? (own(container, key) ?? null) : null
}

function same(left: Json | undefined, right: Json | undefined): boolean {
  return canonicalJson(left ?? null) === canonicalJson(right ?? null)
}
