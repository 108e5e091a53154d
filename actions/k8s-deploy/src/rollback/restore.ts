import { describeError } from '../../../../lib/action/errors.ts'
import { inParallel } from '../../../../lib/in-parallel/in-parallel.ts'
import { sentence } from '../../../../lib/markdown/words.ts'
import { ApiError } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { explainApiError } from '../cluster/explain.ts'
import { describeRef, keyOf, type Ref } from '../kube/objects.ts'
import { REQUESTS_AT_ONCE } from '../rollout/at-once.ts'
import { isPrecious } from '../state/inventory.ts'
import type { AppName } from '../state/own-objects.ts'
import { isOwn } from '../state/ownership.ts'
import type { SnapshotEntry } from '../state/snapshot.ts'
import { isAutoscaler, readScaling } from './autoscaled.ts'
import { ourNames } from './owners.ts'
import { remove } from './remove.ts'
import { type Deps, restoreObject, stuck } from './restore-object.ts'

export interface RestoreDeps extends AppName {
  cluster: Cluster
  fieldManager: string
  /** Aborts when a newer deployment has taken the lock, or the run is cancelled: nothing more is written. */
  signal: AbortSignal
  /** Kinds that may be deleted although other things go with them: the input prune-kinds. */
  deletableKinds: readonly string[]
  /** How long to wait for each object that is deleted; default 60 s. */
  deleteTimeoutMs?: number
  /** Told of each object as soon as it is done. */
  onObject?: (restored: Restored) => void
}

export interface Restored {
  object: Ref
  fate: 'restored' | 'deleted' | 'left' | 'unchanged'
  message?: string
  /** It should be otherwise. */
  isProblem?: true
}

export interface Restoration {
  /** One for each entry, in the entries' order. */
  objects: Restored[]
  /** One sentence for each object that isn't as it was. */
  problems: string[]
}

const DELETE_TIMEOUT_MS = 60_000

interface Task {
  ref: Ref
  run: () => Promise<Omit<Restored, 'object'>>
}

/**
 * Puts everything back as the snapshot has it: existing objects in apply order (so configuration before workloads), then new ones
 * are deleted in reverse; neighbours of one kind side by side. An object that can't be put back doesn't keep the others from it, and
 * is tried once more at the end, when quota is free again and what admits it may be whole again. Doesn't wait until workloads are
 * ready.
 */
export async function restore(entries: readonly SnapshotEntry[], deps: RestoreDeps): Promise<Restoration> {
  const done = new Map<string, Restored>()
  const failed: Task[] = []

  async function perform(task: Task, isLastTry: boolean): Promise<void> {
    if (deps.signal.aborted) return
    const restored = await outcomeOf(task)
    done.set(keyOf(task.ref), restored.result)
    if (restored.isError && !isLastTry) failed.push(task)
    else deps.onObject?.(restored.result)
  }

  for (const group of inGroups(await tasksFor(entries, deps))) {
    await inParallel(group, REQUESTS_AT_ONCE, (task) => perform(task, false))
  }
  for (const task of failed) await perform(task, true)

  const objects = entries.map(({ ref }) => done.get(keyOf(ref)) ?? notReached(ref, deps.signal))
  return { objects, problems: objects.filter(({ isProblem }) => isProblem).map(problemOf) }
}

async function tasksFor(entries: readonly SnapshotEntry[], deps: RestoreDeps): Promise<Task[]> {
  const { cluster, signal, deleteTimeoutMs = DELETE_TIMEOUT_MS } = deps
  const inner: Deps = {
    cluster,
    signal,
    app: { app: deps.app, namespace: deps.namespace },
    us: ourNames(deps.fieldManager),
    scaling: await readScaling(cluster, entries).catch(() => undefined),
    removeNow: (live) => remove(cluster, live, deleteTimeoutMs, signal),
  }
  const existing = entries.flatMap(({ ref, before }) =>
    before ? [{ ref, run: () => restoreObject(before, inner) }] : [],
  )
  const made = entries
    .filter(({ before }) => before === undefined)
    .map(({ ref }) => ({ ref, run: () => removeMade(ref, inner, deps) }))
    .reverse()
  // A new autoscaler would go on scaling what is put back.
  const [early, late] = [made.filter(({ ref }) => isAutoscaler(ref)), made.filter(({ ref }) => !isAutoscaler(ref))]
  return [...early, ...existing, ...late]
}

function inGroups(tasks: readonly Task[]): Task[][] {
  const groups: Task[][] = []
  for (const task of tasks) {
    const group = groups.at(-1)
    if (group?.[0]?.ref.kind === task.ref.kind) group.push(task)
    else groups.push([task])
  }
  return groups
}

async function outcomeOf({ ref, run }: Task): Promise<{ result: Restored; isError: boolean }> {
  try {
    return { result: { object: ref, ...(await run()) }, isError: false }
  } catch (error) {
    return { result: { object: ref, fate: 'left', message: sentenceOf(error, ref), isProblem: true }, isError: true }
  }
}

function sentenceOf(error: unknown, ref: Ref): string {
  if (!(error instanceof ApiError)) return describeError(error)
  const { message, remedy } = explainApiError(error, ref).failure
  return [sentence(message), remedy].filter(Boolean).join(' ')
}

async function removeMade(
  ref: Ref,
  { cluster, removeNow }: Deps,
  deps: RestoreDeps,
): Promise<Omit<Restored, 'object'>> {
  const live = await cluster.get(ref)
  if (live === undefined) return { fate: 'unchanged' }
  if (!isOwn(live, deps)) return { fate: 'unchanged', message: "It isn't this app's." }
  if (isPrecious(ref, deps.deletableKinds)) {
    return {
      fate: 'left',
      message: 'It is new, and kinds whose deletion takes more with it are only deleted if prune-kinds names them.',
    }
  }
  const stillThere = await removeNow(live)
  return stillThere === undefined ? { fate: 'deleted' } : stuck(stillThere)
}

function notReached(object: Ref, { reason }: AbortSignal): Restored {
  return {
    object,
    fate: 'left',
    message: `Stopped before it was its turn: ${describeError(reason)}`,
    isProblem: true,
  }
}

function problemOf({ object, message }: Restored): string {
  return `${describeRef(object)} could not be put back: ${message ?? 'no reason is known.'}`
}
