import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { Target } from './s3-calls.ts'
import { creation, creationAction, wantsChecksums } from './s3-creation.ts'
import { whenCode } from './s3-errors.ts'
import { type Lock, StoreError } from './store.ts'

/** A part as the store has taken it. */
export interface Part {
  number: number
  bytes: number
  etag: string
  /** Whether its ETag is an MD5: with a KMS key it isn't ("Object", Amazon S3 API reference). */
  etagIsDigest: boolean
  /** Of its bytes; absent where the store wants no checksums. */
  sha256: Buffer | undefined
}

/** Begins a multipart upload and gives its id. */
export async function beginUpload(target: Target, key: string, lock: Lock | undefined): Promise<string> {
  const algorithm = wantsChecksums(target, lock) ? { ChecksumAlgorithm: 'SHA256' as const } : {}
  const reply = await target.call({ action: creationAction(lock), doing: `begin ${key}` }, (client, send) =>
    client.send(new CreateMultipartUploadCommand({ ...creation(target, key, lock), ...algorithm }), send),
  )
  if (reply.UploadId === undefined) throw unprovable(target, `begin ${key}`, 'the store gave no upload id')
  return reply.UploadId
}

export async function sendPart(
  target: Target,
  upload: { key: string; id: string; signal: AbortSignal },
  part: { number: number; body: Uint8Array; sha256: Buffer | undefined },
): Promise<Part> {
  const { key, id, signal } = upload
  const { number, body, sha256 } = part
  const input = {
    Bucket: target.bucket,
    Key: target.fullKey(key),
    UploadId: id,
    PartNumber: number,
    Body: body,
    ...(sha256 === undefined ? {} : { ChecksumSHA256: sha256.toString('base64') }),
  }
  const doing = `write part ${number} of ${key}`
  const reply = await target.call({ action: 's3:PutObject', doing, signal }, (client, send) =>
    client.send(new UploadPartCommand(input), send),
  )
  if (reply.ChecksumSHA256 !== undefined && reply.ChecksumSHA256 !== input.ChecksumSHA256) {
    throw unprovable(target, doing, 'the store has other bytes than were sent')
  }
  if (reply.ETag === undefined) throw unprovable(target, doing, 'the store gave no ETag')
  const etagIsDigest = reply.ServerSideEncryption?.startsWith('aws:kms') !== true
  return { number, bytes: body.length, etag: reply.ETag, etagIsDigest, sha256 }
}

/**
 * Makes one object of the parts. The store compares checksums and the size that it is told; its answer is compared with
 * ours. `unanswered`: the reply to a request that had been carried out was lost, and only a list can tell.
 */
export async function completeUpload(
  target: Target,
  key: string,
  id: string,
  parts: readonly Part[],
): Promise<'proved' | 'unanswered'> {
  const doing = `complete ${key}`
  const input = {
    Bucket: target.bucket,
    Key: target.fullKey(key),
    UploadId: id,
    MultipartUpload: { Parts: parts.map(completedPart) },
    MpuObjectSize: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  }
  const reply = await target.call({ action: 's3:PutObject', doing }, (client, send) =>
    client.send(new CompleteMultipartUploadCommand(input), send).catch(whenCode(['NoSuchUpload'], undefined)),
  )
  if (reply === undefined) return 'unanswered'
  const problem = contradiction(reply, parts)
  if (problem !== undefined) throw unprovable(target, doing, problem)
  return 'proved'
}

function completedPart({ number, etag, sha256 }: Part) {
  return {
    PartNumber: number,
    ETag: etag,
    ...(sha256 === undefined ? {} : { ChecksumSHA256: sha256.toString('base64') }),
  }
}

function contradiction(reply: CompleteMultipartUploadCommandOutput, parts: readonly Part[]): string | undefined {
  const { ChecksumSHA256, ETag } = reply
  const ours = compositeSha256(parts)
  if (ChecksumSHA256 !== undefined && ours !== undefined) {
    return ChecksumSHA256 === ours ? undefined : 'the checksum of the whole is not that of its parts'
  }
  const etag = compositeEtag(parts)
  return etag !== undefined && isComposite(ETag) && bare(ETag) !== etag
    ? 'the ETag of the whole is not that of its parts'
    : undefined
}

/** SHA-256 of the parts' SHA-256, and their number: what S3 calls a composite checksum. */
export function compositeSha256(parts: readonly Part[]): string | undefined {
  const digests = parts.flatMap(({ sha256 }) => (sha256 === undefined ? [] : [sha256]))
  if (digests.length < parts.length) return undefined
  return `${createHash('sha256').update(Buffer.concat(digests)).digest('base64')}-${parts.length}`
}

/** The same of MD5, which ETags are made of; `undefined` when those of the parts aren't. */
export function compositeEtag(parts: readonly Part[]): string | undefined {
  const digests = parts.map(({ etag }) => bare(etag))
  const known =
    parts.every(({ etagIsDigest }) => etagIsDigest) && digests.every((digest) => /^[0-9a-f]{32}$/.test(digest))
  if (!known) return undefined
  return `${createHash('md5')
    .update(Buffer.from(digests.join(''), 'hex'))
    .digest('hex')}-${parts.length}`
}

export function isComposite(etag: string | undefined): etag is string {
  return etag !== undefined && /^[0-9a-f]{32}-\d+$/.test(bare(etag))
}

export function bare(etag: string): string {
  return etag.replace(/^"|"$/g, '')
}

/** Removes the parts of an upload; one that isn't there any more is fine. */
export async function abortUpload(target: Target, key: string, id: string, signal?: AbortSignal): Promise<void> {
  const input = { Bucket: target.bucket, Key: target.fullKey(key), UploadId: id }
  await target.call({ action: 's3:AbortMultipartUpload', doing: `give up ${key}`, signal }, (client, send) =>
    client.send(new AbortMultipartUploadCommand(input), send).catch(whenCode(['NoSuchUpload', 'NotFound'], undefined)),
  )
}

export function unprovable({ name }: Target, doing: string, problem: string): StoreError {
  return new StoreError('store-missing', `${name} could not ${doing}: ${problem}.`)
}
