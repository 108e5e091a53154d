import type { Cluster } from '../cluster/cluster.ts'
import { type KubeObject, refOf } from '../kube/objects.ts'
import { awaitObject } from '../rollout/await-object.ts'

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
  await cluster.delete(ref, { propagation: 'Background', ...(uid === undefined ? {} : { uid }) })
  let last = live
  const isGone = (object: KubeObject | undefined): boolean => {
    if (object?.metadata.uid !== uid) return true
    last = object ?? last
    return false
  }
  if (await awaitObject(cluster, ref, isGone, { timeoutMs, signal })) return undefined
  const finalizers = last.metadata.finalizers ?? []
  return finalizers.length > 0
    ? `It is being deleted and waits for its finalizers: ${finalizers.join(', ')}.`
    : 'It is being deleted and not gone yet.'
}
