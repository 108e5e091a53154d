import { counted } from '../../../../lib/markdown/words.ts'
import { isAbsent } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { explainApiError } from '../cluster/explain.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject, type Ref } from '../kube/objects.ts'
import { assess } from '../readiness/assess.ts'
import { restore } from '../rollback/restore.ts'
import { unstick } from '../rollback/unstick.ts'
import { awaitObject } from '../rollout/await-object.ts'
import { observe } from '../rollout/observe.ts'
import { isReadyAtOnce } from '../rollout/watches.ts'
import type { Session } from '../session.ts'
import { isOwn } from '../state/ownership.ts'
import { deleteSnapshot, type Snapshot, type SnapshotEntry, setPhase } from '../state/snapshot.ts'
import { appOf } from './home.ts'
import type { Story } from './story.ts'

export interface PutBackOptions {
  /** Aborts when a newer deployment has taken the lock, or the run is cancelled. */
  signal: AbortSignal
  /** For becoming ready again; 0 doesn't wait. */
  waitMs: number
  /** Leaves the objects that weren't there before. */
  keepsNew?: boolean
}

/**
 * Puts everything back as a snapshot has it, and waits until what was ready is so again. The snapshot goes when all is back.
 *
 * @returns is everything as it was?
 * @throws the signal's reason once it aborts
 */
export async function putBack(
  session: Session,
  story: Story,
  snapshot: Snapshot,
  { signal, waitMs, keepsNew = false }: PutBackOptions,
): Promise<boolean> {
  const { cluster, inputs } = session
  const entries = snapshot.entries.filter(({ before }) => before !== undefined || !keepsNew)
  if (snapshot.damage !== undefined) story.note(snapshot.damage)
  story.tell(`Putting back ${counted(entries.length, 'object')}`)
  const current = await beginPuttingBack(session, story, snapshot)
  const { objects, problems } = await restore(entries, {
    cluster,
    ...appOf(session),
    fieldManager: inputs.fieldManager,
    signal,
    deletableKinds: inputs.pruneKinds,
  })
  for (const { object, fate, message } of objects) story.fate(object, fate, { message })
  signal.throwIfAborted()
  for (const problem of problems) story.note(problem)
  // A Job that had run to its end before is not run again.
  const standing = entries.filter((_, index) => objects[index]?.fate !== 'deleted')
  const isReady = waitMs === 0 || (await untilReadyAgain(session, story, standing, { signal, waitMs }))
  const isDone = problems.length === 0 && isReady && snapshot.damage === undefined
  if (isDone) await deleteSnapshot(cluster, current)
  story.tell(isDone ? 'Everything is as it was' : 'Not everything is as it was')
  return isDone
}

/** What is in memory doesn't need the one in the cluster: that is for those who come after a kill. */
async function beginPuttingBack({ cluster }: Session, story: Story, snapshot: Snapshot): Promise<Snapshot> {
  try {
    return await setPhase(cluster, snapshot, 'rolling-back')
  } catch (error) {
    if (!isAbsent(error)) throw error
    story.note('Somebody has deleted the snapshot of this deployment from the cluster.')
    return snapshot
  }
}

async function untilReadyAgain(
  session: Session,
  story: Story,
  entries: readonly SnapshotEntry[],
  { signal, waitMs }: PutBackOptions,
): Promise<boolean> {
  const { cluster, inputs } = session
  const existing = entries.flatMap(({ before }) => (before === undefined ? [] : [before]))
  const isOurs = (object: KubeObject): boolean => isOwn(object, appOf(session))
  const [healthy, broken] = [existing.filter(wasReady), existing.filter((object) => !wasReady(object))]
  for (const object of broken) {
    story.note(`${describeRef({ kind: object.kind, name: object.metadata.name })} was not ready before, either.`)
  }
  const [labelled, others] = [healthy.filter(isOurs), healthy.filter((object) => !isOurs(object))]
  const observer = observe(cluster, {
    app: inputs.app,
    objects: labelled.map((object) => ({ ref: refIn(entries, object) })),
    deployedAt: cluster.now(),
    onVerdict: (ref, { state, message }) => story.verdict(ref, state, message),
  })
  const done = new AbortController()
  const freeing = freeStatefulSets(session, story, healthy, AbortSignal.any([signal, done.signal]))
  try {
    const outcome = await observer.untilReady({ timeoutMs: waitMs, signal })
    if (outcome.kind !== 'ready') story.note(`After it was put back: ${outcome.verdict.message}`)
    const refs = others.map((object) => refIn(entries, object)).filter((ref) => !isReadyAtOnce(ref))
    const late = await whichAreLate(cluster, refs, { timeoutMs: waitMs, signal })
    for (const ref of late) story.note(`After it was put back: ${describeRef(ref)} is not ready.`)
    return outcome.kind === 'ready' && late.length === 0
  } finally {
    done.abort()
    await Promise.all([observer.close(), freeing])
  }
}

/** What others had deployed bears no label of the app any more, so it's watched by name. */
async function whichAreLate(
  cluster: Cluster,
  refs: readonly Ref[],
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<Ref[]> {
  const isReady = (object: KubeObject | undefined): boolean => object !== undefined && wasReady(object)
  const areReady = await Promise.all(refs.map((ref) => awaitObject(cluster, ref, isReady, limits)))
  return refs.filter((_, index) => !areReady[index])
}

/** By what its status says of itself; the pods of that time are gone. */
function wasReady(object: KubeObject): boolean {
  const none = { pods: [], events: [], replicaSets: [], now: new Date(0), deployedAt: new Date(0) }
  return assess(object, none).state === 'ready'
}

function refIn(entries: readonly SnapshotEntry[], object: KubeObject): Ref {
  const { ref } = entries.find(({ before }) => before === object) as SnapshotEntry
  return ref
}

async function freeStatefulSets(
  { cluster, inputs }: Session,
  story: Story,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  const sets = objects.filter(({ kind, apiVersion }) => kind === 'StatefulSet' && apiVersion.startsWith('apps/'))
  await Promise.all(
    sets.map(({ apiVersion, kind, metadata: { namespace, name } }) =>
      unstick(
        cluster,
        { apiVersion, kind, namespace, name },
        {
          labelSelector: `${names.app}=${inputs.app}`,
          signal,
          onDeleted: (pod) => story.tell(`${describeRef(pod)} of the failed revision was in the way and is deleted`),
        },
      ).catch((error: unknown) => {
        if (!signal.aborted)
          story.note(`StatefulSet \`${name}\` could not be watched: ${explainApiError(error).message}`)
      }),
    ),
  )
}
