import type { Cluster } from '../cluster/cluster.ts'
import { explainApiError } from '../cluster/explain.ts'
import { collect, suspectOf } from '../evidence/collect.ts'
import { withLastLine } from '../evidence/last-line.ts'
import type { Failure, FailureReason } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import { describeRef, type KubeObject, type Ref, refOf } from '../kube/objects.ts'
import { runsOnce } from '../manifests/hooks.ts'
import type { Verdict } from '../readiness/verdict.ts'
import type { Evidence } from '../report/model.ts'
import type { AppName } from '../state/own-objects.ts'
import { requireOwn } from '../state/ownership.ts'
import type { Writing } from './dry-run.ts'
import { type FollowedLogs, followPods, type LogLine } from './follow.ts'
import { type Observer, type Outcome, observe } from './observe.ts'
import { removeForGood } from './remove.ts'

export interface HookOptions extends Writing, AppName {
  /** Of the whole deployment. */
  deployedAt: Date
  /** For one hook, unless it has a shorter one of its own. */
  timeoutMs: number
  /** By the annotation of a hook. */
  timeoutOf?: (object: KubeObject) => number | undefined
  signal: AbortSignal
  /** Told before a hook begins. */
  onHook?: (ref: Ref) => void
  /** What a hook's containers write, as it comes: foreign text. */
  onLine?: (line: LogLine) => void
}

export type HooksResult = { kind: 'done' } | { kind: 'failed'; failure: Failure; evidence: Evidence[] }

/**
 * Runs hooks one after another, each to its end, and follows their logs: the pods of a Job that is past its deadline are gone
 * afterwards. A hook of the same name from an earlier deployment is deleted first.
 *
 * @throws DeployError when the API refuses to write or to watch it; the signal's reason once it aborts
 */
export async function runHooks(
  cluster: Cluster,
  hooks: readonly Manifest[],
  options: HookOptions,
): Promise<HooksResult> {
  for (const hook of hooks) {
    options.signal.throwIfAborted()
    const result = await runHook(cluster, hook, options)
    if (result.kind === 'failed') return result
  }
  return { kind: 'done' }
}

async function runHook(cluster: Cluster, { object, source }: Manifest, options: HookOptions): Promise<HooksResult> {
  const ref = refOf(object)
  options.onHook?.(ref)
  await writeAnew(cluster, object, options)
  const logs = followPods(cluster, options.onLine)
  const observer = observe(cluster, {
    app: options.app,
    objects: [{ ref }],
    deployedAt: options.deployedAt,
    onTouched: (touched) => logs.follow(touched, ref),
  })
  try {
    const outcome = await observer.untilReady({ timeoutMs: timeoutFor(object, options), signal: options.signal })
    // What goes on goes on writing, too.
    if (outcome.kind !== 'timeout') await logs.drain()
    if (outcome.kind === 'ready') return { kind: 'done' }
    const evidence = await evidenceOf(cluster, observer, logs, ref, outcome.verdict)
    return { kind: 'failed', failure: { ...failureOf(ref, outcome, evidence), source }, evidence: [evidence] }
  } finally {
    await Promise.all([logs.close(), observer.close()])
  }
}

function timeoutFor(object: KubeObject, { timeoutMs, timeoutOf }: HookOptions): number {
  return Math.min(timeoutMs, timeoutOf?.(object) ?? timeoutMs)
}

async function writeAnew(
  cluster: Cluster,
  object: KubeObject,
  { app, namespace, fieldManager, force, signal }: HookOptions,
): Promise<void> {
  try {
    const old = runsOnce(object) ? await cluster.get(refOf(object)) : undefined
    if (old !== undefined) {
      requireOwn(old, { app, namespace })
      await removeForGood(cluster, old, signal)
    }
    await cluster.apply(object, { fieldManager, force })
  } catch (error) {
    signal.throwIfAborted()
    throw explainApiError(error, refOf(object))
  }
}

function failureOf(object: Ref, { kind, verdict }: Exclude<Outcome, { kind: 'ready' }>, evidence: Evidence): Failure {
  const { remedy, pod, container } = verdict
  const message = withLastLine(verdict, [evidence])
  const reason: FailureReason = 'hook-failed'
  return {
    reason,
    message: kind === 'timeout' ? `Hook ${describeRef(object)} did not end in time: ${message}` : `Hook ${message}`,
    object,
    ...(remedy === undefined ? {} : { remedy }),
    ...(pod === undefined ? {} : { pod }),
    ...(container === undefined ? {} : { container }),
  }
}

/** The logs that were followed are better than what is left to read. */
async function evidenceOf(
  cluster: Cluster,
  observer: Observer,
  logs: FollowedLogs,
  ref: Ref,
  verdict: Verdict,
): Promise<Evidence> {
  const suspect = suspectOf(observer, { object: ref, verdict })
  const [evidence = { object: ref, facts: [], events: [], logs: [] }] = await collect(cluster, [suspect])
  const followed = logs.kept()
  return { ...evidence, logs: followed.length > 0 ? followed : evidence.logs }
}
