import type { KubeObject } from '../kube/objects.ts'
import { type Condition, conditionsOf, isTrue } from './conditions.ts'
import { failedByEnd, lastFailedEnd } from './ends.ts'
import { failureOf } from './judge.ts'
import { at, countAt } from './read.ts'
import { ownedBy } from './revision.ts'
import { failed, inProgress, oneLine, ready } from './say.ts'
import type { Surroundings, Verdict } from './verdict.ts'

/**
 * Ready only when Complete (kstatus and krane take a Job that has begun for one that is done). `FailureTarget` comes before
 * `Failed`, while its pods end. A suspended Job isn't complete: it is waited for, as something else may resume it.
 */
export function assessJob(job: KubeObject, surroundings: Surroundings): Verdict {
  if (isTrue(job, 'Complete')) return ready(job, 'is complete', 'complete')
  const failure = conditionsOf(job).find(
    ({ type, status }) => ['FailureTarget', 'Failed'].includes(type) && status === 'True',
  )
  if (failure !== undefined) return jobFailed(job, failure, surroundings)
  if (at(job, 'spec', 'suspend') === true) return inProgress(job, 'suspended', 'is suspended until it is resumed')
  const pods = countAt(job, 'status', 'active')
  return failureOf(job, surroundings, 'all') ?? inProgress(job, 'running', `is running (pods: ${pods})`)
}

/** A deadline ends pods that did nothing wrong, so their exit codes tell nothing. */
function jobFailed(job: KubeObject, { reason, message }: Condition, { pods }: Surroundings): Verdict {
  const end = reason === 'DeadlineExceeded' ? undefined : lastFailedEnd(ownedBy(job, pods))
  if (end !== undefined) return failedByEnd(job, end, 'job-failed', ` (${reason})`)
  return failed(job, 'job-failed', `${oneLine(message)} (${reason})`, 'Read the log of its pods.')
}

/** A Job whose time is over between two of its attempts. */
export function lastAttempt(job: KubeObject, { pods }: Surroundings): Verdict | undefined {
  const end = lastFailedEnd(ownedBy(job, pods))
  return end && failedByEnd(job, end, 'job-failed', ', and the time for another attempt is over')
}

/** A Job that has run to its end, well or not. */
export function isOver(object: KubeObject): boolean {
  return object.kind === 'Job' && ['Complete', 'Failed'].some((type) => isTrue(object, type))
}
