import { setTimeout as pause } from 'node:timers/promises'
import { isConflict } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { DeployError } from '../failure.ts'
import type { KubeObject } from '../kube/objects.ts'
import { linkOf } from './holder.ts'
import { leaseObject, leaseRef, readLease } from './lease.ts'
import type { Lock, LockRequest } from './lock.ts'

/** Of the duration: a lock is given up this much before others may take it, so that no write is under way by then. */
const MARGIN = 1 / 6

/** A renewal that is under way when the lock is given back is waited for, since the two would collide, but not for ever. */
const LONGEST_RENEWAL_MS = 3000

/**
 * Renews a Lease that was just taken, every third of its duration, until it is lost or given back.
 *
 * @param sentAt when the request that took it was sent, by performance.now()
 */
export function keepLease(
  cluster: Cluster,
  request: LockRequest & { durationMs: number },
  taken: KubeObject,
  sentAt: number,
): Lock {
  const { durationMs } = request
  const loss = new AbortController()
  let lease = taken
  let goodUntil = sentAt + durationMs * (1 - MARGIN)
  let renewing: Promise<void> = Promise.resolve()
  let released = false

  const lose = (why: string): void => {
    stop()
    if (!released) loss.abort(superseded(request, why))
  }
  // A renewal may hang for longer than the lock lives, so its end isn't waited for.
  let expiry = setTimeout(expire, goodUntil - performance.now())
  const renewal = setInterval(() => {
    renewing = renewing.then(renew)
  }, durationMs / 3)
  renewal.unref()
  expiry.unref()

  function stop(): void {
    clearInterval(renewal)
    clearTimeout(expiry)
  }

  function expire(): void {
    lose('it could not be renewed in time, and another deployment may have begun')
  }

  async function renew(): Promise<void> {
    if (released || loss.signal.aborted) return
    const startedAt = performance.now()
    try {
      lease = await cluster.replace(renewed(cluster, request, lease))
      if (released || loss.signal.aborted) return
      goodUntil = startedAt + durationMs * (1 - MARGIN)
      clearTimeout(expiry)
      expiry = setTimeout(expire, goodUntil - performance.now())
      expiry.unref()
    } catch (error) {
      // Anything else may pass until the next renewal, or else the lock expires.
      if (isConflict(error)) await lookAgain().catch(() => undefined)
    }
  }

  /** Somebody has written the Lease: its holder has changed, or only something else about it. */
  async function lookAgain(): Promise<void> {
    const current = await cluster.get(leaseRef(request))
    if (current !== undefined && isSameTenure(current, lease)) {
      lease = current
      return renew()
    }
    const holder = current && readLease(current).holder
    lose(holder === undefined ? 'it was taken away' : `${linkOf(holder)} holds it now`)
  }

  return {
    signal: loss.signal,
    check() {
      // The timer may be late, after a machine slept for instance.
      if (!released && performance.now() >= goodUntil) expire()
      loss.signal.throwIfAborted()
    },
    async release() {
      released = true
      stop()
      await Promise.race([renewing, pause(LONGEST_RENEWAL_MS, undefined, { ref: false })])
      if (loss.signal.aborted) return
      await giveBack(cluster, request, lease).catch(() => undefined)
    },
  }
}

function renewed(cluster: Cluster, request: LockRequest, lease: KubeObject): KubeObject {
  return leaseObject(request, { ...readLease(lease), renewedAt: cluster.now() }, lease.metadata.resourceVersion)
}

async function giveBack(cluster: Cluster, request: LockRequest, known: KubeObject): Promise<void> {
  const lease = await cluster.get(leaseRef(request))
  if (lease === undefined || !isSameTenure(lease, known)) return
  const spec = { ...readLease(lease), holder: undefined, renewedAt: cluster.now() }
  await cluster.replace(leaseObject(request, spec, lease.metadata.resourceVersion))
}

function isSameTenure(one: KubeObject, other: KubeObject): boolean {
  const [a, b] = [readLease(one), readLease(other)]
  return a.holder === b.holder && a.transitions === b.transitions
}

function superseded({ app, namespace }: LockRequest, why: string): DeployError {
  return new DeployError({
    reason: 'superseded',
    message: `The lock of ${app} in the namespace ${namespace} was lost: ${why}.`,
    remedy: 'Look at the newer deployment; this one has stopped writing.',
    object: leaseRef({ app, namespace }),
  })
}
