import { digest } from '../../../../lib/crypto/fingerprint.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'
import { type AppName, ownMeta, ownName, secretData } from './own-objects.ts'
import { pack, unpack } from './packed.ts'
import { isBelieved, seal } from './seal.ts'

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

/** Names of Secrets of this type are `ondol-<app>-snapshot-<id>`, and with a number behind it for chunks. */
const ID = /^[0-9a-f]{10}$/

export async function indexSecret(app: AppName, { phase, ...content }: Index): Promise<KubeObject> {
  const metadata = ownMeta(app, 'snapshot', `snapshot-${content.id}`)
  const bytes = Buffer.concat(await pack(content))
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [ROLE]: 'index' },
      annotations: { [PHASE]: phase, ...seal(app, 'snapshot', digest(bytes)) },
    },
    type: SNAPSHOT_TYPE,
    data: { index: bytes.toString('base64') },
  }
}

/** By type and name; labels are soon copied. */
export function isIndex(secret: KubeObject, app: AppName): boolean {
  return secret['type'] === SNAPSHOT_TYPE && ID.test(idOf(secret, app))
}

export function idOf({ metadata }: KubeObject, { app }: AppName): string {
  const prefix = ownName(app, 'snapshot-')
  return metadata.name.startsWith(prefix) ? metadata.name.slice(prefix.length) : ''
}

/** Has a run of this app written it, as far as that can be known? What it holds may be damaged nevertheless. */
export function isBelievedIndex(secret: KubeObject, app: AppName): boolean {
  return isBelieved(secret, app, 'snapshot', digest(bytesOf(secret)))
}

/** @throws Error when the Secret holds no index of its own name */
export async function readIndex(secret: KubeObject, app: AppName): Promise<Index> {
  const content = (await unpack([bytesOf(secret)])) as Omit<Index, 'startedAt' | 'phase'> & { startedAt: string }
  const id = idOf(secret, app)
  const pieces = content.chunks.flatMap(({ pieces }) => pieces)
  if (content.id !== id || !pieces.every(({ name }) => name.startsWith(`${secret.metadata.name}-`))) {
    throw new Error('this is no index')
  }
  return {
    ...content,
    // JSON has no undefined, by which an object of the whole cluster is told.
    refs: content.refs.map((ref) => ({ ...ref, namespace: ref.namespace })),
    startedAt: new Date(content.startedAt),
    phase: secret.metadata.annotations?.[PHASE] as Phase,
  }
}

function bytesOf(secret: KubeObject): Buffer {
  return secretData(secret, 'index') ?? Buffer.alloc(0)
}
