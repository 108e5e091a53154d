import type { ServerSideEncryption, StorageClass } from '@aws-sdk/client-s3'
import type { Target } from './s3-calls.ts'
import type { Lock } from './store.ts'

/** How an object is created, whichever way its bytes come. */
export function creation({ location, bucket, fullKey }: Target, key: string, lock: Lock | undefined) {
  const { storageClass, sse } = location
  return {
    Bucket: bucket,
    Key: fullKey(key),
    ...(storageClass === undefined ? {} : { StorageClass: storageClass as StorageClass }),
    ...(sse === undefined ? {} : { ServerSideEncryption: sse as ServerSideEncryption }),
    ...(lock === undefined ? {} : lockOf(lock)),
  }
}

function lockOf({ mode, until }: Lock) {
  return {
    ObjectLockMode: mode === 'compliance' ? ('COMPLIANCE' as const) : ('GOVERNANCE' as const),
    ObjectLockRetainUntilDate: until,
  }
}

/** Rights that creating an object needs. */
export function creationAction(lock: Lock | undefined): string {
  return lock === undefined ? 's3:PutObject' : 's3:PutObject (with s3:PutObjectRetention)'
}

/**
 * Whether bytes carry a SHA-256; without it, their signature alone covers them. A locked object has to have one, whatever the
 * store ("Object Lock considerations", Amazon S3 user guide).
 */
export function wantsChecksums({ settings }: Target, lock: Lock | undefined): boolean {
  return settings.requestChecksums === 'when-supported' || lock !== undefined
}
