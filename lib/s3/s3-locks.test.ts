import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { requirePart } from '../../lab/provision/require-part.ts'
import { type FakeS3, startFakeS3 } from '../../lab/s3/fake/index.ts'
import { openAt } from '../../lab/s3/places.ts'
import { type S3Access, signedRequest } from '../../lab/s3/signed-request.ts'
import { startS3 } from '../../lab/s3/versitygw.ts'
import type { OpenedStore } from './open.ts'

const MIB = 1024 * 1024
const PART = 5 * MIB
const WRITER = { accessKey: 'writer', secretKey: 'lab-secret-key-of-writer' }
/** What the specification lets the writer of backups do, and nothing else. */
const WRITER_RIGHTS = [
  { actions: ['s3:PutObject', 's3:AbortMultipartUpload'], resources: ['role/shop/*'] },
  { actions: ['s3:GetObject'], resources: ['role/shop/*/manifest.json', 'role/shop/*/index.zst.enc'] },
  { actions: ['s3:ListBucket'], resources: ['role'] },
]
type Server = S3Access & { close(): Promise<void> }

const versitygw = await requirePart('versitygw')

async function startStandIn(): Promise<Server> {
  const server: FakeS3 = await startFakeS3()
  server.bucket('versioned', { versioned: true })
  server.bucket('locked', { objectLock: true })
  server.bucket('role')
  server.user(WRITER.accessKey, WRITER_RIGHTS)
  return server
}

function startReal(): Promise<Server> {
  return startS3(versitygw.path, ['role'], {
    versioned: ['versioned'],
    locked: ['locked'],
    users: { [WRITER.accessKey]: WRITER },
    policies: { role: WRITER_RIGHTS.map((rights) => ({ user: WRITER.accessKey, ...rights })) },
  })
}

describe('the strict S3 stand-in', () => locksAndRights(startStandIn))
versitygw.describe('versitygw', () => locksAndRights(startReal))

function locksAndRights(start: () => Promise<Server>): void {
  let server: Server
  let stores: OpenedStore[] = []
  beforeAll(async () => {
    server = await start()
  })
  afterAll(async () => {
    for (const store of stores) store.close()
    stores = []
    await server.close()
  })

  async function open(bucket: string, user?: typeof WRITER): Promise<OpenedStore> {
    const store = await openAt(server, bucket, 'shop', { partSize: PART }, user)
    stores.push(store)
    return store
  }

  /** How often the server names a key among versions or delete markers. */
  async function versionsOf(bucket: string, key: string): Promise<{ objects: number; markers: number }> {
    const query = `prefix=${encodeURIComponent(`shop/${key}`)}&versions=`
    const xml = await signedRequest(server, { method: 'GET', path: `/${bucket}`, query })
    return { objects: xml.split('<Version>').length - 1, markers: xml.split('<DeleteMarker>').length - 1 }
  }

  test('every version of an object is removed by its id, and no other object', async () => {
    const store = await open('versioned')
    for (const body of ['1', '2', '3', '4', '5']) await store.put('a/k', Buffer.from(body))
    await store.put('a/k2', Buffer.from('other'))
    await signedRequest(server, { method: 'DELETE', path: '/versioned/shop/a/k' })
    expect(await versionsOf('versioned', 'a/k')).toEqual({ objects: 6, markers: 1 })
    expect(await store.remove('a/k')).toBe('removed')
    expect(await versionsOf('versioned', 'a/k')).toEqual({ objects: 1, markers: 0 })
    expect((await store.readAll('a/k2', 9))?.toString()).toBe('other')
    expect(await store.remove('a/k')).toBe('missing')
  })

  test('a lock, of either mode, keeps an object until it is over', async () => {
    const store = await open('locked')
    const until = new Date(Date.now() + 2500)
    const keys: string[] = []
    for (const mode of ['governance', 'compliance'] as const) {
      keys.push(`${mode}/manifest.json`, `${mode}/data/1.tar`)
      const lock = { mode, until }
      await store.put(`${mode}/manifest.json`, Buffer.from('x'), { lock, ifAbsent: true })
      const writer = store.write(`${mode}/data/1.tar`, { lock })
      await writer.write(Buffer.alloc(PART + 1))
      await writer.finish()
    }
    for (const key of keys) {
      expect(await store.remove(key)).toBe('retained')
      expect(await versionsOf('locked', key)).toEqual({ objects: 1, markers: 0 })
      expect(await store.head(key)).toMatchObject({ key })
    }
    await new Promise((resolve) => setTimeout(resolve, until.getTime() - Date.now() + 1100))
    for (const key of keys) {
      expect(await store.remove(key)).toBe('removed')
      expect(await versionsOf('locked', key)).toEqual({ objects: 0, markers: 0 })
    }
  })

  test('a lock where the bucket has none is refused', async () => {
    const store = await open('role')
    const lock = { mode: 'compliance', until: new Date(Date.now() + 60_000) } as const
    await expect(store.put('k', Buffer.from('x'), { lock })).rejects.toMatchObject({ reason: 'store-denied' })
  })

  test('a role that may only put, list and read manifests and indexes is enough to write', async () => {
    const store = await open('role', WRITER)
    expect(await store.put('1/manifest.json', Buffer.from('m'), { ifAbsent: true })).toBe('written')
    expect(await store.put('1/manifest.json', Buffer.from('n'), { ifAbsent: true })).toBe('exists')
    expect((await store.readAll('1/manifest.json', 9))?.toString()).toBe('m')
    for (const size of [10, PART + 1]) {
      const writer = store.write(`1/data/${size}`)
      await writer.write(Buffer.alloc(size))
      expect(await writer.finish()).toMatchObject({ bytes: size })
    }
    const given = store.write('1/data/given-up')
    await given.write(Buffer.alloc(PART + 1))
    await given.abort()
    const keys: string[] = []
    for await (const { key } of store.list('1/')) keys.push(key)
    expect(keys).toEqual(['1/data/10', `1/data/${PART + 1}`, '1/manifest.json'])
    expect(await store.folders('')).toEqual(['1'])
    expect(await store.expiryDays('')).toBeUndefined()
  })

  test('what that role may not do is denied by name', async () => {
    const store = await open('role', WRITER)
    await store.put('2/data/x', Buffer.from('x'))
    await expect(store.read('2/data/x')).rejects.toMatchObject({
      reason: 'store-denied',
      message: expect.stringContaining('denies s3:GetObject'),
      remedy: expect.stringContaining('Allow s3:GetObject'),
    })
    await expect(store.remove('2/data/x')).rejects.toMatchObject({ reason: 'store-denied' })
    const elsewhere = await openAt(server, 'role', 'other', {}, WRITER)
    stores.push(elsewhere)
    await expect(elsewhere.put('x', Buffer.from('x'))).rejects.toMatchObject({
      message: expect.stringContaining('denies s3:PutObject'),
    })
  })

  test('credentials that nobody knows are told at once', async () => {
    const store = await open('role', { accessKey: 'stranger', secretKey: 'lab-secret-key-of-a-stranger' })
    await expect(store.put('x', Buffer.from('x'))).rejects.toMatchObject({
      reason: 'store-denied',
      message: expect.stringContaining("doesn't accept the credentials"),
    })
    const wrong = await open('role', { ...WRITER, secretKey: 'lab-secret-key-that-is-wrong' })
    await expect(wrong.put('x', Buffer.from('x'))).rejects.toMatchObject({ reason: 'store-denied' })
  })
}

describe('a bucket whose server says less', () => {
  let server: FakeS3
  beforeAll(async () => {
    server = await startFakeS3()
  })
  afterAll(() => server.close())

  test('about versions: a key is deleted as it is', async () => {
    const bucket = server.bucket('simple', { unknown: ['versions'] })
    const store = await openAt(server, 'simple', '')
    await store.put('k', Buffer.from('x'))
    expect(await store.remove('k')).toBe('removed')
    expect(await store.remove('k')).toBe('missing')
    expect(bucket.versions.size).toBe(0)
    store.close()
  })

  test('about why it denies: the lock is looked up', async () => {
    server.bucket('locked', { objectLock: true })
    const store = await openAt(server, 'locked', '')
    await store.put('k', Buffer.from('x'), { lock: { mode: 'compliance', until: new Date(Date.now() + 60_000) } })
    await store.put('free', Buffer.from('x'))
    server.faults.add({ method: 'DELETE', path: /./, fault: { kind: 'status', status: 403, code: 'AccessDenied' } })
    expect(await store.remove('k')).toBe('retained')
    await expect(store.remove('free')).rejects.toMatchObject({
      message: expect.stringContaining('s3:DeleteObjectVersion'),
    })
    server.faults.clear()
    store.close()
  })

  test('of many versions, page by page: all are removed', async () => {
    const bucket = server.bucket('paged', { versioned: true, pageSize: 3 })
    const store = await openAt(server, 'paged', '')
    for (const body of ['1', '2', '3', '4', '5', '6', '7']) await store.put('k', Buffer.from(body))
    await store.put('k2', Buffer.from('other'))
    expect(await store.remove('k')).toBe('removed')
    expect([...bucket.versions.keys()]).toEqual(['k2'])
    store.close()
  })

  test('a delete marker stays over a version that a lock keeps', async () => {
    const bucket = server.bucket('locked', { objectLock: true })
    const store = await openAt(server, 'locked', '')
    await store.put('k', Buffer.from('x'), { lock: { mode: 'compliance', until: new Date(Date.now() + 60_000) } })
    await signedRequest(server, { method: 'DELETE', path: '/locked/k' })
    expect(await store.remove('k')).toBe('retained')
    expect(bucket.versions.get('k')?.map(({ kind }) => kind)).toEqual(['delete-marker', 'object'])
    store.close()
  })
})

describe('lifecycle rules', () => {
  const rule = (prefix: string, expiration: string, status = 'Enabled') =>
    `<LifecycleConfiguration><Rule><Status>${status}</Status><Filter><Prefix>${prefix}</Prefix></Filter><Expiration>${expiration}</Expiration></Rule></LifecycleConfiguration>`
  const inTenDays = new Date(Date.now() + 10.5 * 86_400_000).toISOString()

  test.each([
    ['of all', rule('', '<Days>30</Days>'), 30],
    ['of a folder around', rule('p/', '<Days>30</Days>'), 30],
    ['of a folder within', rule('p/shop/1', '<Days>7</Days>'), 7],
    ['of another folder', rule('q/', '<Days>30</Days>'), undefined],
    ['that is off', rule('', '<Days>30</Days>', 'Disabled'), undefined],
    ['on a date', rule('', `<Date>${inTenDays}</Date>`), 10],
    [
      'of tagged objects',
      rule('', '<Days>3</Days>').replace('<Filter>', '<Filter><Tag><Key>a</Key><Value>b</Value></Tag>'),
      undefined,
    ],
  ])('%s', async (_, lifecycle, days) => {
    const server = await startFakeS3()
    server.bucket('ruled', { lifecycle })
    const store = await openAt(server, 'ruled', 'p')
    expect(await store.expiryDays('shop/')).toBe(days)
    store.close()
    await server.close()
  })
})
