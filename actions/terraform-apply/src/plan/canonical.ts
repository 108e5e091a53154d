import { ExactNumber } from '../../../../lib/crypto/exact-json.ts'
import { canonicalJson, digestOfJson, keyedDigest } from '../../../../lib/crypto/fingerprint.ts'
import { CHANGE_TREATED, RESOURCE_TREATED, ruleOf } from './effects.ts'
import {
  type Change,
  effectOf,
  type Json,
  type JsonObject,
  type Plan,
  type ResourceChange,
  resourceChanges,
} from './format.ts'
import { isMap, isSame, own } from './json.ts'
import { reachOf } from './reach.ts'
import { anyMarked, isMarked, marksOf, sensitiveValues } from './sensitive.ts'

/** The effects of a plan and nothing else: two plans with equal canonical plans do the same. Plain JSON, no secrets. */
export interface CanonicalPlan {
  version: 1
  tool: { name: string; version: string; providers: Record<string, string> }
  resources: Record<string, CanonicalResource>
  outputs: Record<string, CanonicalChange>
  /** By configuration address, one keyed digest per provisioner. */
  provisioners: Record<string, Json>
  /** Keyed digests of provider settings, reached variables and whatever else the table counts. */
  digests: Record<string, string>
  checks: Json[]
}

export interface CanonicalChange {
  /** Keys that count as they are, `actions` first of all. */
  facts: JsonObject
  /** Only the attributes that the change touches. */
  before: JsonObject
  after: JsonObject
  unknown: JsonObject
}

export type CanonicalResource = CanonicalChange

export interface CanonicalOptions {
  /** `Terraform` or `OpenTofu`; a plan's JSON doesn't tell. */
  tool: string
  /** Provider addresses and versions in use (`terraform version -json`). */
  providers: Record<string, string>
  /** Keys the digests of sensitive values; without it they are one constant, and another secret looks the same. */
  key: Uint8Array | undefined
  /** Is `address.attribute` (nested attributes divided by dots) left out of the comparison? */
  notCompared: (path: string) => boolean
}

/** The options, and every value that the plan's effects mark as sensitive somewhere. */
type Scope = CanonicalOptions & { secrets: ReadonlySet<string> }

/** Reduces a plan to its effects, by the table in effects.ts. */
export function canonicalPlan(plan: Plan, options: CanonicalOptions): CanonicalPlan {
  // The state and its drift are no part of the effects, so a mark there must not change them.
  const { prior_state: _state, resource_drift: _drift, ...effects } = plan
  const scope: Scope = { ...options, secrets: sensitiveValues(effects) }
  const reach = reachOf(plan)
  const hide = (value: unknown): string => digestOf(options.key, value)
  return {
    version: 1,
    tool: { name: options.tool, version: plan.terraform_version ?? '', providers: options.providers },
    resources: keyed(resourceChanges(plan).filter(isEffect), resourceKey, (resource) =>
      canonicalResource(resource, scope),
    ),
    outputs: canonicalOutputs(plan, scope),
    provisioners: mapValues(reach.provisioners, (provisioners) => provisioners.map(hide)),
    digests: {
      ...prefixed('provider', mapValues(reach.providers, hide)),
      ...prefixed('variable', mapValues(reach.variables, hide)),
      // Through `conceal`, because a token that a data source makes anew at each read must be possible to leave out.
      ...prefixed(
        'values of',
        mapValues(reach.objects, (values, address) => hide(conceal(values, undefined, address, scope))),
      ),
      ...otherDigests(plan, hide),
    },
    checks: canonicalChecks(plan.checks ?? []),
  }
}

/**
 * 64 hex digits: HMAC-SHA-256 under `key`, or SHA-256 without one. It stands for the effects and for the files that they
 * were planned from, because a provisioner may run one of these.
 *
 * @param closureDigest empty for a plan whose files are unknown (`mode: render`)
 */
export function fingerprintOf(canonical: CanonicalPlan, key: Uint8Array | undefined, closureDigest = ''): string {
  return digestOfJson(key, [canonical, closureDigest])
}

/** A no-op that moves or imports an object still changes the state. */
function isEffect({ change, previous_address }: ResourceChange): boolean {
  return effectOf(change) !== 'no-op' || previous_address !== undefined || change.importing !== undefined
}

function resourceKey({ address, deposed }: ResourceChange): string {
  return deposed === undefined ? address : `${address} (deposed ${deposed})`
}

function canonicalResource(resource: ResourceChange, scope: Scope): CanonicalResource {
  const facts = Object.fromEntries(Object.entries(resource).filter(([key]) => !RESOURCE_TREATED.has(key))) as JsonObject
  const canonical = canonicalChange(resource.change, `${resource.address}.`, scope)
  return { ...canonical, facts: { ...facts, ...canonical.facts } }
}

function canonicalOutputs(plan: Plan, scope: Scope): Record<string, CanonicalChange> {
  const changed = Object.entries(plan.output_changes ?? {}).filter(([, change]) => effectOf(change) !== 'no-op')
  return Object.fromEntries(
    changed.map(([name, change]) => [name, canonicalChange(wrapOutput(change), `output.${name}.`, scope)]),
  )
}

/** An output has one bare value; as the attribute `value` it goes the way of every other. */
function wrapOutput(change: Change): Change {
  const wrap = (value: Json | undefined): Json => (value === null || value === undefined ? null : { value })
  return {
    ...change,
    before: wrap(change.before),
    after: wrap(change.after),
    after_unknown: wrap(change.after_unknown),
    before_sensitive: wrap(change.before_sensitive),
    after_sensitive: wrap(change.after_sensitive),
  }
}

function canonicalChange(change: Change, path: string, scope: Scope): CanonicalChange {
  const before = attributes(change.before)
  const after = attributes(change.after)
  const unknown = attributes(change.after_unknown)
  const names = touchedAttributes(effectOf(change) === 'update', before, after, unknown)
  const pick = (values: JsonObject, marks: Json | undefined): JsonObject => {
    const present = [...names].filter((name) => Object.hasOwn(values, name))
    return Object.fromEntries(
      present.map((name) => [name, conceal(values[name] ?? null, marksOf(marks, name), path + name, scope)]),
    )
  }
  return {
    facts: changeFacts(change),
    before: pick(before, change.before_sensitive),
    after: pick(after, change.after_sensitive),
    unknown: Object.fromEntries(
      Object.entries(unknown).flatMap(([name, marks]) => prunedEntry(name, marks, path + name, scope)),
    ),
  }
}

function changeFacts(change: Change): JsonObject {
  const plain = Object.entries(change).filter(([key, value]) => !CHANGE_TREATED.has(key) && value !== undefined)
  const paths = (change.replace_paths ?? []).map((path) => canonicalJson(path)).sort()
  return { ...(Object.fromEntries(plain) as JsonObject), ...(paths.length > 0 ? { replace_paths: paths } : {}) }
}

/**
 * An update touches the attributes that differ; its `id` says which object that is. Every other effect concerns the
 * whole object.
 */
function touchedAttributes(isUpdate: boolean, before: JsonObject, after: JsonObject, unknown: JsonObject): Set<string> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  if (!isUpdate) return names
  const differs = (name: string): boolean =>
    name === 'id' || anyMarked(own(unknown, name)) || !isSame(own(before, name) ?? null, own(after, name) ?? null)
  return new Set([...names].filter(differs))
}

/** A resource's attributes; an absent object has none. */
function attributes(value: Json | undefined): JsonObject {
  return isMap(value) ? value : {}
}

/** The value with sensitive parts as digests and parts that aren't compared as a constant. */
function conceal(value: Json, marks: Json | undefined, path: string, scope: Scope): Json {
  if (scope.notCompared(path)) return { $notCompared: true }
  if (isMarked(marks) || isCopyOfSecret(value, scope)) return { $sensitive: digestOf(scope.key, value) }
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value
  const members = Object.entries(value)
  const shown = members.map(([key, member]) => conceal(member, marksOf(marks, key), `${path}.${key}`, scope))
  // What hides nothing stays the same object: a copy of a large plan would fill the memory.
  if (members.every(([, member], index) => member === shown[index])) return value
  return Array.isArray(value)
    ? shown
    : Object.fromEntries(members.map(([key], index): [string, Json] => [key, shown[index] ?? null]))
}

/** Providers copy values into attributes that carry no mark (`terraform_data.output`). Short ones may be chance. */
function isCopyOfSecret(value: Json, { secrets }: Scope): boolean {
  return typeof value === 'string' && value.length >= 6 && secrets.has(value)
}

/** The `true` leaves only: `false` and empty maps appear and vanish with the provider's schema, not with the effect. */
function prunedEntry(name: string, marks: Json, path: string, scope: Scope): [string, Json][] {
  if (!anyMarked(marks) || scope.notCompared(path)) return []
  if (typeof marks !== 'object' || marks === null) return [[name, true]]
  const inner = Object.entries(marks).flatMap(([key, value]) => prunedEntry(key, value, `${path}.${key}`, scope))
  return inner.length === 0 ? [] : [[name, Object.fromEntries(inner)]]
}

/** Checks in order of their address; messages are left out, as effects.ts says. */
function canonicalChecks(checks: readonly Json[]): Json[] {
  const reduced = checks.map((check) => dropKey(check, 'problems'))
  return reduced.sort((left, right) => (canonicalJson(left) < canonicalJson(right) ? -1 : 1))
}

function dropKey(value: Json, dropped: string): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    return value
      .map((inner) => dropKey(inner, dropped))
      .sort((left, right) => (canonicalJson(left) < canonicalJson(right) ? -1 : 1))
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === dropped ? [] : [[key, dropKey(inner, dropped)]])),
  )
}

/** Whatever the table says, or a key that it doesn't know, as one digest each. `complete` is true when the format lacks it. */
function otherDigests(plan: Plan, hide: (value: unknown) => string): Record<string, string> {
  const others = Object.entries({ complete: true, ...plan }).filter(([key]) => ruleOf(key) === 'digested')
  return Object.fromEntries(others.map(([key, value]) => [key, hide(value)]))
}

function digestOf(key: Uint8Array | undefined, value: unknown): string {
  return key ? keyedDigest(key, canonicalJson(value)) : 'not compared without plan-key'
}

function keyed<T, V>(items: readonly T[], key: (item: T) => string, value: (item: T) => V): Record<string, V> {
  return Object.fromEntries(items.map((item) => [key(item), value(item)]))
}

function prefixed(prefix: string, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix} ${key}`, value]))
}

function mapValues<T, V>(values: Readonly<Record<string, T>>, change: (value: T, key: string) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]))
}
