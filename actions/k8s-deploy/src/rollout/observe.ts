import type { Cluster } from '../cluster/cluster.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'
import type { Surroundings, Verdict } from '../readiness/verdict.ts'
import { openLive } from './live.ts'
import { baselineOf, relapse } from './soak.ts'
import { type Judged, type Outcome, openVerdicts, type Watched } from './verdicts.ts'

export type { Judged, Outcome, Watched } from './verdicts.ts'

export interface ObserveOptions {
  app: string
  objects: readonly Watched[]
  deployedAt: Date
  /** An object's state or reason is another than before. */
  onVerdict?: (ref: Ref, verdict: Verdict) => void
  /** This object of the app, such as a pod, may be another than before. */
  onTouched?: (object: KubeObject) => void
}

/** Watches objects and what belongs to them, until it's closed. */
export interface Observer {
  /**
   * Ends when all are ready at the same time, one has failed, or time is over.
   *
   * @throws DeployError when the API refuses a watch; the signal's reason once it aborts
   */
  untilReady(limits: { timeoutMs: number; signal: AbortSignal }): Promise<Outcome>
  /**
   * Ends when everything has stayed ready for so long, or one has not. Throws as `untilReady` does. What the cluster itself moves (a
   * drained node's pods, more replicas by an autoscaler) may take a minute longer to be ready.
   */
  soak(soakMs: number, signal: AbortSignal): Promise<Outcome>
  /** The last verdict on each object. */
  snapshot(): Judged[]
  /** The object as it was last seen; `undefined` if it wasn't, or is of a kind that isn't watched. */
  find(ref: Ref): KubeObject | undefined
  /** What belongs to the object, as `assess` takes it. */
  surroundings(ref: Ref): Surroundings
  /** Sentences on what the observer had to do without. */
  notes(): string[]
  close(): Promise<void>
}

/** Changes come in bursts, and one look at all that they touch is enough. */
const GATHER_MS = 20
const TICK_MS = 250
const MOVED_MS = 60_000

/** Begins to watch. Call it when the objects have been written: what is seen first is then no older than that. */
export function observe(
  cluster: Cluster,
  { app, objects, deployedAt, onVerdict, onTouched }: ObserveOptions,
): Observer {
  const refs = objects.map(({ ref }) => ref)
  const checks = new Set<() => void>()
  let gathering: NodeJS.Timeout | undefined

  const live = openLive(cluster, app, refs, {
    onTouched(object) {
      verdicts.touch(live.store.ancestry(object))
      lookSoon()
      onTouched?.(object)
    },
    onMilestone() {
      verdicts.touchAll()
      lookSoon()
    },
  })
  const surroundings = (object: KubeObject | undefined): Surroundings => ({
    ...(object === undefined ? { pods: [], replicaSets: [], events: [] } : live.store.familyOf(object)),
    now: cluster.now(),
    deployedAt,
  })
  const verdicts = openVerdicts(objects, { find: live.store.find, surroundings, isSynced: live.isSynced }, onVerdict)
  const ticks = setInterval(() => {
    verdicts.touchPending()
    look()
  }, TICK_MS)

  function lookSoon(): void {
    gathering ??= setTimeout(look, GATHER_MS)
  }

  function look(): void {
    clearTimeout(gathering)
    gathering = undefined
    verdicts.judge()
    for (const check of [...checks]) check()
  }

  /** Asks `check` after every look, until it answers. */
  function wait(check: () => Outcome | undefined, signal: AbortSignal): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    const attempt = (): void => {
      const problem = signal.aborted ? signal.reason : live.problem()
      if (problem !== undefined) reject(problem)
      const outcome = check()
      if (outcome !== undefined) resolve(outcome)
    }
    checks.add(attempt)
    signal.addEventListener('abort', attempt)
    look()
    return promise.finally(() => {
      checks.delete(attempt)
      signal.removeEventListener('abort', attempt)
    })
  }

  function seen(): { ref: Ref; object: KubeObject; surroundings: Surroundings }[] {
    return refs.flatMap((ref) => {
      const object = live.store.find(ref)
      return object === undefined ? [] : [{ ref, object, surroundings: surroundings(object) }]
    })
  }

  return {
    untilReady({ timeoutMs, signal }) {
      const start = performance.now()
      return wait(
        () =>
          verdicts.failed() ??
          (verdicts.areReady() ? { kind: 'ready' } : verdicts.late(performance.now() - start, timeoutMs)),
        signal,
      )
    },
    soak(soakMs, signal) {
      const start = performance.now()
      const baseline = baselineOf(seen())
      return wait(() => {
        const elapsedMs = performance.now() - start
        const bad = relapse(seen(), baseline) ?? verdicts.failed()
        if (bad !== undefined || elapsedMs < soakMs) return bad
        return verdicts.areReady() ? { kind: 'ready' } : verdicts.late(elapsedMs, soakMs + MOVED_MS)
      }, signal)
    },
    snapshot: verdicts.all,
    find: live.store.find,
    surroundings: (ref) => surroundings(live.store.find(ref)),
    notes: () => [...live.notes],
    async close() {
      clearInterval(ticks)
      clearTimeout(gathering)
      await live.close()
    },
  }
}
