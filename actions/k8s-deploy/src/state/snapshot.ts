import { randomBytes } from 'node:crypto'
import { isAbsent, isConflict } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import { readInventory } from './inventory.ts'
import { type AppName, ownMeta, ownSelector, secretRef } from './own-objects.ts'
import { chunksOf, readChunk } from './snapshot-chunks.ts'
import {
  type Chunk,
  type Index,
  idOf,
  indexSecret,
  isBelievedIndex,
  isIndex,
  PHASE,
  type Phase,
  ROLE,
  readIndex,
} from './snapshot-index.ts'

export type { Phase } from './snapshot-index.ts'

/** What an object was before the deployment; `before` is undefined for one that wasn't there. */
export interface SnapshotEntry {
  ref: Ref
  before: KubeObject | undefined
}

/**
 * Every object that a deployment touches as it was, kept in the cluster until the deployment has ended well or all is put back.
 * Which of them were written isn't kept: all may have been, and to restore one that wasn't changes nothing.
 */
export interface Snapshot extends AppName {
  id: string
  runUrl: string
  /** That the deployment will record; `undefined` when it can't be read. */
  revision: number | undefined
  startedAt: Date
  phase: Phase
  /** In apply order. */
  entries: SnapshotEntry[]
  /** One sentence, when not all of it can be read; the entries are those that can. */
  damage?: string
  chunks: Chunk[]
}

export interface SnapshotRequest extends AppName {
  runUrl: string
  revision: number
  /** By the API server's clock. */
  startedAt: Date
  /** In apply order. */
  entries: readonly SnapshotEntry[]
}

/**
 * Saves a snapshot; when this resolves, writing may begin. The objects lie in Secrets of their own namespaces (of the whole
 * cluster's: of the app's), so that nobody reads by it what he couldn't read before. The index names them before they are
 * written, so that whatever a killed runner leaves is found by it, and says only at the end that they count.
 */
export async function saveSnapshot(cluster: Cluster, { entries, ...about }: SnapshotRequest): Promise<Snapshot> {
  const id = randomBytes(5).toString('hex')
  const empty: Snapshot = { ...about, id, phase: 'preparing', entries: [...entries], chunks: [] }
  const stored = await chunksOf(empty)
  const preparing = { ...empty, chunks: stored.map(({ chunk }) => chunk) }
  await createOnce(cluster, await indexSecret(preparing, indexOf(preparing)))
  for (const secret of stored.flatMap(({ secrets }) => secrets)) await createOnce(cluster, secret)
  const snapshot: Snapshot = { ...preparing, phase: 'deploying' }
  // Not by a patch: a token that may not update Secrets couldn't put one back, and so is told before anything is written.
  await cluster.replace(await indexSecret(snapshot, indexOf(snapshot)))
  return snapshot
}

/** Leaves the stored objects alone: the snapshot at hand may be a part of it. */
export async function setPhase(cluster: Cluster, snapshot: Snapshot, phase: Phase): Promise<Snapshot> {
  await cluster.patch(indexRef(snapshot), { metadata: { annotations: { [PHASE]: phase } } })
  return { ...snapshot, phase }
}

/** After it nobody will put anything back. */
export async function deleteSnapshot(cluster: Cluster, snapshot: Snapshot): Promise<void> {
  // Gone is as good as done.
  await setPhase(cluster, snapshot, 'done').catch((error: unknown) => {
    if (!isAbsent(error)) throw error
  })
  for (const { namespace, pieces } of snapshot.chunks) {
    for (const { name } of pieces) await cluster.delete(secretRef(namespace, name))
  }
  await cluster.delete(indexRef(snapshot))
}

/** Is it there, in whatever phase? */
export async function isKept(cluster: Cluster, app: AppName, id: string): Promise<boolean> {
  return (await cluster.get(indexRef({ ...app, id }))) !== undefined
}

function indexRef(snapshot: AppName & { id: string }): Ref {
  return secretRef(snapshot.namespace, ownMeta(snapshot, 'snapshot', `snapshot-${snapshot.id}`).name)
}

/**
 * The snapshots that earlier runs of the app left behind, the oldest first; call it with the lock held. Those that tell of nothing
 * written (the run died before), of all done, or of a deployment that was recorded, are cleared away.
 */
export async function findUnfinished(cluster: Cluster, app: AppName): Promise<Snapshot[]> {
  const labelSelector = `${ownSelector(app.app, 'snapshot')},${ROLE}=index`
  const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Secret', namespace: app.namespace, labelSelector })
  const recorded = items.length === 0 ? undefined : (await readInventory(cluster, app))?.revision
  const snapshots: Snapshot[] = []
  for (const secret of items.filter((one) => isIndex(one, app))) {
    const snapshot = await readSnapshot(cluster, app, secret)
    const { phase, revision } = snapshot
    const isSettled = phase === 'preparing' || phase === 'done' || (revision !== undefined && revision === recorded)
    if (isSettled) await deleteSnapshot(cluster, snapshot)
    else snapshots.push(snapshot)
  }
  return snapshots.sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime())
}

/** A create that was sent twice, since its answer was lost, finds its own. */
async function createOnce(cluster: Cluster, secret: KubeObject): Promise<void> {
  try {
    await cluster.create(secret)
  } catch (error) {
    if (!isConflict(error)) throw error
  }
}

function indexOf({ id, runUrl, revision, startedAt, phase, entries, chunks }: Snapshot): Index {
  return {
    id,
    runUrl,
    revision,
    startedAt,
    phase,
    chunks,
    refs: entries.map(({ ref, before }) => ({ ...ref, absent: !before })),
  }
}

async function readSnapshot(cluster: Cluster, app: AppName, secret: KubeObject): Promise<Snapshot> {
  let index: Index
  try {
    index = await readIndex(secret, app)
  } catch {
    return unreadable(app, secret)
  }
  const { refs, ...rest } = index
  if (!isBelievedIndex(secret, app)) return { ...app, ...rest, entries: [], damage: unsealed(secret) }
  const found = new Map<number, KubeObject>()
  for (const chunk of index.chunks) {
    for (const [number, object] of (await readChunk(cluster, chunk)) ?? []) found.set(number, object)
  }
  const entries = refs.flatMap(({ absent, ...ref }, number): SnapshotEntry[] => {
    const before = found.get(number)
    if (absent) return [{ ref, before: undefined }]
    return before && keyOf(refOf(before)) === keyOf(ref) ? [{ ref, before }] : []
  })
  const lost = refs.length - entries.length
  const damage = `The snapshot ${index.id} of ${index.runUrl} is damaged: the state of ${lost} of its ${refs.length} objects is lost.`
  return { ...app, ...rest, entries, ...(lost === 0 ? {} : { damage }) }
}

function unreadable(app: AppName, secret: KubeObject): Snapshot {
  return {
    ...app,
    id: idOf(secret, app),
    runUrl: '',
    revision: undefined,
    startedAt: new Date(secret.metadata.creationTimestamp ?? 0),
    phase: 'deploying',
    entries: [],
    chunks: [],
    damage: `The Secret \`${secret.metadata.name}\`, in which an earlier run kept a snapshot, is damaged: nothing of it can be read.`,
  }
}

function unsealed({ metadata }: KubeObject): string {
  return `The snapshot in the Secret \`${metadata.name}\` is not sealed with the digest-key, so nothing of it is put back: a run without this key has written it, or somebody else.`
}
