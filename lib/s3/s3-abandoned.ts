import { ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3'
import type { Target } from './s3-calls.ts'
import { abortUpload } from './s3-upload.ts'
import type { AbandonedUpload } from './store.ts'

/** Multipart uploads that were begun and never completed, by the store's clock. */
export async function abandonedUploads(
  target: Target,
  prefix: string,
  olderThanMs: number,
): Promise<AbandonedUpload[]> {
  const found: AbandonedUpload[] = []
  let page: ListMultipartUploadsCommandOutput | undefined
  do {
    page = await uploadsPage(target, prefix, page)
    const latest = Date.now() - (target.clockSkewMs() ?? 0) - olderThanMs
    for (const { Key = '', UploadId = '', Initiated = new Date() } of page.Uploads ?? []) {
      const key = Key.slice(target.fullKey('').length)
      if (Initiated.getTime() > latest) continue
      found.push({ key, startedAt: Initiated, abort: () => abortUpload(target, key, UploadId) })
    }
  } while (page.IsTruncated === true)
  return found
}

function uploadsPage(
  target: Target,
  prefix: string,
  previous: ListMultipartUploadsCommandOutput | undefined,
): Promise<ListMultipartUploadsCommandOutput> {
  const from =
    previous === undefined ? {} : { KeyMarker: previous.NextKeyMarker, UploadIdMarker: previous.NextUploadIdMarker }
  const call = { action: 's3:ListBucketMultipartUploads', doing: 'list its unfinished uploads' }
  return target.call(call, (client, send) =>
    client.send(
      new ListMultipartUploadsCommand({ Bucket: target.bucket, Prefix: target.fullKey(prefix), ...from }),
      send,
    ),
  )
}
