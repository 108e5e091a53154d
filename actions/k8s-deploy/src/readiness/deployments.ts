// Deployment, ReplicaSet and ReplicationController: pods that are alike.
import type { KubeObject } from '../kube/objects.ts'
import { conditionOf, isTrue } from './conditions.ts'
import { explain } from './explain.ts'
import { failureOf } from './judge.ts'
import { at, countAt, isSince, numberAt } from './read.ts'
import { failed, inProgress, ready } from './say.ts'
import type { Surroundings, Verdict } from './verdict.ts'

/**
 * Ready as kstatus has it: every replica that is asked for is of the new revision and available, and no older one is left.
 * The live `spec.replicas` counts, so what an autoscaler writes meanwhile is waited for.
 */
export function assessDeployment(deployment: KubeObject, surroundings: Surroundings): Verdict {
  const missing = missingOf(deployment)
  if (missing === undefined) return ready(deployment)
  if (at(deployment, 'spec', 'paused') === true) return paused(deployment)
  return (
    failureOf(deployment, surroundings, 'all') ??
    deadlineOf(deployment, surroundings) ??
    inProgress(deployment, 'waiting-for-pods', missing)
  )
}

function missingOf(deployment: KubeObject): string | undefined {
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1
  const [replicas = 0, updated = 0, readyOnes = 0, available = 0] = [
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
  ].map((field) => countAt(deployment, 'status', field))
  if (updated < wanted) return `has ${updated} of ${wanted} pods of the new revision`
  if (replicas > updated) return `still has ${replicas - updated} pods of an older revision`
  if (readyOnes < wanted) return `has ${readyOnes} of ${wanted} pods ready`
  if (available < wanted) return `has ${available} of ${wanted} pods available`
  if (replicas > wanted) return `still has ${replicas - wanted} pods too many`
  return isTrue(deployment, 'Available') ? undefined : 'is not available yet'
}

/** A paused Deployment never rolls out what was applied, so waiting would be in vain. */
function paused(deployment: KubeObject): Verdict {
  return failed(
    deployment,
    'resource-failed',
    'is paused, so its new revision is not rolled out',
    'Remove `spec.paused`, or resume it with `kubectl rollout resume`.',
  )
}

/**
 * The Deployment's own deadline. The condition of an earlier rollout stays until the new one makes progress
 * (kubernetes#49637), so it counts only if it was written since this deployment began.
 */
function deadlineOf(deployment: KubeObject, surroundings: Surroundings): Verdict | undefined {
  const progressing = conditionOf(deployment, 'Progressing')
  if (progressing?.reason !== 'ProgressDeadlineExceeded' || progressing.status !== 'False') return undefined
  if (!isSince(progressing.updated ?? progressing.since, surroundings.deployedAt)) return undefined
  const deadline = numberAt(deployment, 'spec', 'progressDeadlineSeconds') ?? 600
  return explain(deployment, surroundings, `made no progress within its \`progressDeadlineSeconds\` of ${deadline} s`)
}

/** ReplicaSet and ReplicationController. */
export function assessReplicaSet(replicaSet: KubeObject, surroundings: Surroundings): Verdict {
  const wanted = numberAt(replicaSet, 'spec', 'replicas') ?? 1
  const available = countAt(replicaSet, 'status', 'availableReplicas')
  if (available === wanted && countAt(replicaSet, 'status', 'replicas') === wanted) return ready(replicaSet)
  return (
    failureOf(replicaSet, surroundings, 'all') ??
    inProgress(replicaSet, 'waiting-for-pods', `has ${available} of ${wanted} pods available`)
  )
}
