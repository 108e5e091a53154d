import { describeRef, type KubeObject, keyOf, type Ref } from '../kube/objects.ts'
import { assess } from '../readiness/assess.ts'
import { explainTimeout } from '../readiness/explain-timeout.ts'
import type { Surroundings, Verdict } from '../readiness/verdict.ts'
import { isReadyAtOnce } from './watches.ts'

export interface Watched {
  ref: Ref
  /** How long this object alone may take. */
  timeoutMs?: number
}

export interface Judged {
  object: Ref
  verdict: Verdict
}

export type Outcome = { kind: 'ready' } | ({ kind: 'failed' | 'timeout' } & Judged)

/** What is seen of the objects. */
export interface View {
  find(ref: Ref): KubeObject | undefined
  surroundings(object: KubeObject | undefined): Surroundings
  /** Everything that is there has been seen. */
  isSynced(): boolean
}

/** The last verdict on each object. */
export interface Verdicts {
  /** Marks what has to be judged again; keys of other objects don't matter. */
  touch(keys: Iterable<string>): void
  /** Marks everything. */
  touchAll(): void
  /** Marks what isn't ready: graces pass without a change. */
  touchPending(): void
  /** Judges what is marked. */
  judge(): void
  all(): Judged[]
  failed(): Outcome | undefined
  areReady(): boolean
  /** The first object that isn't ready although its time, or that of all, is over. */
  late(elapsedMs: number, timeoutMs: number): Outcome | undefined
}

export function openVerdicts(
  objects: readonly Watched[],
  view: View,
  onVerdict: ((ref: Ref, verdict: Verdict) => void) | undefined,
): Verdicts {
  const refs = new Map(objects.map(({ ref }) => [keyOf(ref), ref]))
  const verdicts = new Map<string, Verdict>()
  const marked = new Set(refs.keys())

  const judgeOne = (key: string, ref: Ref): void => {
    const before = verdicts.get(key)
    const verdict = verdictOf(ref, before)
    verdicts.set(key, verdict)
    if (verdict.state !== before?.state || verdict.reason !== before.reason) onVerdict?.(ref, verdict)
  }
  const verdictOf = (ref: Ref, before: Verdict | undefined): Verdict => {
    if (isReadyAtOnce(ref)) return inPlace(ref)
    const object = view.find(ref)
    if (object !== undefined) return assess(object, view.surroundings(object))
    if (ref.kind === 'Job' && before?.state === 'ready') return before
    return view.isSynced() ? gone(ref) : notSeen(ref)
  }
  const of = (ref: Ref): Verdict => verdicts.get(keyOf(ref)) ?? notSeen(ref)

  return {
    touch(keys) {
      for (const key of keys) marked.add(key)
    },
    touchAll() {
      for (const key of refs.keys()) marked.add(key)
    },
    touchPending() {
      for (const [key, { state }] of verdicts) if (state !== 'ready') marked.add(key)
    },
    judge() {
      for (const key of marked) {
        const ref = refs.get(key)
        if (ref !== undefined) judgeOne(key, ref)
      }
      marked.clear()
    },
    all: () => objects.map(({ ref }) => ({ object: ref, verdict: of(ref) })),
    failed() {
      const first = objects.find(({ ref }) => of(ref).state === 'failed')
      return first && { kind: 'failed', object: first.ref, verdict: of(first.ref) }
    },
    areReady: () => view.isSynced() && objects.every(({ ref }) => of(ref).state === 'ready'),
    late(elapsedMs, timeoutMs) {
      const first = objects.find(
        ({ ref, timeoutMs: own = timeoutMs }) => of(ref).state !== 'ready' && elapsedMs >= Math.min(own, timeoutMs),
      )
      if (first === undefined) return undefined
      const seen = view.find(first.ref)
      const verdict = seen === undefined ? notSeen(first.ref) : explainTimeout(seen, view.surroundings(seen))
      return { kind: 'timeout', object: first.ref, verdict }
    },
  }
}

function inPlace(ref: Ref): Verdict {
  return { state: 'ready', reason: 'applied', message: `${describeRef(ref)} is in place.` }
}

function notSeen(ref: Ref): Verdict {
  return { state: 'unknown', reason: 'timeout', message: `${describeRef(ref)} has not been seen yet.` }
}

function gone(ref: Ref): Verdict {
  return {
    state: 'failed',
    reason: 'resource-failed',
    message: `${describeRef(ref)} was deleted while it was rolled out.`,
    remedy:
      ref.kind === 'Job'
        ? 'Give it a `ttlSecondsAfterFinished` of 60 or more, so that its end is seen, or find out who else deletes it.'
        : 'Find out who or what deletes it.',
  }
}
