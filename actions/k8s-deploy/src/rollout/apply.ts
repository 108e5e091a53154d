import { inParallel } from '../../../../lib/in-parallel/in-parallel.ts'
import { ApiError } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { explainApiError } from '../cluster/explain.ts'
import { DeployError } from '../failure.ts'
import { describeRef, type KubeObject, type Ref } from '../kube/objects.ts'
import type { AppName } from '../state/own-objects.ts'
import { isOwn, refuseTaken } from '../state/ownership.ts'
import { REQUESTS_AT_ONCE } from './at-once.ts'
import { changeOf } from './change.ts'
import { isCrd, isNamespace } from './crd.ts'
import { dryRun, isAboutDocument, type Writing, webhookWithoutDryRun } from './dry-run.ts'
import { awaitDefinition, awaitNamespace } from './foundation.ts'
import { removeForGood } from './remove.ts'
import type { Validated } from './validate.ts'

export interface ApplyRunOptions extends Writing, AppName {
  signal: AbortSignal
  /** Told after every write, and after one of which it isn't known whether it took place. */
  onWritten?: (ref: Ref) => void
  requestsAtOnce?: number
}

export interface Applied {
  ref: Ref
  fate: 'created' | 'changed' | 'unchanged'
  /** As the API answered; of an unchanged one, as it was before. */
  object: KubeObject
}

/**
 * Writes validated objects wave by wave. What already is as it should be isn't written. Objects whose namespace or kind came with an
 * earlier wave are tried in a dry run, all together, before the first of them is written.
 *
 * @throws DeployError for the first object that can't be written; those before it, and some of its wave, have been written by then
 *   (`onWritten`). The signal's reason once it aborts.
 */
export async function applyWaves(
  cluster: Cluster,
  objects: readonly Validated[],
  options: ApplyRunOptions,
): Promise<Applied[]> {
  const width = options.requestsAtOnce ?? REQUESTS_AT_ONCE
  const applied: Applied[] = []
  let postponed = objects.filter(({ write }) => write === 'later')
  for (const members of Map.groupBy(objects, ({ wave }) => wave).values()) {
    if (members.some(({ write }) => write === 'later')) {
      await inParallel(postponed, width, (one) => tryAgain(cluster, one, options))
      postponed = []
    }
    applied.push(...(await inParallel(members, width, (one) => write(cluster, one, options))))
    await inParallel(members.filter(isWritten), width, (one) => settle(cluster, one, options.signal))
  }
  return applied
}

const isWritten = ({ write }: Validated): boolean => write !== 'skip'

async function write(cluster: Cluster, validated: Validated, options: ApplyRunOptions): Promise<Applied> {
  const { ref, manifest, before, write: how } = validated
  const { fieldManager, force, signal, onWritten } = options
  signal.throwIfAborted()
  if (how === 'skip' && before !== undefined) return { ref, fate: 'unchanged', object: before }
  try {
    if (!force) await refuseOthers(cluster, validated, options)
    if (how === 'replace' && before !== undefined) {
      onWritten?.(ref)
      await removeForGood(cluster, before, signal)
    }
    const object = await cluster.apply(manifest.object, { fieldManager, force })
    onWritten?.(ref)
    return { ref, fate: fateOf(validated, object), object }
  } catch (error) {
    if (mayHaveBeenWritten(error)) onWritten?.(ref)
    throw located(error, validated)
  }
}

/** Since it was looked at, hooks may have run for minutes. */
async function refuseOthers(cluster: Cluster, { ref, before, write: how }: Validated, us: AppName): Promise<void> {
  const live = await cluster.get(ref)
  if (live === undefined) return
  refuseTaken(live, us)
  // In a namespace that has just come, controllers make objects by themselves.
  if (before !== undefined || how === 'later' || isOwn(live, us)) return
  throw new DeployError({
    reason: 'conflict',
    message: `${describeRef(ref)} was created by somebody else while this deployment was running.`,
    remedy: 'Run the step again to take it over, or give yours another name.',
    object: ref,
  })
}

/** A write that only takes over fields changes nothing that anybody sees. */
function fateOf({ before, write: how }: Validated, object: KubeObject): Applied['fate'] {
  if (before === undefined) return 'created'
  return how === 'replace' || changeOf(before, object) === 'change' ? 'changed' : 'unchanged'
}

/** Without an answer, or with one from something in between. A schema that isn't kept answers 500, too. */
function mayHaveBeenWritten(error: unknown): boolean {
  return error instanceof ApiError && !isAboutDocument(error) && (error.status === 0 || error.status >= 500)
}

/** What the next wave builds on. */
async function settle(cluster: Cluster, { ref, manifest }: Validated, signal: AbortSignal): Promise<void> {
  if (isNamespace(ref)) await awaitNamespace(cluster, ref.name, signal)
  if (isCrd(ref)) await awaitDefinition(cluster, manifest.object, signal)
}

const SCHEMA_LAG_MS = 10_000
const AGAIN_MS = 250

/** A changed definition is served a moment after it was written, and until then the old one refuses what the new one allows. */
async function tryAgain(cluster: Cluster, validated: Validated, options: ApplyRunOptions): Promise<void> {
  const end = performance.now() + SCHEMA_LAG_MS
  for (;;) {
    options.signal.throwIfAborted()
    try {
      await dryRun(cluster, validated.manifest.object, options)
      return
    } catch (error) {
      if (isBlindSpot(error)) return
      if (!isLag(error) || performance.now() > end) throw located(error, validated)
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }
}

/** The webhook that judges such objects knows no dry runs, or comes with the workloads of this very deployment. */
function isBlindSpot(error: unknown): boolean {
  return (
    webhookWithoutDryRun(error) !== undefined ||
    (error instanceof ApiError && /failed calling webhook/.test(error.message))
  )
}

function isLag(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || /field not declared in schema/.test(error.message))
}

function located(error: unknown, { ref, manifest }: Validated): unknown {
  if (error instanceof DeployError || error instanceof ApiError) {
    const { failure } = error instanceof DeployError ? error : explainApiError(error, ref)
    return new DeployError({ source: manifest.source, ...failure }, error)
  }
  return error instanceof Error ? error : new Error(`${describeRef(ref)} was not written`, { cause: error })
}
