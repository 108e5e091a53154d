import { describe, expect, test } from '@jest/globals'
import type { Fault } from '../../lab/s3/fake/index.ts'
import { openAt, QUICK_RETRIES } from '../../lab/s3/places.ts'
import { BIG, PART, useStoreScene } from '../../lab/s3/scene.ts'
import { openStore } from './open.ts'
import { compositeEtag } from './s3-upload.ts'

const MIB = 1024 * 1024
const scene = useStoreScene()

describe('what fails each time', () => {
  test.each<[string, Fault, string]>([
    ['503', { kind: 'slow-down' }, '503 SlowDown'],
    ['a reset', { kind: 'reset' }, 'ECONNRESET'],
    ['damage on the way', { kind: 'status', status: 400, code: 'BadDigest' }, 'the bytes arrive damaged'],
  ])('%s: is given up after the allowed attempts', async (_, fault, words) => {
    scene.server.faults.add({ method: 'PUT', path: /partNumber=2/, fault })
    await expect(scene.writeBig()).rejects.toMatchObject({
      reason: 'store-unreachable',
      message: expect.stringContaining(words),
    })
    const attempts = scene.server.requests.filter(({ path }) => path.includes('partNumber=2'))
    expect(attempts).toHaveLength(QUICK_RETRIES.attempts)
    expect(scene.bucket.uploads.size).toBe(0)
    expect(scene.bucket.versions.size).toBe(0)
  })

  test('a writer rejects as soon as a part has failed, and says why to the end', async () => {
    scene.server.faults.add({
      method: 'PUT',
      path: /partNumber=1/,
      fault: { kind: 'status', status: 403, code: 'AccessDenied' },
    })
    const writer = scene.store.write('big')
    const endless = async () => {
      for (let count = 0; count < 1000; count += 1) await writer.write(Buffer.alloc(MIB))
    }
    await expect(endless()).rejects.toMatchObject({
      reason: 'store-denied',
      message: expect.stringContaining('part 1'),
    })
    await expect(writer.finish()).rejects.toMatchObject({ reason: 'store-denied' })
    await writer.abort()
    expect(scene.bucket.uploads.size).toBe(0)
  })

  test('giving up never rejects, not even when that fails, too', async () => {
    scene.server.faults.add({
      method: 'DELETE',
      path: /uploadId/,
      fault: { kind: 'status', status: 403, code: 'AccessDenied' },
    })
    const writer = scene.store.write('big')
    await writer.write(BIG)
    await expect(writer.abort()).resolves.toBeUndefined()
    expect(scene.bucket.uploads.size).toBe(1)
  })
})

describe('an answer that contradicts', () => {
  test.each([
    ['a put', 'PUT', /small/, () => scene.store.put('small', Buffer.from('x'))],
    ['a part', 'PUT', /partNumber=2/, () => scene.writeBig()],
    ['the completion', 'POST', /uploadId/, () => scene.writeBig()],
  ])('what was sent, at %s, is no success', async (_, method, path, act) => {
    scene.server.faults.add({ method, path, fault: { kind: 'wrong-checksum' } })
    await expect(act()).rejects.toMatchObject({ reason: 'store-missing' })
  })

  test('by its ETag alone is no success either', async () => {
    await scene.reopen({ requestChecksums: 'when-required' })
    scene.server.faults.add({ method: 'POST', path: /uploadId/, fault: { kind: 'wrong-checksum' } })
    await expect(scene.writeBig()).rejects.toMatchObject({
      reason: 'store-missing',
      message: expect.stringContaining('ETag'),
    })
  })

  test('by the size in its list is no success', async () => {
    const writer = scene.store.write('big')
    await writer.write(BIG)
    scene.bucket.versions.set = (key, versions) =>
      Map.prototype.set.call(
        scene.bucket.versions,
        key,
        versions.map((version) => ({ ...version, bytes: 7 })),
      )
    await expect(writer.finish()).rejects.toMatchObject({ message: expect.stringContaining('has 7 bytes instead of') })
  })

  test('by the ETag in its list, when the answer itself was lost, is no success', async () => {
    scene.server.faults.add({ method: 'POST', path: /uploadId/, times: 1, fault: { kind: 'reset-after-write' } })
    const { versions } = scene.bucket
    versions.set = (key, list) =>
      Map.prototype.set.call(
        versions,
        key,
        list.map((version) => ({ ...version, etag: `${'f'.repeat(32)}-3` })),
      )
    await expect(scene.writeBig()).rejects.toMatchObject({ message: expect.stringContaining('another object') })
  })
})

test('an ETag that a KMS key made is not taken for a digest', () => {
  const part = { number: 1, bytes: 1, etag: `"${'0'.repeat(32)}"`, sha256: undefined }
  expect(compositeEtag([{ ...part, etagIsDigest: true }])).toMatch(/^[0-9a-f]{32}-1$/)
  expect(compositeEtag([{ ...part, etagIsDigest: false }])).toBeUndefined()
})

test('a store without checksum headers gets none, and all arrives', async () => {
  await scene.reopen({ requestChecksums: 'when-required' })
  await scene.writeBig()
  expect(scene.stored('big')?.equals(BIG)).toBe(true)
  await scene.store.put('small', Buffer.from('x'))
  const names = scene.server.requests.flatMap(({ headers }) => Object.keys(headers))
  expect(names.filter((name) => name.startsWith('x-amz-checksum') || name === 'x-amz-trailer')).toEqual([])
})

test('what is created has the storage class and encryption of its place, in parts or at once', async () => {
  const { endpoint, accessKey, secretKey } = scene.server
  const store = await openStore(
    { kind: 's3', bucket: 'acme', prefix: '', endpoint, storageClass: 'STANDARD_IA', sse: 'AES256' },
    { partSize: PART, credentials: { accessKeyId: accessKey, secretAccessKey: secretKey } },
  )
  await store.put('small', Buffer.from('x'))
  const writer = store.write('big')
  await writer.write(BIG)
  await writer.finish()
  store.close()
  const created = scene.server.requests.filter(({ path }) => /PutObject|\?uploads/.test(path))
  expect(created).toHaveLength(2)
  for (const { headers } of created) {
    expect(headers).toMatchObject({ 'x-amz-storage-class': 'STANDARD_IA', 'x-amz-server-side-encryption': 'AES256' })
  }
})

describe('absence', () => {
  test('is decided by another when an earlier attempt was not ours', async () => {
    scene.server.faults.add({ method: 'PUT', path: /small/, times: 1, fault: { kind: 'reset' } })
    const theirs = await openAt(scene.server, 'acme', 'p')
    await theirs.put('small', Buffer.from('theirs'))
    theirs.close()
    expect(await scene.store.put('small', Buffer.from('ours'), { ifAbsent: true })).toBe('exists')
    expect(scene.stored('small')?.toString()).toBe('theirs')
  })

  test('waits for a conflict to pass', async () => {
    const fault: Fault = { kind: 'status', status: 409, code: 'ConditionalRequestConflict' }
    scene.server.faults.add({ method: 'PUT', path: /small/, times: 2, fault })
    expect(await scene.store.put('small', Buffer.from('x'), { ifAbsent: true })).toBe('written')
  })

  test('is looked up in the list where the store knows no condition', async () => {
    scene.rebuild({ unknown: ['if-none-match'] })
    expect(await scene.store.put('small', Buffer.from('one'), { ifAbsent: true })).toBe('written')
    expect(await scene.store.put('small', Buffer.from('two'), { ifAbsent: true })).toBe('exists')
    expect(scene.stored('small')?.toString()).toBe('one')
  })
})

test('an object has no more parts than allowed, and says how much it may still take', async () => {
  await scene.reopen({ maxParts: 2 })
  const writer = scene.store.write('big')
  await writer.write(BIG.subarray(0, 2 * PART - 10))
  expect(writer.capacity).toBe(10)
  await writer.write(BIG.subarray(0, 10))
  await expect(writer.write(BIG.subarray(0, 1))).rejects.toMatchObject({ reason: 'store-full' })
  await writer.abort()
  expect(scene.bucket.uploads.size).toBe(0)
})

test('an upload whose beginning was answered in vain is found later', async () => {
  scene.server.faults.add({ method: 'POST', path: /\?uploads/, times: 1, fault: { kind: 'reset-after-write' } })
  await scene.writeBig()
  const abandoned = await scene.store.abandonedUploads('', -1000)
  expect(abandoned.map(({ key }) => key)).toEqual(['big'])
  for (const upload of abandoned) await upload.abort()
  expect(scene.bucket.uploads.size).toBe(0)
})
