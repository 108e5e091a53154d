import type { Cluster } from '../cluster/cluster.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'
import { refOf } from '../kube/objects.ts'
import { stuckPod } from '../readiness/statefulsets.ts'

/**
 * Deletes the pods for which a StatefulSet waits in vain, as they show up, until the signal aborts.
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
