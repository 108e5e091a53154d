import { randomBytes } from 'node:crypto'
import type { Algorithm } from './checksums.ts'
import { compositeEtag } from './checksums.ts'
import { Refusal, refuse } from './refusal.ts'

export interface BucketOptions {
  versioned?: boolean
  /** Implies `versioned`. */
  objectLock?: boolean
  /** All parts but the last have to be of one size, as Cloudflare R2 wants it. */
  equalParts?: boolean
  /** What all its versions and parts may take. */
  quotaBytes?: number
  /** False: only sizes and checksums are kept, for what is too large for memory. Such objects can't be read. */
  keepBodies?: boolean
  /** Keys on one page of a list. */
  pageSize?: number
  /** The XML of its lifecycle configuration. */
  lifecycle?: string
  /** Operations that it doesn't know, by the word in their query: `versions`, `lifecycle`; or `if-none-match`. */
  unknown?: readonly string[]
}

export interface ObjectLock {
  mode: 'GOVERNANCE' | 'COMPLIANCE'
  until: Date
}

/** Bytes as they were received. */
export interface Stored {
  body: Buffer | undefined
  bytes: number
  etag: string
  checksums: Partial<Record<Algorithm, string>>
}

export interface Version extends Stored {
  id: string
  kind: 'object' | 'delete-marker'
  modifiedAt: Date
  lock: ObjectLock | undefined
}

export interface Upload {
  id: string
  key: string
  startedAt: Date
  algorithm: Algorithm | undefined
  checksumType: 'COMPOSITE' | 'FULL_OBJECT'
  lock: ObjectLock | undefined
  parts: Map<number, Stored>
}

export interface Bucket {
  name: string
  options: BucketOptions
  /** Newest first. */
  versions: Map<string, Version[]>
  uploads: Map<string, Upload>
}

export function createBucket(name: string, options: BucketOptions): Bucket {
  return { name, options, versions: new Map(), uploads: new Map() }
}

export function isVersioned({ options }: Bucket): boolean {
  return options.versioned === true || options.objectLock === true
}

/** The version that a request without an id is about. */
export function currentOf(bucket: Bucket, key: string): Version | undefined {
  const newest = bucket.versions.get(key)?.[0]
  return newest?.kind === 'object' ? newest : undefined
}

export function versionOf(bucket: Bucket, key: string, id: string | null): Version | undefined {
  return id === null ? currentOf(bucket, key) : bucket.versions.get(key)?.find((version) => version.id === id)
}

/** Makes bytes the newest version of a key; without versions, the only one. */
export function addVersion(
  bucket: Bucket,
  key: string,
  stored: Stored,
  lock: ObjectLock | undefined,
  now: Date,
): Version {
  const id = isVersioned(bucket) ? randomBytes(12).toString('hex') : 'null'
  const version: Version = { ...stored, id, kind: 'object', modifiedAt: now, lock }
  const earlier = isVersioned(bucket) ? (bucket.versions.get(key) ?? []) : []
  bucket.versions.set(key, [version, ...earlier])
  return version
}

export function addDeleteMarker(bucket: Bucket, key: string, now: Date): Version {
  const empty: Stored = { body: undefined, bytes: 0, etag: '', checksums: {} }
  const marker = addVersion(bucket, key, empty, undefined, now)
  marker.kind = 'delete-marker'
  return marker
}

export function dropVersion(bucket: Bucket, key: string, id: string): void {
  const left = (bucket.versions.get(key) ?? []).filter((version) => version.id !== id)
  if (left.length === 0) bucket.versions.delete(key)
  else bucket.versions.set(key, left)
}

/** Throws when so many more bytes don't fit into the bucket. */
export function checkQuota(bucket: Bucket, bytes: number): void {
  const { quotaBytes } = bucket.options
  if (quotaBytes === undefined) return
  const stored = [...bucket.versions.values()].flat().reduce((sum, version) => sum + version.bytes, 0)
  const parts = [...bucket.uploads.values()].flatMap((upload) => [...upload.parts.values()])
  const used = parts.reduce((sum, part) => sum + part.bytes, stored)
  if (used + bytes > quotaBytes) throw new Refusal(403, 'QuotaExceeded', 'The quota of the bucket is exceeded.')
}

export function uploadOf(bucket: Bucket, key: string, id: string): Upload {
  const upload = bucket.uploads.get(id)
  if (upload === undefined || upload.key !== key) throw refuse.noSuchUpload()
  return upload
}

export function etagOfParts(parts: readonly Stored[]): string {
  return compositeEtag(parts.map(({ etag }) => etag))
}
