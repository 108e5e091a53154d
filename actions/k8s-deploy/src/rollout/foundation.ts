import { setTimeout } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import { DeployError } from '../failure.ts'
import { describeRef, type KubeObject, refOf } from '../kube/objects.ts'
import { conditionOf } from '../readiness/conditions.ts'
import { awaitObject } from './await-object.ts'
import { kindsOf } from './crd.ts'

/** A healthy control plane takes well under a second for either. */
const WAIT_MS = 30_000
const AGAIN_MS = 100

/** Pods of a new namespace are refused until its account `default` is there. A token that may not read accounts goes on at once. */
export async function awaitNamespace(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<void> {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: 'default' }
  try {
    await awaitObject(cluster, account, (object) => object !== undefined, { timeoutMs: WAIT_MS, signal })
  } catch {
    signal.throwIfAborted()
  }
}

/**
 * Until the kinds of a definition are served.
 *
 * @throws DeployError `resource-failed` when its names are taken, or the API doesn't serve it in time
 */
export async function awaitDefinition(cluster: Cluster, definition: KubeObject, signal: AbortSignal): Promise<void> {
  const ref = refOf(definition)
  let clash: string | undefined
  const isSettled = (object: KubeObject | undefined): boolean => {
    const accepted = conditionOf(object, 'NamesAccepted')
    clash = accepted?.status === 'False' ? accepted.message : undefined
    return clash !== undefined || conditionOf(object, 'Established')?.status === 'True'
  }
  const isEstablished = await awaitObject(cluster, ref, isSettled, { timeoutMs: WAIT_MS, signal })
  if (clash === undefined && isEstablished && (await areServed(cluster, definition, signal))) return
  throw new DeployError({
    reason: 'resource-failed',
    message: `${describeRef(ref)}: ${clash ?? `the API does not serve it after ${WAIT_MS / 1000} s`}.`,
    remedy:
      clash === undefined ? 'Look at its conditions.' : 'Choose other names, or remove the definition that has them.',
    object: ref,
  })
}

/** The list of kinds follows a moment after `Established`, and can't be watched. */
async function areServed(cluster: Cluster, definition: KubeObject, signal: AbortSignal): Promise<boolean> {
  const end = performance.now() + WAIT_MS
  for (const kind of kindsOf(definition)) {
    while ((await cluster.resourceOf(kind)) === undefined) {
      if (performance.now() > end) return false
      await setTimeout(AGAIN_MS, undefined, { signal })
    }
  }
  return true
}
