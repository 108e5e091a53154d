import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Bucket, type FakeS3, type Fault, startFakeS3 } from '../../lab/s3/fake/index.ts'
import { openAt } from '../../lab/s3/places.ts'
import { type Dropped, writeToAll } from './mirror.ts'
import type { OpenedStore } from './open.ts'

const MIB = 1024 * 1024
const BODY = Buffer.alloc(10 * MIB + 1, 'x')
const STALL_MS = 3_000

let server: FakeS3
let buckets: { first: Bucket; copy: Bucket; third: Bucket }
let stores: [OpenedStore, OpenedStore, OpenedStore]
beforeAll(async () => {
  server = await startFakeS3()
})
afterAll(() => server.close())
beforeEach(async () => {
  buckets = { first: server.bucket('first'), copy: server.bucket('copy'), third: server.bucket('third') }
  const open = (bucket: string) => openAt(server, bucket, '', { partSize: 5 * MIB, concurrency: 1 })
  stores = [await open('first'), await open('copy'), await open('third')]
})
afterEach(() => {
  for (const store of stores) store.close()
  server.faults.clear()
  expect(server.violations).toEqual([])
})

async function writeBody(mirror: ReturnType<typeof writeToAll>) {
  const writer = mirror.write('data/1')
  for (let at = 0; at < BODY.length; at += MIB) await writer.write(BODY.subarray(at, at + MIB))
  return writer.finish()
}

function holdsBody({ versions }: Bucket): boolean {
  return versions.get('data/1')?.[0]?.body?.equals(BODY) === true
}

test('all stores get the same objects', async () => {
  const mirror = writeToAll(stores)
  expect(await writeBody(mirror)).toMatchObject({ bytes: BODY.length })
  expect(await mirror.put('manifest.json', Buffer.from('m'), { ifAbsent: true })).toBe('written')
  expect(mirror.dropped).toEqual([])
  for (const bucket of Object.values(buckets)) {
    expect(holdsBody(bucket)).toBe(true)
    expect([...bucket.versions.keys()]).toEqual(['data/1', 'manifest.json'])
  }
})

describe('a further store', () => {
  test.each<[string, RegExp, Fault]>([
    ['denies the beginning', /^\/copy\/data\/1\?uploads/, { kind: 'status', status: 403, code: 'AccessDenied' }],
    ['denies a part', /^\/copy\/data\/1\?.*partNumber=2/, { kind: 'status', status: 403, code: 'AccessDenied' }],
    ['denies the completion', /^\/copy\/data\/1\?uploadId/, { kind: 'status', status: 403, code: 'AccessDenied' }],
    ['is unreachable', /^\/copy/, { kind: 'reset' }],
    ['stalls', /^\/copy/, { kind: 'stall' }],
    ['stalls at the end', /^\/copy\/data\/1\?uploadId/, { kind: 'stall' }],
  ])('that %s is dropped, and the others have all', async (_, path, fault) => {
    server.faults.add({ path, fault })
    const told: Dropped[] = []
    const mirror = writeToAll(stores, { stallMs: STALL_MS, onDropped: (dropped) => told.push(dropped) })
    const begun = performance.now()
    await writeBody(mirror)
    await mirror.put('manifest.json', Buffer.from('m'))
    expect(performance.now() - begun).toBeLessThan(10 * STALL_MS)
    expect(mirror.dropped).toEqual([{ store: 's3://copy', error: expect.objectContaining({ name: 'StoreError' }) }])
    expect(told).toEqual(mirror.dropped)
    expect(holdsBody(buckets.first)).toBe(true)
    expect(holdsBody(buckets.third)).toBe(true)
    expect([...buckets.copy.versions.keys()]).not.toContain('manifest.json')
  })

  test('that has missed an object gets no manifest', async () => {
    server.faults.add({ path: /^\/copy\/a/, times: 1, fault: { kind: 'status', status: 403, code: 'AccessDenied' } })
    const mirror = writeToAll(stores)
    await mirror.put('a', Buffer.from('a'))
    await mirror.put('manifest.json', Buffer.from('m'))
    expect(buckets.copy.versions.size).toBe(0)
    expect(buckets.first.versions.size).toBe(2)
  })

  test('that has another object under the key is dropped', async () => {
    await stores[1].put('manifest.json', Buffer.from('other'))
    const mirror = writeToAll(stores)
    expect(await mirror.put('manifest.json', Buffer.from('m'), { ifAbsent: true })).toBe('written')
    expect(mirror.dropped.map(({ store }) => store)).toEqual(['s3://copy'])
  })
})

describe('the first store', () => {
  test('is decisive when it fails', async () => {
    server.faults.add({ path: /^\/first/, fault: { kind: 'status', status: 403, code: 'AccessDenied' } })
    const mirror = writeToAll(stores, { stallMs: STALL_MS })
    const writer = mirror.write('data/1')
    await writer.write(BODY).catch(() => {})
    await expect(writer.finish()).rejects.toMatchObject({
      reason: 'store-denied',
      message: expect.stringContaining('s3://first'),
    })
    await writer.abort()
    await expect(mirror.put('m', Buffer.from('m'))).rejects.toMatchObject({ reason: 'store-denied' })
    expect(buckets.copy.versions.has('m')).toBe(false)
  })

  test('is decisive when it has the key already', async () => {
    await stores[0].put('m', Buffer.from('theirs'))
    const mirror = writeToAll(stores)
    expect(await mirror.put('m', Buffer.from('ours'), { ifAbsent: true })).toBe('exists')
    expect(buckets.copy.versions.size).toBe(0)
    expect(mirror.dropped).toEqual([])
  })
})

test('giving up leaves nothing anywhere', async () => {
  const writer = writeToAll(stores).write('data/1')
  await writer.write(BODY)
  await writer.abort()
  for (const { versions, uploads } of Object.values(buckets)) expect(versions.size + uploads.size).toBe(0)
})

test('an object may take what the smallest store allows', async () => {
  const small = await openAt(server, 'copy', '', { partSize: 5 * MIB, maxParts: 3 })
  const writer = writeToAll([stores[0], small]).write('data/1')
  expect(writer.capacity).toBe(15 * MIB)
  small.close()
})
