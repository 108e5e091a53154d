import { refuse } from './refusal.ts'
import { type S3Reply, xmlReply } from './reply.ts'
import type { Context } from './router.ts'
import { type Bucket, currentOf, type Version } from './state.ts'

/** What one place in a list shows: an object, or all that begins alike up to a delimiter. */
type Shown = { kind: 'object'; key: string; version: Version } | { kind: 'prefix'; key: string }

export function listObjects({ bucket, request }: Context): S3Reply {
  const { query } = request
  if (query.get('list-type') !== '2') throw refuse.notImplemented('The first version of listing objects')
  const prefix = query.get('prefix') ?? ''
  const after = fromToken(query.get('continuation-token')) ?? query.get('start-after') ?? ''
  const all = shown(bucket, prefix, query.get('delimiter') ?? '').filter(({ key }) => isAfter(key, after))
  const page = all.slice(0, Math.min(Number(query.get('max-keys') ?? 1000), bucket.options.pageSize ?? 1000))
  const truncated = page.length < all.length
  return xmlReply('ListBucketResult', {
    Name: bucket.name,
    Prefix: prefix,
    KeyCount: page.length,
    IsTruncated: truncated,
    NextContinuationToken: truncated ? toToken(page.at(-1)?.key ?? '') : undefined,
    Contents: page.flatMap((one) => (one.kind === 'object' ? [contentOf(one.key, one.version)] : [])),
    CommonPrefixes: page.flatMap((one) => (one.kind === 'prefix' ? [{ Prefix: one.key }] : [])),
  })
}

function shown(bucket: Bucket, prefix: string, delimiter: string): Shown[] {
  const places = new Map<string, Shown>()
  for (const key of sortedKeys(bucket)) {
    const version = currentOf(bucket, key)
    if (version === undefined || !key.startsWith(prefix)) continue
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const folder = key.slice(0, end + delimiter.length)
    if (end === -1) places.set(key, { kind: 'object', key, version })
    else places.set(folder, { kind: 'prefix', key: folder })
  }
  return [...places.values()]
}

function contentOf(key: string, { bytes, etag, modifiedAt }: Version) {
  return { Key: key, LastModified: modifiedAt.toISOString(), ETag: `"${etag}"`, Size: bytes, StorageClass: 'STANDARD' }
}

export function listVersions({ bucket, request }: Context): S3Reply {
  const { query } = request
  const prefix = query.get('prefix') ?? ''
  const all = sortedKeys(bucket)
    .filter((key) => key.startsWith(prefix))
    .flatMap((key) =>
      (bucket.versions.get(key) ?? []).map((version, index) => ({ key, version, isLatest: index === 0 })),
    )
  const marker = query.get('version-id-marker')
  const start =
    marker === null ? 0 : all.findIndex((one) => one.version.id === marker && one.key === query.get('key-marker')) + 1
  const page = all.slice(start, start + (bucket.options.pageSize ?? 1000))
  const truncated = start + page.length < all.length
  const entries = (kind: Version['kind']) =>
    page
      .filter(({ version }) => version.kind === kind)
      .map(({ key, version, isLatest }) => ({
        Key: key,
        VersionId: version.id,
        IsLatest: isLatest,
        LastModified: version.modifiedAt.toISOString(),
        Size: kind === 'object' ? version.bytes : undefined,
      }))
  return xmlReply('ListVersionsResult', {
    Name: bucket.name,
    Prefix: prefix,
    IsTruncated: truncated,
    NextKeyMarker: truncated ? page.at(-1)?.key : undefined,
    NextVersionIdMarker: truncated ? page.at(-1)?.version.id : undefined,
    Version: entries('object'),
    DeleteMarker: entries('delete-marker'),
  })
}

/** In the order of their bytes. */
function sortedKeys({ versions }: Bucket): string[] {
  return [...versions.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

function isAfter(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0
}

function toToken(key: string): string {
  return Buffer.from(key).toString('base64url')
}

function fromToken(token: string | null): string | undefined {
  return token === null ? undefined : Buffer.from(token, 'base64url').toString()
}
