import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { signedRequest } from '../signed-request.ts'
import { checksumOf } from './checksums.ts'
import { type FakeS3, startFakeS3 } from './index.ts'

// What the stand-in is strict about, tried with the SDK itself: a client that does it wrong must not pass.
const SMALLEST = 5 * 1024 * 1024
let server: FakeS3
let client: S3Client
beforeAll(async () => {
  server = await startFakeS3()
  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey }
  client = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
    retryStrategy: { mode: 'none', retry: (next, args) => next(args) },
  })
})
afterAll(async () => {
  client.destroy()
  await server.close()
})
afterEach(() => expect(server.violations).toEqual([]))

async function upload(bucket: string, sizes: readonly number[], algorithm?: 'SHA256' | 'CRC32' | 'CRC64NVME') {
  const where = { Bucket: bucket, Key: 'k' }
  const checksum = algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...where, ...checksum }))
  const parts = []
  for (const [index, size] of sizes.entries()) {
    const input = { ...where, UploadId, PartNumber: index + 1, Body: Buffer.alloc(size, index), ...checksum }
    const reply = await client.send(new UploadPartCommand(input))
    const { ETag, ChecksumSHA256, ChecksumCRC32 } = reply
    parts.push({ PartNumber: index + 1, ETag, ChecksumSHA256, ChecksumCRC32 })
  }
  return { where, UploadId, parts }
}

describe('signatures', () => {
  test.each([
    ['a key that nobody knows', { accessKey: 'nobody' }, 'InvalidAccessKeyId'],
    ['a wrong secret', { secretKey: 'wrong' }, 'SignatureDoesNotMatch'],
  ])('%s is refused', async (_, wrong, code) => {
    server.bucket('signed')
    await expect(
      signedRequest({ ...server, ...wrong }, { method: 'GET', path: '/signed', query: 'list-type=2' }),
    ).rejects.toThrow(code)
  })

  test('no signature is refused', async () => {
    expect((await fetch(`${server.endpoint}/signed/k`)).status).toBe(403)
  })

  test('a body in chunks with a trailer is decoded and verified', async () => {
    const bucket = server.bucket('chunked')
    const body = Buffer.alloc(200_000, 'ab')
    const input = { Bucket: 'chunked', Key: 'k', Body: Readable.from([body]), ContentLength: body.length }
    await client.send(new PutObjectCommand(input))
    expect(bucket.versions.get('k')?.[0]?.body?.equals(body)).toBe(true)
    expect(server.requests.at(-1)?.headers['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER')
  })
})

describe('checksums', () => {
  test('are those of their standards', () => {
    const check = Buffer.from('123456789')
    expect(checksumOf('crc32', check)).toBe(Buffer.from('cbf43926', 'hex').toString('base64'))
    expect(checksumOf('crc64nvme', check)).toBe(Buffer.from('ae8b14860a799888', 'hex').toString('base64'))
    expect(checksumOf('sha256', check)).toBe(createHash('sha256').update(check).digest('base64'))
  })

  test.each(['ChecksumSHA256', 'ChecksumCRC32', 'ChecksumCRC64NVME', 'ContentMD5'])(
    'a wrong %s is refused',
    async (name) => {
      server.bucket('checked')
      const wrong = { [name]: Buffer.alloc(name === 'ContentMD5' ? 16 : 4).toString('base64') }
      const put = new PutObjectCommand({ Bucket: 'checked', Key: 'k', Body: Buffer.from('x'), ...wrong })
      await expect(client.send(put)).rejects.toMatchObject({ name: 'BadDigest' })
    },
  )

  test.each(['SHA256', 'CRC32', 'CRC64NVME'] as const)('of an upload (%s) are answered', async (algorithm) => {
    server.bucket('checked')
    const { where, UploadId, parts } = await upload(
      'checked',
      algorithm === 'CRC64NVME' ? [100] : [SMALLEST, 10],
      algorithm,
    )
    const complete = new CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload: { Parts: parts } })
    const reply = await client.send(complete)
    expect(reply[`Checksum${algorithm}`]).toMatch(algorithm === 'CRC64NVME' ? /=$/ : /-2$/)
  })
})

describe('uploads', () => {
  test.each<[string, string, number[], (parts: object[]) => object[]]>([
    ['a part that is too small', 'EntityTooSmall', [100, 10], (parts) => parts],
    ['another order', 'InvalidPartOrder', [SMALLEST, 10], (parts) => parts.toReversed()],
    ['a part that was never sent', 'InvalidPart', [10], (parts) => [...parts, { PartNumber: 9, ETag: '"x"' }]],
    ['another ETag', 'InvalidPart', [10], (parts) => parts.map((part) => ({ ...part, ETag: '"0"' }))],
    ['unequal parts', 'InvalidPart', [SMALLEST, SMALLEST + 1, 10], (parts) => parts],
  ])('with %s are refused', async (_, code, sizes, change) => {
    server.bucket('parts', { equalParts: true })
    const { where, UploadId, parts } = await upload('parts', sizes)
    const complete = new CompleteMultipartUploadCommand({
      ...where,
      UploadId,
      MultipartUpload: { Parts: change(parts) },
    })
    await expect(client.send(complete)).rejects.toMatchObject({ name: code })
  })

  test('of another size than told, or to a taken key, are refused; given up ones are gone', async () => {
    server.bucket('parts')
    const { where, UploadId, parts } = await upload('parts', [10])
    const complete = { ...where, UploadId, MultipartUpload: { Parts: parts } }
    const wrongSize = new CompleteMultipartUploadCommand({ ...complete, MpuObjectSize: 11 })
    await expect(client.send(wrongSize)).rejects.toMatchObject({ name: 'InvalidRequest' })
    await client.send(new PutObjectCommand({ ...where, Body: Buffer.from('x') }))
    const taken = new CompleteMultipartUploadCommand({ ...complete, IfNoneMatch: '*' })
    await expect(client.send(taken)).rejects.toMatchObject({ name: 'PreconditionFailed' })
    expect((await client.send(new ListPartsCommand({ ...where, UploadId }))).Parts).toHaveLength(1)
    await client.send(new AbortMultipartUploadCommand({ ...where, UploadId }))
    await expect(client.send(new CompleteMultipartUploadCommand(complete))).rejects.toMatchObject({
      name: 'NoSuchUpload',
    })
  })

  test('and objects keep to the quota', async () => {
    server.bucket('full', { quotaBytes: 1000 })
    await upload('full', [600])
    const put = new PutObjectCommand({ Bucket: 'full', Key: 'other', Body: Buffer.alloc(500) })
    await expect(client.send(put)).rejects.toMatchObject({ name: 'QuotaExceeded' })
  })
})

describe('rights and locks', () => {
  test('who may not list is not told what is absent', async () => {
    server.bucket('secret')
    const user = server.user('reader', [{ actions: ['s3:GetObject'], resources: ['secret/*'] }])
    const access = { ...user, endpoint: server.endpoint }
    await expect(signedRequest(access, { method: 'GET', path: '/secret/k' })).rejects.toThrow('AccessDenied')
    await expect(signedRequest(server, { method: 'GET', path: '/secret/k' })).rejects.toThrow('NoSuchKey')
  })

  test('a lock needs a date to come, and a deletion without an id lays a marker', async () => {
    const bucket = server.bucket('locked', { objectLock: true })
    const lock = (ms: number) => ({
      Bucket: 'locked',
      Key: 'k',
      Body: Buffer.from('x'),
      ObjectLockMode: 'GOVERNANCE' as const,
      ObjectLockRetainUntilDate: new Date(Date.now() + ms),
    })
    await expect(client.send(new PutObjectCommand(lock(-1000)))).rejects.toMatchObject({ name: 'InvalidArgument' })
    const { VersionId } = await client.send(new PutObjectCommand(lock(60_000)))
    await client.send(new DeleteObjectCommand({ Bucket: 'locked', Key: 'k' }))
    expect(bucket.versions.get('k')?.map(({ kind }) => kind)).toEqual(['delete-marker', 'object'])
    const remove = { Bucket: 'locked', Key: 'k', VersionId }
    await expect(client.send(new DeleteObjectCommand(remove))).rejects.toMatchObject({ name: 'AccessDenied' })
    await client.send(new DeleteObjectCommand({ ...remove, BypassGovernanceRetention: true }))
    expect(bucket.versions.get('k')?.map(({ kind }) => kind)).toEqual(['delete-marker'])
  })
})

test('a list and a range are what S3 makes of them', async () => {
  server.bucket('listed', { pageSize: 2 })
  for (const key of ['a/1', 'a/2', 'b', 'c/1']) {
    await client.send(new PutObjectCommand({ Bucket: 'listed', Key: key, Body: Buffer.from('0123456789') }))
  }
  const first = await client.send(new ListObjectsV2Command({ Bucket: 'listed', Delimiter: '/' }))
  expect([first.CommonPrefixes, first.Contents?.map(({ Key }) => Key), first.IsTruncated]).toEqual([
    [{ Prefix: 'a/' }],
    ['b'],
    true,
  ])
  const second = await client.send(
    new ListObjectsV2Command({ Bucket: 'listed', Delimiter: '/', ContinuationToken: first.NextContinuationToken }),
  )
  expect([second.CommonPrefixes, second.Contents, second.IsTruncated]).toEqual([[{ Prefix: 'c/' }], undefined, false])
  const { Body, ContentRange } = await client.send(
    new GetObjectCommand({ Bucket: 'listed', Key: 'b', Range: 'bytes=3-5' }),
  )
  expect([await Body?.transformToString(), ContentRange]).toEqual(['345', 'bytes 3-5/10'])
})
