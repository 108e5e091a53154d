import { listObjects, listVersions } from './listing.ts'
import { abortUpload, beginUpload, completeUpload, listParts, listUploads, putPart } from './multipart.ts'
import { deleteObject, getObject, putObject } from './objects.ts'
import { checkAllowed, type User } from './policy.ts'
import { Refusal, refuse } from './refusal.ts'
import { emptyReply, type S3Reply, xmlReply } from './reply.ts'
import type { S3Request } from './request.ts'
import { type Bucket, isVersioned } from './state.ts'

/** All that answering a request needs. */
export interface Context {
  bucket: Bucket
  request: S3Request
  user: User
  now: Date
}

interface Route {
  method: string
  /** Whether it is about an object, or about the bucket. */
  on: 'object' | 'bucket'
  /** The word in its query that tells it from others; all that have one come first. */
  query?: string
  action: string
  answer(context: Context): S3Reply
}

const ROUTES: Route[] = [
  { method: 'POST', on: 'object', query: 'uploads', action: 's3:PutObject', answer: beginUpload },
  { method: 'POST', on: 'object', query: 'uploadId', action: 's3:PutObject', answer: completeUpload },
  { method: 'PUT', on: 'object', query: 'uploadId', action: 's3:PutObject', answer: putPart },
  { method: 'DELETE', on: 'object', query: 'uploadId', action: 's3:AbortMultipartUpload', answer: abortUpload },
  { method: 'GET', on: 'object', query: 'uploadId', action: 's3:ListMultipartUploadParts', answer: listParts },
  { method: 'GET', on: 'object', query: 'retention', action: 's3:GetObjectRetention', answer: getObject },
  { method: 'DELETE', on: 'object', query: 'versionId', action: 's3:DeleteObjectVersion', answer: deleteObject },
  { method: 'GET', on: 'object', query: 'versionId', action: 's3:GetObjectVersion', answer: getObject },
  { method: 'PUT', on: 'object', action: 's3:PutObject', answer: putObject },
  { method: 'GET', on: 'object', action: 's3:GetObject', answer: getObject },
  { method: 'HEAD', on: 'object', action: 's3:GetObject', answer: getObject },
  { method: 'DELETE', on: 'object', action: 's3:DeleteObject', answer: deleteObject },
  { method: 'GET', on: 'bucket', query: 'versions', action: 's3:ListBucketVersions', answer: listVersions },
  { method: 'GET', on: 'bucket', query: 'uploads', action: 's3:ListBucketMultipartUploads', answer: listUploads },
  { method: 'GET', on: 'bucket', query: 'lifecycle', action: 's3:GetLifecycleConfiguration', answer: getLifecycle },
  { method: 'PUT', on: 'bucket', query: 'lifecycle', action: 's3:PutLifecycleConfiguration', answer: putLifecycle },
  { method: 'GET', on: 'bucket', query: 'versioning', action: 's3:GetBucketVersioning', answer: getVersioning },
  { method: 'GET', on: 'bucket', query: 'list-type', action: 's3:ListBucket', answer: listObjects },
]

/** Answers a request that has been authenticated. Throws a Refusal. */
export function answer(buckets: ReadonlyMap<string, Bucket>, request: S3Request, user: User, now: Date): S3Reply {
  const bucket = buckets.get(request.bucket)
  if (bucket === undefined) throw refuse.noSuchBucket(request.bucket)
  const route = routeOf(request)
  const unknown = route?.query !== undefined && bucket.options.unknown?.includes(route.query) === true
  if (route === undefined || unknown) throw refuse.notImplemented(`${request.method} ?${request.rawQuery}`)
  const resource = route.on === 'bucket' ? bucket.name : `${bucket.name}/${request.key}`
  checkAllowed(user, route.action, resource, request.query.get('prefix') ?? '')
  if (request.headers['x-amz-object-lock-mode'] !== undefined) checkAllowed(user, 's3:PutObjectRetention', resource)
  return route.answer({ bucket, request, user, now })
}

function routeOf({ method, key, query }: S3Request): Route | undefined {
  const on = key === '' ? 'bucket' : 'object'
  return ROUTES.find(
    (route) => route.method === method && route.on === on && (route.query === undefined || query.has(route.query)),
  )
}

function getLifecycle({ bucket }: Context): S3Reply {
  const { lifecycle } = bucket.options
  if (lifecycle === undefined) {
    throw new Refusal(404, 'NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist')
  }
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: lifecycle }
}

function putLifecycle({ bucket, request }: Context): S3Reply {
  bucket.options = { ...bucket.options, lifecycle: request.body.toString() }
  return emptyReply(200)
}

function getVersioning({ bucket }: Context): S3Reply {
  return xmlReply('VersioningConfiguration', { Status: isVersioned(bucket) ? 'Enabled' : undefined })
}
