import type { Cluster } from '../cluster/cluster.ts'
import { DeployError } from '../failure.ts'
import { describeRef, type KubeObject, refOf } from '../kube/objects.ts'
import { awaitObject } from './await-object.ts'

/** Beyond the 30 s that pods have to end by default. */
const REMOVAL_MS = 90_000

/**
 * Deletes this very object with its pods and waits until it's gone, so that one of the same name can be made.
 *
 * @throws DeployError `timeout` when it doesn't go, as with a finalizer that nobody serves
 */
export async function removeForGood(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<void> {
  const ref = refOf(object)
  const { uid } = object.metadata
  await cluster.delete(ref, { propagation: 'Foreground', ...(uid === undefined ? {} : { uid }) })
  const isGone = (current: KubeObject | undefined): boolean => current?.metadata.uid !== uid
  if (await awaitObject(cluster, ref, isGone, { timeoutMs: REMOVAL_MS, signal })) return
  throw new DeployError({
    reason: 'timeout',
    message: `${describeRef(ref)}: its last run was deleted ${REMOVAL_MS / 1000} s ago and is still there.`,
    remedy: 'Look for a finalizer on it, or for a pod of it that does not end.',
    object: ref,
  })
}

/**
 * Deletes this very Deployment and leaves its pods the time that they take to end: they may well be serving somebody's last
 * requests for longer than a deployment should wait. Doesn't fail when it's gone.
 */
export async function dismiss(cluster: Cluster, deployment: KubeObject): Promise<void> {
  const { uid } = deployment.metadata
  await cluster.delete(refOf(deployment), { propagation: 'Background', ...(uid === undefined ? {} : { uid }) })
}
