import type { HttpReply, HttpRequest } from '../http.ts'
import type { Artifact } from '../world/artifact.ts'
import type { World } from '../world/world.ts'
import { isGranted } from './signature.ts'

/** Where the blobs are; account, container and blob name follow in the path, as Azure's clients expect of a bare address. */
export const BLOBS_PREFIX = '/blobs/'

function refusal(status: number, code: string): HttpReply {
  const content = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`)
  return { status, headers: { 'content-type': 'application/xml', 'x-ms-error-code': code }, content }
}

function created(artifact: Artifact): HttpReply {
  const headers = { etag: `"${artifact.id}"`, 'x-ms-request-id': `${artifact.id}`, 'x-ms-version': '2025-01-05' }
  return { status: 201, headers: { ...headers, 'content-length': '0' } }
}

function commit(artifact: Artifact, content: Buffer): HttpReply {
  artifact.content = content
  artifact.blocks.clear()
  return created(artifact)
}

/** Puts the blocks together in the order of the list, which may name one twice or leave one out. */
function commitBlocks(artifact: Artifact, list: string): HttpReply {
  const ids = [...list.matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]+)</g)].map(([, id = '']) => id)
  const blocks = ids.map((id) => artifact.blocks.get(id))
  if (blocks.includes(undefined)) return refusal(400, 'InvalidBlockList')
  return commit(artifact, Buffer.concat(blocks as Buffer[]))
}

function put(artifact: Artifact, { url, headers, body }: HttpRequest): HttpReply {
  if (artifact.finalized) return refusal(409, 'BlobImmutableDueToPolicy')
  switch (url.searchParams.get('comp')) {
    case 'block':
      artifact.blocks.set(url.searchParams.get('blockid') ?? '', body)
      return created(artifact)
    case 'blocklist':
      return commitBlocks(artifact, body.toString('utf8'))
    case null:
      return headers['x-ms-blob-type'] === 'BlockBlob' ? commit(artifact, body) : refusal(400, 'MissingRequiredHeader')
    default:
      return refusal(400, 'InvalidQueryParameterValue')
  }
}

function get({ name, mimeType, content }: Artifact): HttpReply {
  if (content === null) return refusal(404, 'BlobNotFound')
  const file = encodeURIComponent(mimeType === 'application/zip' ? `${name}.zip` : name)
  const disposition = `attachment; filename="${file}"; filename*=UTF-8''${file}`
  return { status: 200, headers: { 'content-type': mimeType, 'content-disposition': disposition }, content }
}

/** Stores and gives artifacts' bytes, for whoever holds a signed address. */
export function answerBlobs(world: World, request: HttpRequest): HttpReply {
  const { method, url } = request
  if (!isGranted(url, method === 'PUT' ? 'w' : 'r', world.clock.now())) return refusal(403, 'AuthenticationFailed')
  const id = url.pathname.split('/').at(-1)
  const artifact = world.repositories.flatMap(({ artifacts }) => artifacts).find((one) => `${one.id}` === id)
  if (artifact === undefined) return refusal(404, 'BlobNotFound')
  return method === 'PUT' ? put(artifact, request) : get(artifact)
}
