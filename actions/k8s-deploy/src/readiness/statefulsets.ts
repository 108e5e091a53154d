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
  if (missing === undefined) return readyUnlessOnDelete(statefulSet)
  const stuck = stuckPod(statefulSet, surroundings)
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

function readyUnlessOnDelete(statefulSet: KubeObject): Verdict {
  const old = countAt(statefulSet, 'status', 'replicas') - countAt(statefulSet, 'status', 'updatedReplicas')
  if (!isOnDelete(statefulSet) || old <= 0) return ready(statefulSet)
  return ready(
    statefulSet,
    `is ready; ${old} pods keep their older revision until they are deleted (OnDelete)`,
    'on-delete',
  )
}

function isOnDelete(object: KubeObject): boolean {
  return textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete'
}

/**
 * The pod that a StatefulSet waits for in vain: it isn't ready and of a revision that is no longer wanted, and with
 * OrderedReady the controller replaces no pod before it is ready (kubernetes#67250, #60164). Nothing moves until it is deleted. The
 * one of the highest ordinal, if there are several.
 */
export function stuckPod(statefulSet: KubeObject, { pods }: Pick<Surroundings, 'pods'>): KubeObject | undefined {
  const revision = textAt(statefulSet, 'status', 'updateRevision')
  const isOrdered = textAt(statefulSet, 'spec', 'podManagementPolicy') !== 'Parallel'
  if (revision === undefined || !isOrdered || isOnDelete(statefulSet)) return undefined
  return ownedBy(statefulSet, pods)
    .filter((pod) => label(pod, 'controller-revision-hash') !== revision)
    .filter((pod) => conditionOf(pod, 'Ready')?.status !== 'True')
    .filter((pod) => textAt(pod, 'metadata', 'deletionTimestamp') === undefined)
    .sort((one, other) => ordinalOf(other) - ordinalOf(one))[0]
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
  return missing === undefined ? ready(daemonSet) : inProgress(daemonSet, 'waiting-for-pods', missing)
}
