import { isDeepStrictEqual } from 'node:util'
import { describeRef, type KubeObject } from '../kube/objects.ts'
import { podTemplatesOf } from '../manifests/pod-templates.ts'
import { at } from '../readiness/read.ts'
import type { Validated } from './validate.ts'

/** Sentences on workloads whose pods stay as they are although their template changes: nothing replaces them by itself. */
export function unrolled(objects: readonly Validated[]): string[] {
  return objects.flatMap(({ ref, before, after }) => {
    if (before === undefined || after === undefined || replacesPods(after)) return []
    if (isDeepStrictEqual(podTemplatesOf(before), podTemplatesOf(after))) return []
    return [`${describeRef(ref)}: its pods keep their older form until they are deleted${why(after)}.`]
  })
}

function replacesPods(object: KubeObject): boolean {
  if (isReplicaSet(object)) return false
  return !['DaemonSet', 'StatefulSet'].includes(object.kind) || !isOnDelete(object)
}

function why(object: KubeObject): string {
  return isReplicaSet(object) ? '; a Deployment would replace them' : ', by its update strategy `OnDelete`'
}

function isReplicaSet({ kind }: KubeObject): boolean {
  return kind === 'ReplicaSet' || kind === 'ReplicationController'
}

function isOnDelete(object: KubeObject): boolean {
  return at(object, 'spec', 'updateStrategy', 'type') === 'OnDelete'
}
