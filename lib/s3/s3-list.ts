import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3'
import type { Target } from './s3-calls.ts'
import { errorCode } from './s3-errors.ts'
import type { StoredObject } from './store.ts'

export interface ListedObject extends StoredObject {
  etag: string | undefined
}

export async function* listObjects(target: Target, prefix: string): AsyncGenerator<StoredObject> {
  for await (const page of pages(target, prefix, {})) {
    for (const { etag: _, ...object } of objectsOf(target, page)) yield object
  }
}

export async function listFolders(target: Target, prefix: string): Promise<string[]> {
  const names: string[] = []
  for await (const { CommonPrefixes = [] } of pages(target, prefix, { Delimiter: '/' })) {
    const start = target.fullKey(prefix).length
    names.push(...CommonPrefixes.map(({ Prefix = '' }) => Prefix.slice(start, -1)))
  }
  return names
}

/** An object as a list shows it: what a role without s3:GetObject on it may know. */
export async function findObject(target: Target, key: string): Promise<ListedObject | undefined> {
  const page = await listPage(target, key, { MaxKeys: 1 })
  return objectsOf(target, page).find((object) => object.key === key)
}

async function* pages(
  target: Target,
  prefix: string,
  input: Partial<ListObjectsV2CommandInput>,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  let token: string | undefined
  do {
    const page = await listPage(target, prefix, token === undefined ? input : { ...input, ContinuationToken: token })
    yield page
    token = page.NextContinuationToken
  } while (token !== undefined)
}

function listPage(
  target: Target,
  prefix: string,
  input: Partial<ListObjectsV2CommandInput>,
): Promise<ListObjectsV2CommandOutput> {
  const call = { action: 's3:ListBucket', doing: `list ${prefix || 'it'}`, mayRepeat: isFlakyAbsence }
  return target.call(call, (client, send) =>
    client.send(new ListObjectsV2Command({ Bucket: target.bucket, Prefix: target.fullKey(prefix), ...input }), send),
  )
}

/** A list is never absent; stores behind a balancer say so now and then. */
function isFlakyAbsence(error: unknown): boolean {
  return ['NotFound', 'NoSuchKey'].includes(errorCode(error))
}

function objectsOf(target: Target, { Contents = [] }: ListObjectsV2CommandOutput): ListedObject[] {
  const start = target.fullKey('').length
  return Contents.map(({ Key = '', Size = 0, LastModified = new Date(0), ETag }) => ({
    key: Key.slice(start),
    bytes: Size,
    modifiedAt: LastModified,
    etag: ETag,
  }))
}
