import { isForbidden } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { explainApiError } from '../cluster/explain.ts'
import type { KubeObject } from '../kube/objects.ts'
import { conditionOf } from '../readiness/conditions.ts'
import { type Container, containersOf } from '../readiness/containers.ts'
import type { Evidence } from '../report/model.ts'

type Log = Evidence['logs'][number]

const LINES = 50
const CHARACTERS = 16 * 1024
/** The API counts this from the first of the lines, and it's the last ones that tell. */
const READ_BYTES = 512 * 1024
/** What the kubelet gives for a log, with status 200, when it has removed the container meanwhile. */
const REMOVED = /^unable to retrieve container logs for \S+$/

export function isReadyPod(pod: KubeObject): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True'
}

/** Reads the logs of a pod's troubled containers: of the run before, which holds the reason of a crash, and of the current one. */
export async function readLogs(
  cluster: Pick<Cluster, 'logs'>,
  pod: KubeObject,
  keep: (log: Log) => void,
): Promise<void> {
  for (const { name, restartCount } of troubled(containersOf(pod))) {
    const before = restartCount > 0 ? await read(cluster, pod, name, true) : ''
    const now = await read(cluster, pod, name, false)
    if (before !== '') keep({ pod: pod.metadata.name, container: name, previous: true, text: before })
    // While a container waits for its next start, both are the same.
    if (now !== '' && now !== before) keep({ pod: pod.metadata.name, container: name, previous: false, text: now })
  }
}

/** What has started and is not well; in a pod that is well by now, what was restarted, if anything was. */
function troubled(containers: readonly Container[]): Container[] {
  const started = containers.filter(({ started, restartCount }) => started || restartCount > 0)
  const bad = started.filter(({ ready }) => !ready)
  const restarted = started.filter(({ restartCount }) => restartCount > 0)
  return [bad, restarted, started].find(({ length }) => length > 0) ?? []
}

async function read(
  cluster: Pick<Cluster, 'logs'>,
  pod: KubeObject,
  container: string,
  previous: boolean,
): Promise<string> {
  const { name, namespace = '' } = pod.metadata
  try {
    const query = { namespace, pod: name, container, previous, tailLines: LINES, limitBytes: READ_BYTES }
    const text = await cluster.logs(query)
    return REMOVED.test(text.trim()) ? '' : text.slice(-CHARACTERS)
  } catch (error) {
    return isForbidden(error) ? unreadable(error) : ''
  }
}

/** Nobody would think of a missing right where a log is merely not there. */
function unreadable(error: unknown): string {
  const { message, remedy } = explainApiError(error).failure
  return `(not readable: ${message}. ${remedy})`
}
