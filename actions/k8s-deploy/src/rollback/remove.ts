import type { Cluster } from '../cluster/cluster.ts'
import type { KubeObject } from '../kube/objects.ts'
import { refOf } from '../kube/objects.ts'

/**
 * Deletes an object, if it is still the one that was looked at, and waits until it is gone.
 *
 * @returns one sentence about why it is still there; `undefined` when it is gone
 */
export async function remove(
  cluster: Cluster,
  live: KubeObject,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { uid } = live.metadata
  const ref = refOf(live)
  const isIt = (object: KubeObject | undefined): object is KubeObject => object?.metadata.uid === uid
  await cluster.delete(ref, { propagation: 'Background', ...(uid === undefined ? {} : { uid }) })
  const left = await cluster.get(ref)
  if (!isIt(left)) return undefined

  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), timeoutMs)
  let last = left
  let isGone = false
  const query = {
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
    fieldSelector: `metadata.name=${ref.name}`,
  }
  const settle = (object: KubeObject | undefined): void => {
    if (isIt(object)) last = object
    else {
      isGone = true
      stop.abort()
    }
  }
  let seen = false
  try {
    await cluster.watch(
      query,
      {
        onEvent({ type, object }) {
          seen = true
          settle(type === 'DELETED' ? undefined : object)
        },
        onSynced: () => {
          if (!seen) settle(undefined)
        },
      },
      AbortSignal.any([stop.signal, signal]),
    )
  } finally {
    clearTimeout(timer)
  }
  if (isGone) return undefined
  const finalizers = last.metadata.finalizers ?? []
  return finalizers.length > 0
    ? `It is being deleted and waits for its finalizers: ${finalizers.join(', ')}.`
    : 'It is being deleted and not gone yet.'
}
