import type { KubeObject, Ref } from '../kube/objects.ts'
import { type AppName, ownMeta, secretData } from './own-objects.ts'
import { pack, unpack } from './packed.ts'

/**
 * `preparing`: being written, nothing else has been; `deploying` and `rolling-back`: objects may have been written;
 * `done`: being deleted. It is changed before what it tells of begins.
 */
export type Phase = 'preparing' | 'deploying' | 'rolling-back' | 'done'

/** Secrets that together hold objects of one namespace. */
export interface Chunk {
  namespace: string
  pieces: { name: string; digest: string }[]
}

/** The table of a snapshot: what it is about, and where its objects are. */
export interface Index {
  id: string
  runUrl: string
  revision: number | undefined
  startedAt: Date
  phase: Phase
  /** In apply order; a position in this list is an object's number in the chunks. */
  refs: (Ref & { absent: boolean })[]
  chunks: Chunk[]
}

export const SNAPSHOT_TYPE = 'ondol.dev/snapshot'
export const ROLE = 'ondol.dev/snapshot-role'
export const PHASE = 'ondol.dev/phase'

export async function indexSecret(app: AppName, { phase, ...content }: Index): Promise<KubeObject> {
  const metadata = ownMeta(app, 'snapshot', `snapshot-${content.id}`)
  const pieces = await pack(content)
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, labels: { ...metadata.labels, [ROLE]: 'index' }, annotations: { [PHASE]: phase } },
    type: SNAPSHOT_TYPE,
    data: { index: Buffer.concat(pieces).toString('base64') },
  }
}

/** @throws Error when the Secret holds no index */
export async function readIndex(secret: KubeObject): Promise<Index> {
  const content = (await unpack([secretData(secret, 'index') ?? Buffer.alloc(0)])) as Omit<
    Index,
    'startedAt' | 'phase'
  > & {
    startedAt: string
  }
  return {
    ...content,
    // JSON has no undefined, by which an object of the whole cluster is told.
    refs: content.refs.map((ref) => ({ ...ref, namespace: ref.namespace })),
    startedAt: new Date(content.startedAt),
    phase: secret.metadata.annotations?.[PHASE] as Phase,
  }
}
