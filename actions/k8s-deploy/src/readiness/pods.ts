import type { KubeObject } from '../kube/objects.ts'
import { isTrue } from './conditions.ts'
import { failedByEnd, lastFailedEnd } from './ends.ts'
import { failureOf } from './judge.ts'
import { textAt } from './read.ts'
import { failed, inProgress, oneLine, ready } from './say.ts'
import type { Surroundings, Verdict } from './verdict.ts'

/** A pod of its own. Succeeded is its aim if its containers may end; Failed is never ready (kstatus calls both done). */
export function assessPod(pod: KubeObject, surroundings: Surroundings): Verdict {
  const phase = textAt(pod, 'status', 'phase')
  if (phase === 'Failed') return podFailed(pod)
  if (phase === 'Succeeded') return ready(pod, 'has succeeded', 'succeeded')
  if (phase === 'Running' && isTrue(pod, 'Ready')) return ready(pod)
  return failureOf(pod, surroundings, 'any') ?? inProgress(pod, 'waiting-for-containers', 'is not ready yet')
}

/** The pod's own reason (Evicted, DeadlineExceeded, …) comes before how its containers ended by it. */
function podFailed(pod: KubeObject): Verdict {
  const reason = textAt(pod, 'status', 'reason')
  const end = lastFailedEnd([pod])
  if (reason === undefined && end !== undefined) return failedByEnd(pod, end, 'resource-failed', '')
  const message = textAt(pod, 'status', 'message') ?? 'no reason is told'
  const remedy = 'Look at the events of the pod and of its node.'
  return failed(pod, 'resource-failed', oneLine(`has failed: ${reason ? `${reason}: ` : ''}${message}`), remedy)
}
