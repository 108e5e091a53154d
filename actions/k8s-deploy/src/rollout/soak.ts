import type { KubeObject, Ref } from '../kube/objects.ts'
import { type Container, containersOf } from '../readiness/containers.ts'
import { at } from '../readiness/read.ts'
import { newPods } from '../readiness/revision.ts'
import { failed } from '../readiness/say.ts'
import type { Surroundings, Verdict } from '../readiness/verdict.ts'
import type { Outcome } from './verdicts.ts'

/** How the containers stood when everything was ready: restarts before that are no matter. */
export type Baseline = ReadonlyMap<string, { restarts: number; ready: boolean }>

export interface Seen {
  ref: Ref
  object: KubeObject
  surroundings: Surroundings
}

interface ContainerNow extends Container {
  pod: string
  key: string
}

export function baselineOf(seen: readonly Seen[]): Baseline {
  const containers = seen.flatMap(containersNow)
  return new Map(containers.map(({ key, restartCount, ready }) => [key, { restarts: restartCount, ready }]))
}

/**
 * The first object with a new pod that was well and isn't any more: a container was restarted or has ended, or isn't ready any longer.
 * Pods that are being deleted are none of that (a drained node, fewer replicas), nor are a Job's, which end.
 */
export function relapse(seen: readonly Seen[], baseline: Baseline): Outcome | undefined {
  for (const one of seen) {
    const verdict = relapseOf(one, baseline)
    if (verdict !== undefined) return { kind: 'failed', object: one.ref, verdict }
  }
  return undefined
}

function relapseOf(seen: Seen, baseline: Baseline): Verdict | undefined {
  for (const container of containersNow(seen)) {
    const before = baseline.get(container.key) ?? { restarts: 0, ready: false }
    const hasEnded = before.ready && at(container.state, 'terminated') !== undefined
    if (hasEnded || container.restartCount > before.restarts) return crashed(seen.object, container)
    if (before.ready && !container.ready) return notReady(seen.object, container)
  }
  return undefined
}

function containersNow({ object, surroundings }: Seen): ContainerNow[] {
  if (object.kind === 'Job') return []
  return newPods(object, surroundings)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap((pod) => {
      const { name, uid } = pod.metadata
      const running = containersOf(pod).filter(({ isInit }) => !isInit)
      return running.map((container) => ({ ...container, pod: name, key: `${uid}/${container.name}` }))
    })
}

function crashed(object: KubeObject, { pod, name, ended }: ContainerNow): Verdict {
  const verdict =
    ended?.reason === 'OOMKilled'
      ? failed(
          object,
          'oom-killed',
          `container \`${name}\` was ready and then used more memory than its limit`,
          'Raise its memory limit, or make it use less.',
        )
      : failed(
          object,
          'crash-loop',
          `container \`${name}\` was ready and then ended with exit code ${ended?.exitCode ?? 'unknown'}`,
          'See its last log lines in the job summary; its liveness probe may have ended it, too.',
        )
  return { ...verdict, pod, container: name }
}

function notReady(object: KubeObject, { pod, name }: ContainerNow): Verdict {
  const verdict = failed(
    object,
    'probe-failing',
    `container \`${name}\` was ready and then no longer`,
    'Look at its readiness probe, and at what the service does after its start.',
  )
  return { ...verdict, pod, container: name }
}
