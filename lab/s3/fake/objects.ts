import { ALGORITHMS, type Algorithm, checksumOf, md5Hex } from './checksums.ts'
import { isAllowed } from './policy.ts'
import { Refusal, refuse } from './refusal.ts'
import { emptyReply, type S3Reply, storedHeaders, versionHeaders, xmlReply } from './reply.ts'
import type { S3Request } from './request.ts'
import type { Context } from './router.ts'
import {
  addDeleteMarker,
  addVersion,
  type Bucket,
  checkQuota,
  currentOf,
  dropVersion,
  isVersioned,
  type ObjectLock,
  type Stored,
  type Version,
  versionOf,
} from './state.ts'

export function putObject({ bucket, request, now }: Context): S3Reply {
  const { key, headers, body } = request
  checkAbsent(bucket, request)
  const lock = lockFrom(bucket, headers, now)
  const checksums = verifiedChecksums(request)
  if (lock !== undefined && Object.keys(checksums).length === 0 && headers['content-md5'] === undefined) {
    throw refuse.invalid(
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock',
    )
  }
  checkQuota(bucket, body.length)
  const version = addVersion(bucket, key, keep(bucket, body, checksums), lock, now)
  return emptyReply(200, { ...storedHeaders(version), ...versionHeaders(version) })
}

/** `If-None-Match: *` holds where there is no current version. */
export function checkAbsent(bucket: Bucket, { key, headers }: S3Request): void {
  const condition = headers['if-none-match']
  if (condition === undefined) return
  if (condition !== '*' || bucket.options.unknown?.includes('if-none-match') === true) {
    throw refuse.notImplemented('A header you provided')
  }
  if (currentOf(bucket, key) !== undefined) throw refuse.precondition()
}

/** Checksums that the client sent, in headers or behind the body, each compared with the bytes. */
export function verifiedChecksums({ headers, trailers, body }: S3Request): Stored['checksums'] {
  const md5 = headers['content-md5']
  if (md5 !== undefined && Buffer.from(md5, 'base64').toString('hex') !== md5Hex(body))
    throw refuse.badDigest('Content-MD5')
  const sent = { ...headers, ...trailers }
  const found = ALGORITHMS.flatMap((algorithm): [Algorithm, string][] => {
    const checksum = sent[`x-amz-checksum-${algorithm}`]
    return checksum === undefined ? [] : [[algorithm, checksum]]
  })
  for (const [algorithm, checksum] of found) {
    if (checksumOf(algorithm, body) !== checksum) throw refuse.badDigest(algorithm.toUpperCase())
  }
  return Object.fromEntries(found)
}

export function keep(bucket: Bucket, body: Buffer, checksums: Stored['checksums']): Stored {
  const kept = bucket.options.keepBodies === false ? undefined : body
  return { body: kept, bytes: body.length, etag: md5Hex(body), checksums }
}

export function lockFrom(bucket: Bucket, headers: Record<string, string>, now: Date): ObjectLock | undefined {
  const mode = headers['x-amz-object-lock-mode']
  const until = headers['x-amz-object-lock-retain-until-date']
  if (mode === undefined && until === undefined) return undefined
  if (bucket.options.objectLock !== true) throw refuse.invalid('Bucket is missing Object Lock Configuration')
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw refuse.argument('Unknown wormMode directive.')
  const date = new Date(until ?? '')
  if (!(date.getTime() > now.getTime())) throw refuse.argument('The retain until date must be in the future!')
  return { mode, until: date }
}

export function getObject({ bucket, request, user, now }: Context): S3Reply {
  const { key, query, headers } = request
  const version = versionOf(bucket, key, query.get('versionId'))
  if (version === undefined || version.kind === 'delete-marker') {
    // Who may not list isn't told what there is.
    throw isAllowed(user, 's3:ListBucket', bucket.name, key) ? refuse.noSuchKey(key) : refuse.accessDenied()
  }
  if (headers['if-match'] !== undefined && headers['if-match'] !== `"${version.etag}"`) throw refuse.precondition()
  if (query.has('retention')) return retentionReply(version, now)
  // Of a range, S3 tells no checksum: it has none.
  const told = headers['range'] === undefined ? version : { ...version, checksums: {} }
  const base = {
    ...storedHeaders(told),
    ...versionHeaders(version),
    'last-modified': version.modifiedAt.toUTCString(),
    'accept-ranges': 'bytes',
  }
  if (request.method === 'HEAD') return emptyReply(200, { ...base, 'content-length': `${version.bytes}` })
  if (version.body === undefined) throw new Refusal(500, 'InternalError', 'The bytes of this object were not kept.')
  const { headers: further, ...rest } = ranged(version.body, headers['range'])
  return { ...rest, headers: { ...base, ...further } }
}

function ranged(body: Buffer, range: string | undefined): S3Reply {
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  if (first === '') return { status: 200, headers: {}, body }
  const start = Number(first)
  if (start >= body.length) throw new Refusal(416, 'InvalidRange', 'The requested range is not satisfiable')
  const end = last === '' ? body.length - 1 : Math.min(Number(last), body.length - 1)
  const part = body.subarray(start, end + 1)
  return { status: 206, body: part, headers: { 'content-range': `bytes ${start}-${end}/${body.length}` } }
}

function retentionReply({ lock }: Version, now: Date): S3Reply {
  if (lock === undefined || lock.until <= now) {
    throw new Refusal(
      404,
      'NoSuchObjectLockConfiguration',
      'The specified object does not have a ObjectLock configuration',
    )
  }
  return xmlReply('Retention', { Mode: lock.mode, RetainUntilDate: lock.until.toISOString() })
}

export function deleteObject({ bucket, request, user, now }: Context): S3Reply {
  const { key, query, headers } = request
  const id = query.get('versionId')
  if (id === null && isVersioned(bucket)) {
    return emptyReply(204, { ...versionHeaders(addDeleteMarker(bucket, key, now)), 'x-amz-delete-marker': 'true' })
  }
  const version = versionOf(bucket, key, id ?? 'null')
  const bypass =
    headers['x-amz-bypass-governance-retention'] === 'true' &&
    isAllowed(user, 's3:BypassGovernanceRetention', `${bucket.name}/${key}`)
  if (version?.lock !== undefined && version.lock.until > now && !(bypass && version.lock.mode === 'GOVERNANCE')) {
    throw refuse.locked()
  }
  dropVersion(bucket, key, id ?? 'null')
  return emptyReply(204)
}
