import type { Cluster } from '../cluster/cluster.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'
import { refOf } from '../kube/objects.ts'

/**
 * The pod for which a StatefulSet waits in vain after it was put back, if there is one. Its controller updates from the highest
 * ordinal down and waits for each pod to be ready, also for one of a revision that is no longer wanted and never will be
 * (https://github.com/kubernetes/kubernetes/issues/67250, documented under "Forced rollback"). Somebody has to delete that pod.
 *
 * @param pods of its namespace; picked by owner
 */
export function stuckPod(set: KubeObject, pods: readonly KubeObject[]): KubeObject | undefined {
  const spec = set['spec'] as { replicas?: number; podManagementPolicy?: string; updateStrategy?: { type?: string } }
  const status = (set['status'] ?? {}) as StatefulSetStatus
  const isSettled = status.observedGeneration === set.metadata.generation
  const isOrdered = spec.podManagementPolicy !== 'Parallel' && spec.updateStrategy?.type !== 'OnDelete'
  if (!isSettled || !isOrdered || status.currentRevision !== status.updateRevision) return undefined
  if ((status.updatedReplicas ?? 0) >= (spec.replicas ?? 1)) return undefined
  // The controller itself waits for the highest one that isn't healthy; if that one is right, it will go on by itself.
  const waitedFor = pods
    .filter((pod) => isOwnedBy(pod, set) && !isReady(pod))
    .sort((one, other) => ordinalOf(other) - ordinalOf(one))[0]
  if (waitedFor === undefined || waitedFor.metadata.deletionTimestamp) return undefined
  return revisionOf(waitedFor) === status.updateRevision ? undefined : waitedFor
}

/**
 * Deletes such pods of a StatefulSet as they show up, until the signal aborts.
 *
 * @param onDeleted called with each pod that was deleted
 */
export async function unstick(
  cluster: Cluster,
  ref: Ref,
  { labelSelector, signal, onDeleted }: UnstickOptions,
): Promise<void> {
  const pods = new Map<string, KubeObject>()
  const deleted = new Set<string>()
  let set: KubeObject | undefined
  let working: Promise<void> = Promise.resolve()
  const failed = new AbortController()
  const ending = AbortSignal.any([signal, failed.signal])

  async function deleteStuck(): Promise<void> {
    const pod = set && !ending.aborted ? stuckPod(set, [...pods.values()]) : undefined
    const { uid } = pod?.metadata ?? {}
    if (pod === undefined || uid === undefined || deleted.has(uid)) return
    deleted.add(uid)
    if (await cluster.delete(refOf(pod), { uid })) onDeleted(refOf(pod))
  }
  const look = (): void => {
    working = working.then(deleteStuck)
    working.catch((error: unknown) => failed.abort(error))
  }

  const namespace = ref.namespace ?? ''
  const setQuery = { apiVersion: ref.apiVersion, kind: ref.kind, namespace, fieldSelector: `metadata.name=${ref.name}` }
  const podQuery = { apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }
  await Promise.all([
    cluster.watch(
      setQuery,
      {
        onEvent({ type, object }) {
          set = type === 'DELETED' ? undefined : object
          look()
        },
      },
      ending,
    ),
    cluster.watch(
      podQuery,
      {
        onEvent({ type, object }) {
          if (type === 'DELETED') pods.delete(object.metadata.name)
          else pods.set(object.metadata.name, object)
          look()
        },
      },
      ending,
    ),
  ])
  await working
}

export interface UnstickOptions {
  /** Of the app's pods. */
  labelSelector: string
  signal: AbortSignal
  onDeleted: (pod: Ref) => void
}

interface StatefulSetStatus {
  observedGeneration?: number
  currentRevision?: string
  updateRevision?: string
  updatedReplicas?: number
}

function isOwnedBy(pod: KubeObject, { metadata }: KubeObject): boolean {
  return (
    pod.metadata.ownerReferences?.some(({ uid, controller }) => controller === true && uid === metadata.uid) ?? false
  )
}

function isReady(pod: KubeObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: { type: string; status: string }[] }
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

function revisionOf({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.['controller-revision-hash']
}

function ordinalOf({ metadata }: KubeObject): number {
  return Number(/-(\d+)$/.exec(metadata.name)?.[1] ?? -1)
}
