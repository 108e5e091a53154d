import { randomBytes } from 'node:crypto'
import { ALGORITHMS, type Algorithm, checksumOf, compositeOf } from './checksums.ts'
import { checkAbsent, keep, lockFrom, verifiedChecksums } from './objects.ts'
import { Refusal, refuse } from './refusal.ts'
import { checksumElements, emptyReply, type S3Reply, storedHeaders, versionHeaders, xmlReply } from './reply.ts'
import type { Context } from './router.ts'
import { addVersion, type Bucket, checkQuota, etagOfParts, type Stored, type Upload, uploadOf } from './state.ts'
import { textOf, textsOf } from './xml.ts'

const MIB = 1024 * 1024
/** "Amazon S3 multipart upload limits". */
const LIMITS = { smallestPart: 5 * MIB, largestPart: 5 * 1024 * MIB, parts: 10_000 }

export function beginUpload({ bucket, request, now }: Context): S3Reply {
  const { key, headers } = request
  const algorithm = headers['x-amz-checksum-algorithm']?.toLowerCase() as Algorithm | undefined
  if (algorithm !== undefined && !ALGORITHMS.includes(algorithm)) throw refuse.notImplemented(`Checksum ${algorithm}`)
  const upload: Upload = {
    id: randomBytes(12).toString('hex'),
    key,
    startedAt: now,
    algorithm,
    checksumType: checksumTypeFor(algorithm, headers['x-amz-checksum-type']),
    lock: lockFrom(bucket, headers, now),
    parts: new Map(),
  }
  bucket.uploads.set(upload.id, upload)
  return xmlReply('InitiateMultipartUploadResult', { Bucket: bucket.name, Key: key, UploadId: upload.id })
}

/** SHA-256 is only composite and CRC-64/NVME only of the full object ("Checking object integrity", user guide). */
function checksumTypeFor(algorithm: Algorithm | undefined, asked: string | undefined): Upload['checksumType'] {
  const type = asked ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE')
  const impossible = algorithm === 'sha256' ? 'FULL_OBJECT' : algorithm === 'crc64nvme' ? 'COMPOSITE' : undefined
  if (type === impossible || (type !== 'COMPOSITE' && type !== 'FULL_OBJECT')) {
    throw refuse.invalid(`The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`)
  }
  return type
}

export function putPart({ bucket, request }: Context): S3Reply {
  const { key, query, body } = request
  const upload = uploadOf(bucket, key, query.get('uploadId') ?? '')
  const number = Number(query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > LIMITS.parts)
    throw refuse.argument('Part number must be 1 to 10000')
  const checksums = verifiedChecksums(request)
  if (
    upload.algorithm !== undefined &&
    upload.checksumType === 'COMPOSITE' &&
    checksums[upload.algorithm] === undefined
  ) {
    throw refuse.invalid(`Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm}`)
  }
  checkQuota(bucket, body.length)
  const part = keep(bucket, body, checksums)
  upload.parts.set(number, part)
  return emptyReply(200, storedHeaders(part))
}

interface Named {
  number: number
  part: Stored
}

export function completeUpload({ bucket, request, now }: Context): S3Reply {
  const { key, query, headers, body } = request
  const upload = uploadOf(bucket, key, query.get('uploadId') ?? '')
  const named = namedParts(upload, body.toString())
  checkSizes(bucket, named)
  const bytes = named.reduce((sum, { part }) => sum + part.bytes, 0)
  const told = headers['x-amz-mp-object-size']
  if (told !== undefined && Number(told) !== bytes)
    throw refuse.invalid('The provided x-amz-mp-object-size does not match.')
  checkAbsent(bucket, request)
  const version = addVersion(bucket, key, joined(bucket, upload, named, bytes), upload.lock, now)
  bucket.uploads.delete(upload.id)
  const reply = xmlReply('CompleteMultipartUploadResult', {
    Bucket: bucket.name,
    Key: key,
    ETag: `"${version.etag}"`,
    ...checksumElements(version.checksums),
    ChecksumType: upload.algorithm === undefined ? undefined : upload.checksumType,
  })
  return { ...reply, headers: { ...reply.headers, ...versionHeaders(version) } }
}

/** The parts that a request to complete names, each proved to be what was uploaded. */
function namedParts(upload: Upload, xml: string): Named[] {
  const named = textsOf(xml, 'Part').map((text) => {
    const number = Number(textOf(text, 'PartNumber'))
    const part = upload.parts.get(number)
    const etag = textOf(text, 'ETag')?.replaceAll('"', '')
    if (part === undefined || part.etag !== etag || !hasChecksums(text, part, upload)) {
      throw new Refusal(400, 'InvalidPart', 'One or more of the specified parts could not be found or did not match.')
    }
    return { number, part }
  })
  if (named.length === 0) throw new Refusal(400, 'MalformedXML', 'The XML you provided was not well-formed.')
  if (named.some(({ number }, index) => number <= (named[index - 1]?.number ?? 0))) {
    throw new Refusal(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.')
  }
  return named
}

function hasChecksums(xml: string, part: Stored, { algorithm, checksumType }: Upload): boolean {
  if (algorithm === undefined || checksumType === 'FULL_OBJECT') return true
  return textOf(xml, `Checksum${algorithm.toUpperCase()}`) === part.checksums[algorithm]
}

function checkSizes({ options }: Bucket, named: readonly Named[]): void {
  const all = named.slice(0, -1).map(({ part }) => part.bytes)
  const last = named.at(-1)?.part.bytes ?? 0
  if (all.some((bytes) => bytes < LIMITS.smallestPart)) {
    throw new Refusal(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed object size.')
  }
  if ([...all, last].some((bytes) => bytes > LIMITS.largestPart)) {
    throw new Refusal(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.')
  }
  const size = all[0]
  if (options.equalParts === true && size !== undefined && (all.some((bytes) => bytes !== size) || last > size)) {
    throw new Refusal(400, 'InvalidPart', 'All non-trailing parts must have the same length.')
  }
}

function joined(bucket: Bucket, upload: Upload, named: readonly Named[], bytes: number): Stored {
  const parts = named.map(({ part }) => part)
  const body =
    bucket.options.keepBodies === false ? undefined : Buffer.concat(parts.map((part) => part.body ?? Buffer.alloc(0)))
  return { body, bytes, etag: etagOfParts(parts), checksums: checksumsOf(upload, parts, body) }
}

function checksumsOf(
  { algorithm, checksumType }: Upload,
  parts: readonly Stored[],
  body: Buffer | undefined,
): Stored['checksums'] {
  if (algorithm === undefined) return {}
  if (checksumType === 'FULL_OBJECT') return { [algorithm]: checksumOf(algorithm, body ?? Buffer.alloc(0)) }
  return {
    [algorithm]: compositeOf(
      algorithm,
      parts.map((part) => part.checksums[algorithm] ?? ''),
    ),
  }
}

export function abortUpload({ bucket, request }: Context): S3Reply {
  const upload = uploadOf(bucket, request.key, request.query.get('uploadId') ?? '')
  bucket.uploads.delete(upload.id)
  return emptyReply(204)
}

export function listUploads({ bucket, request }: Context): S3Reply {
  const { query } = request
  const prefix = query.get('prefix') ?? ''
  const after = query.get('upload-id-marker')
  const all = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const rest = after === null ? all : all.filter(({ id }) => id > after)
  const page = rest.slice(0, bucket.options.pageSize ?? 1000)
  const truncated = page.length < rest.length
  return xmlReply('ListMultipartUploadsResult', {
    Bucket: bucket.name,
    Prefix: prefix,
    IsTruncated: truncated,
    NextKeyMarker: truncated ? page.at(-1)?.key : undefined,
    NextUploadIdMarker: truncated ? page.at(-1)?.id : undefined,
    Upload: page.map(({ id, key, startedAt }) => ({ Key: key, UploadId: id, Initiated: startedAt.toISOString() })),
  })
}

export function listParts({ bucket, request }: Context): S3Reply {
  const upload = uploadOf(bucket, request.key, request.query.get('uploadId') ?? '')
  const parts = [...upload.parts].sort(([a], [b]) => a - b)
  return xmlReply('ListPartsResult', {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.id,
    IsTruncated: false,
    Part: parts.map(([number, { etag, bytes, checksums }]) => ({
      PartNumber: number,
      ETag: `"${etag}"`,
      Size: bytes,
      ...checksumElements(checksums),
    })),
  })
}
