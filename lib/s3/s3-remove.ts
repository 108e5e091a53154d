import {
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3'
import type { Target } from './s3-calls.ts'
import { errorCode, isLocked, whenCode } from './s3-errors.ts'
import { findObject } from './s3-list.ts'

export type Removal = 'removed' | 'retained' | 'missing'

interface Version {
  id: string
  kind: 'object' | 'delete-marker'
}

/**
 * Removes every version of a key by its id, the oldest first, so that none comes to light again when this is cut short. A
 * delete marker stays where a lock keeps a version under it, and none is ever laid.
 */
export async function removeObject(target: Target, key: string): Promise<Removal> {
  const versions = await versionsOf(target, key)
  if (versions === undefined) return removeUnversioned(target, key)
  if (versions.length === 0) return 'missing'
  const objects = versions.filter(({ kind }) => kind === 'object').reverse()
  const fates: Removal[] = []
  for (const { id } of objects) fates.push(await removeVersion(target, key, id))
  if (fates.includes('retained')) return 'retained'
  for (const { id, kind } of versions) if (kind === 'delete-marker') await removeVersion(target, key, id)
  return 'removed'
}

/** Newest first; `undefined` where the store knows no versions. */
async function versionsOf(target: Target, key: string): Promise<Version[] | undefined> {
  const found: Version[] = []
  let page: ListObjectVersionsCommandOutput | undefined
  do {
    page = await versionsPage(target, key, page)
    if (page === undefined) return undefined
    found.push(...versionsOn(page, target.fullKey(key)))
  } while (page.IsTruncated === true && page.NextKeyMarker === target.fullKey(key))
  return found
}

function versionsOn(
  { Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput,
  fullKey: string,
): Version[] {
  const of = (
    kind: Version['kind'],
    entries: readonly { Key?: string | undefined; VersionId?: string | undefined }[],
  ): Version[] =>
    entries.filter(({ Key }) => Key === fullKey).map(({ VersionId = 'null' }) => ({ id: VersionId, kind }))
  return [...of('object', Versions), ...of('delete-marker', DeleteMarkers)]
}

/** Other keys that begin with this one come after it, so its own versions are on the first pages. */
function versionsPage(
  target: Target,
  key: string,
  previous: ListObjectVersionsCommandOutput | undefined,
): Promise<ListObjectVersionsCommandOutput | undefined> {
  const from =
    previous === undefined ? {} : { KeyMarker: previous.NextKeyMarker, VersionIdMarker: previous.NextVersionIdMarker }
  const input = { Bucket: target.bucket, Prefix: target.fullKey(key), ...from }
  return target.call({ action: 's3:ListBucketVersions', doing: `list the versions of ${key}` }, (client, send) =>
    client
      .send(new ListObjectVersionsCommand(input), send)
      .catch(whenCode(['NotImplemented', 'VersioningNotConfigured'], undefined)),
  )
}

async function removeUnversioned(target: Target, key: string): Promise<Removal> {
  if ((await findObject(target, key)) === undefined) return 'missing'
  const input = { Bucket: target.bucket, Key: target.fullKey(key) }
  return target.call({ action: 's3:DeleteObject', doing: `delete ${key}` }, (client, send) =>
    client
      .send(new DeleteObjectCommand(input), send)
      .then(() => 'removed' as const)
      .catch(retainedIfLocked),
  )
}

async function removeVersion(target: Target, key: string, id: string): Promise<Removal> {
  const input = { Bucket: target.bucket, Key: target.fullKey(key), VersionId: id }
  return target.call({ action: 's3:DeleteObjectVersion', doing: `delete a version of ${key}` }, (client, send) =>
    client
      .send(new DeleteObjectCommand(input), send)
      .then(() => 'removed' as const)
      .catch(retainedIfLocked)
      .catch(async (error) => {
        if (errorCode(error) === 'AccessDenied' && (await hasRetention(target, key, id))) return 'retained' as const
        throw error
      }),
  )
}

function retainedIfLocked(error: unknown): 'retained' {
  if (isLocked(error)) return 'retained'
  throw error
}

/** For stores that deny a deletion without saying why. What can't be known is no retention: the denial is told. */
async function hasRetention(target: Target, key: string, id: string): Promise<boolean> {
  const input = { Bucket: target.bucket, Key: target.fullKey(key), VersionId: id }
  try {
    const { Retention } = await target.call({ action: 's3:GetObjectRetention', doing: `read ${key}` }, (client, send) =>
      client.send(new GetObjectRetentionCommand(input), send),
    )
    const now = Date.now() - (target.clockSkewMs() ?? 0)
    return (Retention?.RetainUntilDate?.getTime() ?? 0) > now
  } catch {
    return false
  }
}
