import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { checkKey, checkPrefix } from './keys.ts'
import type { S3Location } from './location.ts'
import type { StoreSettings } from './options.ts'
import { abandonedUploads } from './s3-abandoned.ts'
import { type Target, targetAt } from './s3-calls.ts'
import { whenCode } from './s3-errors.ts'
import { expiryDays } from './s3-lifecycle.ts'
import { listFolders, listObjects } from './s3-list.ts'
import { putObject } from './s3-put.ts'
import { readObject, readWhole } from './s3-read.ts'
import { removeObject } from './s3-remove.ts'
import { writeObject } from './s3-writer.ts'
import type { OpenedStore, StoredObject } from './store.ts'

/** A prefix of a bucket as a store. Makes no request. */
export function openS3(location: S3Location, settings: StoreSettings): OpenedStore {
  const target = targetAt(location, settings)
  return {
    name: target.name,
    get clockSkewMs() {
      return target.clockSkewMs()
    },
    async put(key, body, options = {}) {
      checkKey(key)
      return putObject(target, key, body, options)
    },
    write(key, options = {}) {
      checkKey(key)
      return writeObject(target, key, options)
    },
    async read(key) {
      checkKey(key)
      return readObject(target, key)
    },
    async readAll(key, maxBytes) {
      checkKey(key)
      return readWhole(target, key, maxBytes)
    },
    async head(key) {
      checkKey(key)
      return headObject(target, key)
    },
    list(prefix) {
      checkPrefix(prefix)
      return listObjects(target, prefix)
    },
    async folders(prefix) {
      checkPrefix(prefix)
      return listFolders(target, prefix)
    },
    async remove(key) {
      checkKey(key)
      return removeObject(target, key)
    },
    async expiryDays(prefix) {
      return expiryDays(target, prefix)
    },
    async abandonedUploads(prefix, olderThanMs) {
      checkPrefix(prefix)
      return abandonedUploads(target, prefix, olderThanMs)
    },
    close: () => target.close(),
  }
}

async function headObject(target: Target, key: string): Promise<StoredObject | undefined> {
  const input = { Bucket: target.bucket, Key: target.fullKey(key) }
  const reply = await target.call({ action: 's3:GetObject', doing: `look at ${key}` }, (client, send) =>
    client.send(new HeadObjectCommand(input), send).catch(whenCode(['NotFound', 'NoSuchKey'], undefined)),
  )
  if (reply === undefined) return undefined
  return { key, bytes: reply.ContentLength ?? 0, modifiedAt: reply.LastModified ?? new Date(0) }
}
