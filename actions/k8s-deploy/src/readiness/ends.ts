// Containers that are meant to end, and how they did.
import type { FailureReason } from '../failure.ts'
import type { KubeObject } from '../kube/objects.ts'
import { containersOf } from './containers.ts'
import { textAt } from './read.ts'
import { failed } from './say.ts'
import type { Verdict } from './verdict.ts'

export interface End {
  pod: string
  container: string
  exitCode: number
  reason: string
}

/** How the last container that ended with an exit code other than 0 did so. */
export function lastFailedEnd(pods: readonly KubeObject[]): End | undefined {
  return pods
    .flatMap((pod) =>
      containersOf(pod).map(({ name, ended }) => ({
        pod: textAt(pod, 'metadata', 'name') ?? '',
        container: name,
        exitCode: ended?.exitCode ?? 0,
        reason: ended?.reason ?? '',
        at: ended?.finishedAt?.getTime() ?? 0,
      })),
    )
    .filter(({ exitCode }) => exitCode !== 0)
    .sort((one, other) => other.at - one.at)[0]
}

/** The failure that such an end means to the object; `why` says what makes it final. */
export function failedByEnd(object: KubeObject, end: End, reason: FailureReason, why: string): Verdict {
  const seen = { pod: end.pod, container: end.container }
  const container = `container \`${end.container}\``
  if (end.reason === 'OOMKilled') {
    const message = `${container} was killed for using more memory than it may${why}`
    return { ...failed(object, 'oom-killed', message, 'Raise `resources.limits.memory`.'), ...seen }
  }
  const message = `${container} ended with exit code ${end.exitCode}${why}`
  return { ...failed(object, reason, message, 'See its last log lines in the job summary.'), ...seen }
}
