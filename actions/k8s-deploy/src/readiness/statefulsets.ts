// StatefulSet and DaemonSet: each pod has its own place, so one that is doomed dooms the set.
import type { KubeObject } from '../kube/objects.ts'
import { conditionOf } from './conditions.ts'
import { failureOf } from './judge.ts'
import { countAt, numberAt, textAt } from './read.ts'
import { label, ownedBy } from './revision.ts'
import { inProgress, ready } from './say.ts'
import type { Surroundings, Verdict } from './verdict.ts'

export function assessStatefulSet(statefulSet: KubeObject, surroundings: Surroundings): Verdict {
  const failure = failureOf(statefulSet, surroundings, 'any')
  if (failure !== undefined) return failure
  const missing = missingOfStatefulSet(statefulSet)
  const old = countAt(statefulSet, 'status', 'replicas') - countAt(statefulSet, 'status', 'updatedReplicas')
  if (missing === undefined) return readyUnlessOnDelete(statefulSet, old)
  const stuck = stuckPod(statefulSet, surroundings.pods)
  if (stuck === undefined) return inProgress(statefulSet, 'waiting-for-pods', missing)
  return { ...inProgress(statefulSet, 'stuck', stuckMessage(stuck)), pod: stuck.metadata.name }
}

/**
 * OnDelete: the controller replaces no pod, so only readiness is asked. With a partition, the pods below it keep their
 * revision. Else all pods are of the newest revision, none is left over, and the controller has closed the update
 * (`currentRevision` = `updateRevision`).
 */
function missingOfStatefulSet(statefulSet: KubeObject): string | undefined {
  const wanted = numberAt(statefulSet, 'spec', 'replicas') ?? 1
  const count = (field: string) => countAt(statefulSet, 'status', field)
  const available = numberAt(statefulSet, 'status', 'availableReplicas') ?? count('readyReplicas')
  const partition = countAt(statefulSet, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')
  const wantedNew = isOnDelete(statefulSet) ? 0 : Math.max(0, wanted - partition)
  if (count('updatedReplicas') < wantedNew) {
    return `has ${count('updatedReplicas')} of ${wantedNew} pods of the new revision`
  }
  if (count('readyReplicas') < wanted) return `has ${count('readyReplicas')} of ${wanted} pods ready`
  if (available < wanted) return `has ${available} of ${wanted} pods available`
  if (count('replicas') > wanted) return `still has ${count('replicas') - wanted} pods too many`
  const isClosed = textAt(statefulSet, 'status', 'currentRevision') === textAt(statefulSet, 'status', 'updateRevision')
  return isClosed || partition > 0 || isOnDelete(statefulSet) ? undefined : 'is about to close its update'
}

function readyUnlessOnDelete(object: KubeObject, old: number): Verdict {
  if (!isOnDelete(object) || old <= 0) return ready(object)
  return ready(object, `is ready; ${old} pods keep their older revision until they are deleted (OnDelete)`, 'on-delete')
}

function isOnDelete(object: KubeObject): boolean {
  return textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete'
}

/**
 * The pod for which a StatefulSet waits in vain after it was put back, if there is one. Its controller updates from the highest
 * ordinal down and waits for each pod to be ready, also for one of a revision that is no longer wanted and never will be
 * (kubernetes#67250, #60164; documented under "Forced rollback"). Nothing moves until somebody deletes that pod.
 *
 * @param pods of its namespace; picked by owner
 */
export function stuckPod(statefulSet: KubeObject, pods: readonly KubeObject[]): KubeObject | undefined {
  const revision = textAt(statefulSet, 'status', 'updateRevision')
  const isPutBack = revision !== undefined && textAt(statefulSet, 'status', 'currentRevision') === revision
  const isOrdered = textAt(statefulSet, 'spec', 'podManagementPolicy') !== 'Parallel' && !isOnDelete(statefulSet)
  if (!isObserved(statefulSet) || !isPutBack || !isOrdered) return undefined
  const wanted = numberAt(statefulSet, 'spec', 'replicas') ?? 1
  if (countAt(statefulSet, 'status', 'updatedReplicas') >= wanted) return undefined
  // The controller itself waits for the highest one that isn't healthy; if that one is right, it will go on by itself.
  const waitedFor = ownedBy(statefulSet, pods)
    .filter((pod) => conditionOf(pod, 'Ready')?.status !== 'True')
    .sort((one, other) => ordinalOf(other) - ordinalOf(one))[0]
  if (waitedFor === undefined) return undefined
  const isEnding = textAt(waitedFor, 'metadata', 'deletionTimestamp') !== undefined
  const isWanted = label(waitedFor, 'controller-revision-hash') === revision
  return isEnding || isWanted ? undefined : waitedFor
}

function isObserved(object: KubeObject): boolean {
  return numberAt(object, 'status', 'observedGeneration') === numberAt(object, 'metadata', 'generation')
}

function ordinalOf(pod: KubeObject): number {
  return Number(/\d+$/.exec(textAt(pod, 'metadata', 'name') ?? '')?.[0] ?? -1)
}

function stuckMessage(pod: KubeObject): string {
  return `waits for pod \`${pod.metadata.name}\` of an older revision, which is not ready and is not replaced before it is`
}

/**
 * The controller's own numbers say on how many nodes it should run: nodes that can't take it are not among them (krane
 * filters nodes by itself; a deployment's token seldom may list them).
 */
export function assessDaemonSet(daemonSet: KubeObject, surroundings: Surroundings): Verdict {
  const failure = failureOf(daemonSet, surroundings, 'any')
  if (failure !== undefined) return failure
  const count = (field: string) => countAt(daemonSet, 'status', field)
  const wanted = count('desiredNumberScheduled')
  const lacks = (what: string, field: string) =>
    count(field) < wanted ? `has ${count(field)} of ${wanted} pods ${what}` : undefined
  const missing =
    (isOnDelete(daemonSet) ? undefined : lacks('of the new revision', 'updatedNumberScheduled')) ??
    lacks('ready', 'numberReady') ??
    lacks('available', 'numberAvailable')
  return missing === undefined
    ? readyUnlessOnDelete(daemonSet, wanted - count('updatedNumberScheduled'))
    : inProgress(daemonSet, 'waiting-for-pods', missing)
}
