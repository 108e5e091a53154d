import { digest } from '../../../../lib/crypto/fingerprint.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { KubeObject } from '../kube/objects.ts'
import { ownMeta, secretData, secretRef } from './own-objects.ts'
import { pack, unpack } from './packed.ts'
import type { Snapshot } from './snapshot.ts'
import { type Chunk, ROLE, SNAPSHOT_TYPE } from './snapshot-index.ts'

/** The objects of a snapshot, by namespace. */
export async function chunksOf(snapshot: Snapshot): Promise<{ chunk: Chunk; secrets: KubeObject[] }[]> {
  const numbered = snapshot.entries
    .map(({ before }, number) => [number, before] as const)
    .filter(([, before]) => before)
  const byNamespace = [...Map.groupBy(numbered, ([, before]) => homeOf(snapshot, before))]
  return Promise.all(
    byNamespace.map(async ([namespace, objects]) => {
      const secrets = (await pack(objects)).map((piece, index) =>
        chunkSecret(snapshot, namespace, `${snapshot.id}-${index}`, piece),
      )
      return { chunk: chunkOf(namespace, secrets), secrets }
    }),
  )
}

/** `undefined` when a piece is missing or isn't what was written. */
export async function readChunk(
  cluster: Cluster,
  { namespace, pieces }: Chunk,
): Promise<[number, KubeObject][] | undefined> {
  const bytes: Buffer[] = []
  for (const { name, digest: expected } of pieces) {
    const secret = await cluster.get(secretRef(namespace, name))
    if (secret === undefined || digest(objectsIn(secret)) !== expected) return undefined
    bytes.push(objectsIn(secret))
  }
  try {
    return (await unpack(bytes)) as [number, KubeObject][]
  } catch {
    return undefined
  }
}

/** The namespace in which an object's snapshot lies: its own, or for one of the whole cluster the app's. */
function homeOf(snapshot: Snapshot, object: KubeObject | undefined): string {
  return object?.metadata.namespace ?? snapshot.namespace
}

function chunkSecret(snapshot: Snapshot, namespace: string, suffix: string, piece: Buffer): KubeObject {
  const metadata = ownMeta({ app: snapshot.app, namespace }, 'snapshot', `snapshot-${suffix}`)
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, labels: { ...metadata.labels, [ROLE]: 'chunk' } },
    type: SNAPSHOT_TYPE,
    immutable: true,
    data: { objects: piece.toString('base64') },
  }
}

function chunkOf(namespace: string, secrets: readonly KubeObject[]): Chunk {
  const pieces = secrets.map((secret) => ({ name: secret.metadata.name, digest: digest(objectsIn(secret)) }))
  return { namespace, pieces }
}

function objectsIn(secret: KubeObject): Buffer {
  return secretData(secret, 'objects') ?? Buffer.alloc(0)
}
