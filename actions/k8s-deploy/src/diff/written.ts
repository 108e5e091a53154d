import type { KubeObject } from '../kube/objects.ts'
import { isFields } from '../manifests/fields.ts'
import { type FieldSet, isWhole, membersOfList, union } from '../rollback/fields.ts'

/** Nobody owns these, and without them an object is none. */
const IDENTITY: FieldSet = { 'f:apiVersion': {}, 'f:kind': {}, 'f:metadata': { 'f:name': {}, 'f:namespace': {} } }

/**
 * The object without the defaults and allocations of the server that `other` doesn't have: they come and go with what they
 * belong to, an image's pull policy with its container. A default that takes the place of a value stays.
 *
 * Nobody owns a default in `metadata.managedFields`
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). An object without owners stays whole.
 * So does a Secret: `stringData` is owned by that name though the server moves it to `data` (measured with 1.34).
 */
export function withoutNewDefaults(object: KubeObject, other: KubeObject | undefined): KubeObject {
  const entries = (object.metadata.managedFields ?? []).filter(({ subresource }) => !subresource)
  if (entries.length === 0 || (object.kind === 'Secret' && object.apiVersion === 'v1')) return object
  const owned = union(IDENTITY, ...entries.map(({ fieldsV1 }) => (fieldsV1 ?? {}) as FieldSet))
  return kept(object, owned, other) as KubeObject
}

function kept(value: unknown, owned: FieldSet, other: unknown): unknown {
  if (isWhole(owned)) return value
  if (Array.isArray(value)) return keptElements(value, owned, other)
  if (!isFields(value)) return value
  const entries = Object.entries(value).flatMap(([field, inner]) => {
    const others = isFields(other) && Object.hasOwn(other, field) ? other[field] : undefined
    const fields = owned[`f:${field}`]
    if (fields !== undefined) return [[field, kept(inner, fields, others)]]
    return others === undefined ? [] : [[field, inner]]
  })
  return Object.fromEntries(entries)
}

function keptElements(list: readonly unknown[], owned: FieldSet, other: unknown): readonly unknown[] {
  const members = membersOfList(owned, list)
  if (members === undefined) return list
  const others = elementsByMember(owned, other)
  return list.flatMap((element, index) => {
    const member = members[index] ?? ''
    const fields = owned[member]
    if (fields !== undefined) return [kept(element, fields, others.get(member))]
    return others.has(member) ? [element] : []
  })
}

function elementsByMember(owned: FieldSet, list: unknown): ReadonlyMap<string, unknown> {
  if (!Array.isArray(list)) return new Map()
  const members = membersOfList(owned, list) ?? []
  return new Map(members.map((member, index) => [member, list[index]]))
}
