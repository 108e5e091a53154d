import { digest } from '../../../../lib/crypto/fingerprint.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { DeployError } from '../failure.ts'
import { names } from '../kube/names.ts'
import { type KubeObject, type Ref, refOf } from '../kube/objects.ts'
import { type AppName, ownMeta, ownName, ownSelector, secretData, secretRef } from './own-objects.ts'
import { pack, unpack } from './packed.ts'
import { isBelieved, seal } from './seal.ts'

/** How many good deployments can be gone back to. */
export const KEPT_REVISIONS = 10

export interface RevisionInfo {
  revision: number
  commit: string
  run: string
  actor: string
  /** Made by going back: the revision that first had this set. */
  restores?: number
  /** By the API server's clock. */
  at: Date
}

/** A Secret of the set: never its values. */
export interface SecretDigests {
  ref: Ref
  digests: Record<string, string>
}

export interface Revision extends RevisionInfo {
  /** As applied, in order, without Secrets. */
  objects: KubeObject[]
  secrets: SecretDigests[]
}

/** A piece's number stands in a label, so that a revision's pieces can be told apart from the outside. */
export const PIECE = 'ondol.dev/piece'
const TYPE = 'ondol.dev/revision'

/** All that are kept, the newest first. */
export async function listRevisions(cluster: Cluster, app: AppName): Promise<RevisionInfo[]> {
  const firsts = (await listPieces(cluster, app)).filter((secret) => pieceOf(secret) === 0)
  return firsts.map(infoOf).sort((one, other) => other.revision - one.revision)
}

/** One more than the newest, be it complete or not; 1 for the first. */
export async function nextRevision(cluster: Cluster, app: AppName): Promise<number> {
  const pieces = await listPieces(cluster, app)
  return Math.max(0, ...pieces.map((secret) => infoOf(secret).revision)) + 1
}

/**
 * `undefined` when it isn't kept (any more), or not all of it.
 *
 * @throws DeployError `invalid-input` when it bears no seal of the app's key
 */
export async function readRevision(cluster: Cluster, app: AppName, revision: number): Promise<Revision | undefined> {
  const pieces = (await listPieces(cluster, app))
    .filter((secret) => infoOf(secret).revision === revision)
    .sort((one, other) => pieceOf(one) - pieceOf(other))
  const [first] = pieces
  if (first === undefined || pieces.length !== countOf(first)) return undefined
  const { at: _, ...info } = infoOf(first)
  if (!isBelieved(first, app, 'revision', sealedContent(info, pieces.map(bytesOf)))) throw unsealed(revision)
  const content = await unpack(pieces.map(bytesOf))
  return { ...infoOf(first), ...(content as Pick<Revision, 'objects' | 'secrets'>) }
}

/**
 * Keeps what a good deployment applied, and drops what is older than the last {@link KEPT_REVISIONS}.
 *
 * @param digestOf of one value of a Secret, in the bytes that a pod sees; keyed
 * @throws ApiError 409 when the revision exists
 */
export async function recordRevision(
  cluster: Cluster,
  app: AppName,
  { objects, ...info }: Omit<RevisionInfo, 'at'> & { objects: readonly KubeObject[] },
  digestOf: (value: Buffer) => string,
): Promise<void> {
  const secrets = objects.filter(isSecret).map((secret) => ({ ref: refOf(secret), digests: digests(secret, digestOf) }))
  const pieces = await pack({ objects: objects.filter((object) => !isSecret(object)), secrets })
  const marks = seal(app, 'revision', sealedContent(info, pieces))
  // The first piece last: by it a revision exists.
  for (const [index, piece] of [...pieces.entries()].reverse()) {
    await cluster.create(revisionSecret(app, info, { index, count: pieces.length, piece, marks }))
  }
  await dropOld(cluster, app, info.revision - KEPT_REVISIONS)
}

function revisionSecret(
  app: AppName,
  { revision, commit, run, actor, restores }: Omit<RevisionInfo, 'at'>,
  { index, count, piece, marks }: { index: number; count: number; piece: Buffer; marks: Record<string, string> },
): KubeObject {
  const { labels, ...metadata } = ownMeta(app, 'revision', suffixOf(revision, index))
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...metadata,
      labels: { ...labels, [names.revision]: String(revision), [PIECE]: String(index) },
      annotations: {
        [names.commit]: commit,
        [names.run]: run,
        [names.actor]: actor,
        ...(restores === undefined ? {} : { [names.restores]: String(restores) }),
        'ondol.dev/pieces': String(count),
        ...marks,
      },
    },
    type: TYPE,
    immutable: true,
    data: { objects: piece.toString('base64') },
  }
}

async function dropOld(cluster: Cluster, app: AppName, upTo: number): Promise<void> {
  const old = (await listPieces(cluster, app)).filter((secret) => infoOf(secret).revision <= upTo)
  for (const { metadata } of old) await cluster.delete(secretRef(app.namespace, metadata.name))
}

async function listPieces(cluster: Cluster, { app, namespace }: AppName): Promise<KubeObject[]> {
  const query = { apiVersion: 'v1', kind: 'Secret', namespace, labelSelector: ownSelector(app, 'revision') }
  return (await cluster.list(query)).items.filter((secret) => isPiece(secret, app))
}

/** By type and name; labels are soon copied. */
function isPiece(secret: KubeObject, app: string): boolean {
  const [number, piece] = [secret.metadata.labels?.[names.revision] ?? '', pieceOf(secret)]
  const isNamed = secret.metadata.name === ownName(app, suffixOf(number, piece))
  return secret['type'] === TYPE && /^\d{1,9}$/.test(number) && isNamed
}

function suffixOf(revision: number | string, piece: number): string {
  return `revision-${revision}${piece === 0 ? '' : `-${piece}`}`
}

/** Everything of a revision that is acted upon. */
function sealedContent(info: Omit<RevisionInfo, 'at'>, pieces: readonly Buffer[]): unknown {
  const { revision, commit, run, actor, restores } = info
  return [revision, commit, run, actor, restores ?? 0, pieces.map(digest)]
}

function unsealed(revision: number): DeployError {
  return new DeployError({
    reason: 'invalid-input',
    message: `Revision ${revision} is not sealed with the digest-key: a run without this key has recorded it, or somebody else.`,
    remedy: 'Choose another one with the input to-revision, or deploy the older commit.',
  })
}

function bytesOf(piece: KubeObject): Buffer {
  return secretData(piece, 'objects') ?? Buffer.alloc(0)
}

function infoOf({ metadata }: KubeObject): RevisionInfo {
  const restores = Number(metadata.annotations?.[names.restores] ?? 0)
  return {
    revision: Number(metadata.labels?.[names.revision] ?? 0),
    commit: metadata.annotations?.[names.commit] ?? '',
    run: metadata.annotations?.[names.run] ?? '',
    actor: metadata.annotations?.[names.actor] ?? '',
    ...(restores > 0 ? { restores } : {}),
    at: new Date(metadata.creationTimestamp ?? 0),
  }
}

function pieceOf({ metadata }: KubeObject): number {
  return Number(metadata.labels?.[PIECE])
}

function countOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.['ondol.dev/pieces'])
}

function isSecret({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion === 'v1' && kind === 'Secret'
}

function digests(secret: KubeObject, digestOf: (value: Buffer) => string): Record<string, string> {
  const encoded = Object.entries((secret['data'] ?? {}) as Record<string, string>)
  const plain = Object.entries((secret['stringData'] ?? {}) as Record<string, string>)
  return Object.fromEntries([
    ...encoded.map(([key, value]) => [key, digestOf(Buffer.from(value, 'base64'))]),
    ...plain.map(([key, value]) => [key, digestOf(Buffer.from(value))]),
  ])
}
