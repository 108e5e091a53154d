import { isConflict } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { DeployError } from '../failure.ts'
import type { KubeObject } from '../kube/objects.ts'
import { isEarlierAttempt, linkOf } from './holder.ts'
import { keepLease } from './keep-lease.ts'
import { type LeaseSpec, leaseObject, leaseRef, readLease } from './lease.ts'
import type { AppName } from './own-objects.ts'

export interface LockRequest extends AppName {
  /** Unique to one process and its post step: see holderOf. */
  holder: string
  /** How long a lock outlives a holder that no longer renews it; in whole seconds. */
  durationMs?: number
  /** How long to wait for one that is held. */
  waitMs: number
  /** Ends the waiting, with its reason. */
  signal?: AbortSignal
  /** Called once for each holder that has to be waited for. */
  onWait?: (holder: Held) => void
}

export interface Held {
  /** The page of the run that holds it. */
  link: string
  since: Date
}

/** A lock that is held, and renewed in the background. */
export interface Lock {
  /** Aborts, with a `superseded` DeployError as reason, when the lock is lost: whoever holds it must stop writing. */
  signal: AbortSignal
  /** @throws DeployError `superseded` when the lock is lost */
  check(): void
  /** Gives it back, if it is still ours; never throws, since it expires by itself. */
  release(): Promise<void>
}

export const LOCK_DURATION_MS = 30_000

/**
 * Takes the lock of an app in a namespace: the Lease `ondol-<app>`. Of two that try at once exactly one gets it, since a write
 * goes only over the version that was read.
 *
 * A lock is dead when its record has stood still for its whole duration by our own monotonic clock, as in client-go's leader
 * election, and its renewal is that old by the API server's clock, which every holder writes. So no wrong clock of any runner makes
 * a living lock look dead.
 *
 * @throws DeployError `lock-held` when it isn't free within `waitMs`
 */
export async function takeLock(cluster: Cluster, request: LockRequest): Promise<Lock> {
  const durationMs = request.durationMs ?? LOCK_DURATION_MS
  const deadline = performance.now() + request.waitMs
  const watched = watchLease(cluster, request)
  let observed: Observation | undefined
  let told: string | undefined
  try {
    for (;;) {
      request.signal?.throwIfAborted()
      const lease = await cluster.get(leaseRef(request))
      observed = observe(observed, lease)
      if (observed === undefined || isFree(observed, request.holder, cluster.now())) {
        const sentAt = performance.now()
        const taken = await tryToTake(cluster, request, durationMs, lease)
        if (taken) return keepLease(cluster, { ...request, durationMs }, taken, sentAt)
        continue
      }
      const { spec } = observed
      const held = { link: linkOf(spec.holder ?? ''), since: spec.acquiredAt }
      if (performance.now() >= deadline) throw lockHeld(request, held)
      if (told !== spec.holder) request.onWait?.(held)
      told = spec.holder
      await watched.change(Math.min(deadline - performance.now(), timeToExpiry(observed, cluster.now())))
    }
  } finally {
    watched.stop()
  }
}

/** A record of the Lease and since when, by our own clock, it stands so. */
interface Observation {
  spec: LeaseSpec
  version: string
  since: number
}

function observe(before: Observation | undefined, lease: KubeObject | undefined): Observation | undefined {
  if (lease === undefined) return undefined
  const version = JSON.stringify(lease['spec'])
  return before?.version === version ? before : { spec: readLease(lease), version, since: performance.now() }
}

function isFree(observed: Observation, us: string, now: Date): boolean {
  const { holder } = observed.spec
  if (holder === undefined || holder === us || isEarlierAttempt(holder, us)) return true
  return timeToExpiry(observed, now) <= 0
}

function timeToExpiry({ spec, since }: Observation, now: Date): number {
  const byOurClock = since + spec.durationMs - performance.now()
  const byTheServers = spec.renewedAt.getTime() + spec.durationMs - now.getTime()
  return Math.max(byOurClock, byTheServers)
}

/** `undefined` when somebody else was faster. */
async function tryToTake(
  cluster: Cluster,
  request: LockRequest,
  durationMs: number,
  lease: KubeObject | undefined,
): Promise<KubeObject | undefined> {
  const now = cluster.now()
  const transitions = lease === undefined ? 0 : readLease(lease).transitions + 1
  const spec = { holder: request.holder, durationMs, acquiredAt: now, renewedAt: now, transitions }
  const wanted = leaseObject(request, spec, lease?.metadata.resourceVersion)
  try {
    return await (lease === undefined ? cluster.create(wanted) : cluster.replace(wanted))
  } catch (error) {
    if (isConflict(error)) return undefined
    throw error
  }
}

interface WatchedLease {
  /** Resolves at the next change since the last call, or after `afterMs`. Rejects when the Lease can't be watched. */
  change(afterMs: number): Promise<void>
  stop(): void
}

function watchLease(cluster: Cluster, request: LockRequest): WatchedLease {
  const stopping = new AbortController()
  let changed = false
  let wake = (): void => undefined
  let failure: { error: unknown } | undefined
  const onAbort = (): void => wake()
  request.signal?.addEventListener('abort', onAbort)
  const onEvent = (): void => {
    changed = true
    wake()
  }
  const begin = (): void => {
    const { apiVersion, kind, namespace, name } = leaseRef(request)
    const query = { apiVersion, kind, namespace: namespace ?? '', fieldSelector: `metadata.name=${name}` }
    cluster.watch(query, { onEvent }, stopping.signal).catch((error: unknown) => {
      failure = { error }
      wake()
    })
  }
  let begun = false
  return {
    async change(afterMs) {
      if (!begun) begin()
      begun = true
      if (!changed && !failure) await sleepUntil(afterMs, (wakeUp) => (wake = wakeUp))
      changed = false
      if (failure && !stopping.signal.aborted) throw failure.error
    },
    stop() {
      stopping.abort()
      request.signal?.removeEventListener('abort', onAbort)
    },
  }
}

function sleepUntil(ms: number, onStart: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    // Timers may be a millisecond early.
    const timer = setTimeout(resolve, Math.max(0, ms) + 1)
    onStart(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function lockHeld(request: LockRequest, { link, since }: Held): DeployError {
  return new DeployError({
    reason: 'lock-held',
    message: `Another deployment of ${request.app} in the namespace ${request.namespace} is running since ${since.toISOString()}: ${link}`,
    remedy: 'Wait for it to end, or give this one more time with the input wait-for-lock.',
    object: leaseRef(request),
  })
}
