import type { Cluster, Query } from '../cluster/cluster.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'

/** A watch of this one object. */
export function queryOf({ apiVersion, kind, namespace, name }: Ref): Query {
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), fieldSelector: `metadata.name=${name}` }
}

/**
 * Watches one object until `isSo` answers true; it's asked with `undefined` when the object isn't there. False when the time is over
 * before. Throws what the watch throws, and the signal's reason once it aborts.
 */
export async function awaitObject(
  cluster: Cluster,
  ref: Ref,
  isSo: (object: KubeObject | undefined) => boolean,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<boolean> {
  const done = new AbortController()
  const limited = AbortSignal.any([signal, done.signal, AbortSignal.timeout(timeoutMs)])
  let current: KubeObject | undefined
  let synced = false
  let reached = false
  const look = (): void => {
    if (!synced || !isSo(current)) return
    reached = true
    done.abort()
  }
  await cluster.watch(
    queryOf(ref),
    {
      onEvent({ type, object }) {
        current = type === 'DELETED' ? undefined : object
        look()
      },
      onSynced() {
        synced = true
        look()
      },
    },
    limited,
  )
  if (!reached) signal.throwIfAborted()
  return reached
}
