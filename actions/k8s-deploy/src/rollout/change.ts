import { isDeepStrictEqual } from 'node:util'
import { names } from '../kube/names.ts'
import type { KubeObject } from '../kube/objects.ts'

export type Change = 'create' | 'change' | 'none' | 'unknown'

/** Which deployment wrote an object last: no reason to write it again. */
const MARKS: readonly string[] = [names.revision, names.commit, names.run, names.actor]

/** What every write counts or stamps by itself. */
const COUNTED: readonly string[] = ['resourceVersion', 'generation', 'managedFields', 'uid', 'creationTimestamp']

/** What writing would do to the object. The status isn't ours to write. */
export function changeOf(before: KubeObject | undefined, after: KubeObject): Change {
  if (before === undefined) return 'create'
  return isDeepStrictEqual(meant(before), meant(after)) ? 'none' : 'change'
}

/** Whether the manager owns the same fields before and after: a field that it doesn't own stays when the manifests drop it. */
export function ownsAlike(before: KubeObject, after: KubeObject, fieldManager: string): boolean {
  return isDeepStrictEqual(ownedFields(before, fieldManager), ownedFields(after, fieldManager))
}

function ownedFields({ metadata }: KubeObject, fieldManager: string): unknown {
  const isOurs = (manager: { manager?: string; operation?: string; subresource?: string }): boolean =>
    manager.manager === fieldManager && manager.operation === 'Apply' && !manager.subresource
  return metadata.managedFields?.find(isOurs)?.fieldsV1
}

function meant({ status: _, ...object }: KubeObject): object {
  const metadata = without(object.metadata, COUNTED)
  const annotations = without(object.metadata.annotations ?? {}, MARKS)
  return { ...object, metadata: { ...metadata, annotations } }
}

function without(fields: Readonly<Record<string, unknown>>, left: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => !left.includes(field)))
}
