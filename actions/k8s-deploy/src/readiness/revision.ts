// Which pods are of the revision that is being rolled out: those of older ones say nothing about it.
import type { KubeObject } from '../kube/objects.ts'
import { at, listAt, textAt } from './read.ts'
import type { Surroundings } from './verdict.ts'

const revisionAnnotation = 'deployment.kubernetes.io/revision'
const generationAnnotation = 'deprecated.daemonset.template.generation'
const generationLabel = 'pod-template-generation'
const hashLabel = 'controller-revision-hash'

/** Owned by it as by a controller, told by uid: a name may have belonged to an earlier object. */
export function ownedBy(owner: KubeObject, candidates: readonly KubeObject[]): KubeObject[] {
  const uid = textAt(owner, 'metadata', 'uid')
  if (uid === undefined) return []
  return candidates.filter((candidate) =>
    listAt(candidate, 'metadata', 'ownerReferences').some(
      (reference) => at(reference, 'uid') === uid && at(reference, 'controller') === true,
    ),
  )
}

/**
 * The Deployment's ReplicaSet with the Deployment's own revision; while that isn't known (the ReplicaSets' watch may lag
 * behind the Deployment's), none.
 */
export function newestReplicaSet(deployment: KubeObject, replicaSets: readonly KubeObject[]): KubeObject | undefined {
  const revision = annotation(deployment, revisionAnnotation)
  if (revision === undefined) return undefined
  return ownedBy(deployment, replicaSets).find((replicaSet) => annotation(replicaSet, revisionAnnotation) === revision)
}

/** The pods of all revisions. */
export function allPods(object: KubeObject, { pods, replicaSets }: Surroundings): KubeObject[] {
  if (object.kind !== 'Deployment') return ownedBy(object, pods)
  return ownedBy(object, replicaSets).flatMap((replicaSet) => ownedBy(replicaSet, pods))
}

/** The pods of the object's newest revision. A kind without revisions has only such, and a pod is its own. */
export function newPods(object: KubeObject, surroundings: Surroundings): KubeObject[] {
  const own = allPods(object, surroundings)
  switch (object.kind) {
    case 'Pod':
      return [object]
    case 'Deployment': {
      const newest = newestReplicaSet(object, surroundings.replicaSets)
      return newest === undefined ? [] : ownedBy(newest, surroundings.pods)
    }
    case 'StatefulSet': {
      const revision = textAt(object, 'status', 'updateRevision')
      return own.filter((pod) => revision !== undefined && label(pod, hashLabel) === revision)
    }
    case 'DaemonSet':
      return newPodsOfDaemonSet(object, own)
    default:
      return own
  }
}

/**
 * A DaemonSet doesn't tell its revision. Its pods bear the generation of the template that they were made from, and after
 * a return to an older template its earlier pods count as well: they share the revision's hash
 * (`IsPodUpdated` in kubernetes/pkg/controller/daemon/util).
 */
function newPodsOfDaemonSet(daemonSet: KubeObject, pods: readonly KubeObject[]): KubeObject[] {
  const generation = annotation(daemonSet, generationAnnotation)
  if (generation === undefined) return []
  const hashes = pods.filter((pod) => label(pod, generationLabel) === generation).map((pod) => label(pod, hashLabel))
  return pods.filter((pod) => hashes.includes(label(pod, hashLabel)))
}

export function label(object: KubeObject, name: string): string | undefined {
  return textAt(object, 'metadata', 'labels', name)
}

function annotation(object: KubeObject, name: string): string | undefined {
  return textAt(object, 'metadata', 'annotations', name)
}
