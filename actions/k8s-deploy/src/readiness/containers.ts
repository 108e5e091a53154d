import type { KubeObject } from '../kube/objects.ts'
import { at, countAt, isSince, listAt, momentAt, numberAt, textAt } from './read.ts'

/** One container of a pod: what was asked for, and how it is. */
export interface Container {
  name: string
  /** An init container that has to end before the others start; a sidecar (`restartPolicy: Always`) hasn't. */
  isInit: boolean
  ready: boolean
  started: boolean
  spec: unknown
  /** `state` of its status. */
  state: unknown
  /** How its last run ended, if one did: of `state` or else `lastState`. */
  ended: Ended | undefined
  /** All restarts in the pod's life. */
  restartCount: number
}

export interface Ended {
  exitCode: number | undefined
  reason: string
  message: string
  startedAt: Date | undefined
  finishedAt: Date | undefined
}

/** The containers that the pod's status tells of. */
export function containersOf(pod: KubeObject): Container[] {
  return [
    ...listAt(pod, 'status', 'initContainerStatuses').map((status) => container(pod, 'initContainers', status)),
    ...listAt(pod, 'status', 'containerStatuses').map((status) => container(pod, 'containers', status)),
  ]
}

function container(pod: KubeObject, list: 'initContainers' | 'containers', status: unknown): Container {
  const name = textAt(status, 'name') ?? ''
  const spec = listAt(pod, 'spec', list).find((entry) => at(entry, 'name') === name)
  const ended = at(status, 'state', 'terminated') ?? at(status, 'lastState', 'terminated')
  return {
    name,
    isInit: list === 'initContainers' && textAt(spec, 'restartPolicy') !== 'Always',
    ready: at(status, 'ready') === true,
    started: at(status, 'state', 'running') !== undefined || ended !== undefined,
    spec,
    state: at(status, 'state'),
    ended: ended === undefined ? undefined : endOf(ended),
    restartCount: countAt(status, 'restartCount'),
  }
}

/** What could not be started is said to have been so at the beginning of 1970. */
function endOf(terminated: unknown): Ended {
  const startedAt = momentAt(terminated, 'startedAt')
  const finishedAt = momentAt(terminated, 'finishedAt')
  return {
    exitCode: numberAt(terminated, 'exitCode'),
    reason: textAt(terminated, 'reason') ?? '',
    message: textAt(terminated, 'message') ?? '',
    startedAt: startedAt?.getTime() === 0 ? finishedAt : startedAt,
    finishedAt,
  }
}

/**
 * How often it was restarted since that moment. In a pod that is younger than it, every restart counts. Of an older pod only the
 * last run can be seen: one that both began and ended since then is a restart, and the crash that led to it another.
 */
export function restartsSince(pod: KubeObject, container: Container, moment: Date): number {
  const { ended, restartCount } = container
  if (isSince(momentAt(pod, 'metadata', 'creationTimestamp'), moment)) return restartCount
  if (!isSince(ended?.finishedAt, moment)) return 0
  return Math.min(restartCount, isSince(ended?.startedAt, moment) ? 2 : 1)
}

/** `readiness probe (TCP port 9)` of a container's spec. */
export function describeProbe(spec: unknown, kind: ProbeKind): string {
  const probe = at(spec, `${kind}Probe`)
  const port = (handler: string) => String(at(probe, handler, 'port') ?? '?')
  const how = [
    at(probe, 'httpGet') && `GET ${textAt(probe, 'httpGet', 'path') ?? '/'} on port ${port('httpGet')}`,
    at(probe, 'tcpSocket') && `TCP port ${port('tcpSocket')}`,
    at(probe, 'grpc') && `gRPC port ${port('grpc')}`,
    at(probe, 'exec') && `command ${listAt(probe, 'exec', 'command').slice(0, 1).join('')}`,
  ].find((text) => typeof text === 'string')
  return how === undefined ? `${kind} probe` : `${kind} probe (${how})`
}

export type ProbeKind = 'readiness' | 'liveness' | 'startup'
