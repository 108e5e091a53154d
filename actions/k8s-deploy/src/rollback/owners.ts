import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, ManagedFields } from '../kube/objects.ts'
import { type FieldPath, type FieldSet, intersection, sameSet, union, without } from './fields.ts'

/**
 * Names that we write by: the field manager of server-side apply, and the one that the API server takes from our user agent
 * (cluster/http.ts) for everything else.
 */
export type OurNames = ReadonlySet<string>

export function ourNames(fieldManager: string): OurNames {
  return new Set([fieldManager, 'ondol'])
}

/** Whose fields are whose: ours by any operation, and everybody else's. */
export interface Ownership {
  ours: FieldSet
  others: FieldSet
}

export function ownershipOf(object: KubeObject, us: OurNames): Ownership {
  const entries = entriesOf(object)
  return {
    ours: fieldsOf(entries.filter((entry) => isOurs(entry, us))),
    others: fieldsOf(entries.filter((entry) => !isOurs(entry, us))),
  }
}

/**
 * Who shall own what once an object is as it was. A plain update would give every field it changes to our manager's
 * operation `Update`, with which our own next server-side apply then conflicts (measured: ``conflict with "ondol" using
 * apps/v1``). So we own again what we owned, but for what others have changed since, and everybody else owns what they own
 * now and what we took from them.
 *
 * @param kept fields that others have changed since the snapshot
 */
export function restoredOwners(
  before: KubeObject,
  live: KubeObject,
  us: OurNames,
  kept: readonly FieldPath[],
): ManagedFields[] {
  const hadUnknownOwner = entriesOf(before).some(({ manager }) => manager === UNKNOWN_OWNER)
  const held = fieldsOf(entriesOf(live).filter((entry) => isOurs(entry, us)))
  const ours = entriesOf(before)
    .filter((entry) => isOurs(entry, us))
    .map((entry) => withFields(entry, kept.reduce<FieldSet | undefined>(minus, setOf(entry))))
  const others = new Map(
    entriesOf(live)
      .filter((entry) => !isOurs(entry, us) && (entry.manager !== UNKNOWN_OWNER || hadUnknownOwner))
      .map((entry) => [identityOf(entry), entry]),
  )
  for (const entry of entriesOf(before).filter((one) => !isOurs(one, us))) {
    const taken = intersection(setOf(entry), held)
    if (taken === undefined) continue
    const now = others.get(identityOf(entry))
    others.set(identityOf(entry), { ...(now ?? entry), fieldsV1: union(now ? setOf(now) : {}, taken) })
  }
  return [...ours, ...others.values()].filter(({ fieldsV1 }) => Object.keys(fieldsV1 ?? {}).length > 0)
}

/** Whom the API server makes the owner of everything when an object without owners is applied for the first time. */
const UNKNOWN_OWNER = 'before-first-apply'

/** Times aside: they say when, and not who. */
export function sameOwners(one: readonly ManagedFields[], other: readonly ManagedFields[]): boolean {
  const known = new Map(other.map((entry) => [identityOf(entry), setOf(entry)]))
  return (
    one.length === known.size &&
    one.every((entry) => {
      const fields = known.get(identityOf(entry))
      return fields !== undefined && sameSet(fields, setOf(entry))
    })
  )
}

/** The fields that managers owned whose entries are the same ones still: what is gone of them, they gave up themselves. */
export function ownersThatStayed(before: KubeObject, live: KubeObject, us: OurNames): FieldSet {
  const now = new Set(entriesOf(live).map(identityOf))
  const gained = fieldsOf(entriesOf(live).filter((entry) => isOurs(entry, us)))
  return fieldsOf(
    entriesOf(before).filter(
      (entry) => !isOurs(entry, us) && (now.has(identityOf(entry)) || intersection(setOf(entry), gained) === undefined),
    ),
  )
}

export function entriesOf({ metadata }: KubeObject): readonly ManagedFields[] {
  return metadata.managedFields ?? []
}

function isOurs({ manager }: ManagedFields, us: OurNames): boolean {
  return us.has(manager ?? '')
}

function identityOf({ manager, operation, apiVersion, subresource }: ManagedFields): string {
  return JSON.stringify([manager, operation, apiVersion, subresource ?? ''])
}

function fieldsOf(entries: readonly ManagedFields[]): FieldSet {
  return union(...entries.map(setOf))
}

function setOf({ fieldsV1 }: ManagedFields): FieldSet {
  return (fieldsV1 ?? {}) as FieldSet
}

function withFields(entry: ManagedFields, fields: FieldSet | undefined): ManagedFields {
  return isDeepStrictEqual(fields, entry.fieldsV1) ? entry : { ...entry, fieldsV1: fields ?? {} }
}

function minus(set: FieldSet | undefined, path: FieldPath): FieldSet | undefined {
  return set && without(set, path)
}
