import { describe, expect, test } from '@jest/globals'
import type { Fault } from '../../lab/s3/fake/index.ts'
import { openAt } from '../../lab/s3/places.ts'
import { BIG, useStoreScene } from '../../lab/s3/scene.ts'

const MIB = 1024 * 1024
const scene = useStoreScene()

/** Every request that a store makes, what makes it, and how it is seen to have been carried out. */
const REQUESTS: { name: string; method: string; path: RegExp; act: () => Promise<void> }[] = [
  {
    name: 'a put',
    method: 'PUT',
    path: /\/p\/small\?x-id=PutObject/,
    act: async () => {
      await scene.store.put('small', Buffer.from('small'))
      expect(scene.stored('small')?.toString()).toBe('small')
    },
  },
  {
    name: 'a put of what is absent',
    method: 'PUT',
    path: /\/p\/small\?x-id=PutObject/,
    act: async () => {
      expect(await scene.store.put('small', Buffer.from('small'), { ifAbsent: true })).toBe('written')
      expect(scene.stored('small')?.toString()).toBe('small')
    },
  },
  {
    name: 'the beginning of an upload',
    method: 'POST',
    path: /\?uploads/,
    act: async () => {
      await scene.writeBig()
      expect(scene.stored('big')?.equals(BIG)).toBe(true)
    },
  },
  { name: 'a part', method: 'PUT', path: /partNumber=2/, act: bigArrives },
  { name: 'the last part', method: 'PUT', path: /partNumber=3/, act: bigArrives },
  { name: 'the completion', method: 'POST', path: /\?uploadId=/, act: bigArrives },
  { name: 'the list that proves', method: 'GET', path: /list-type=2.*prefix=p%2Fbig/, act: bigArrives },
  {
    name: 'a read',
    method: 'GET',
    path: /\/p\/small/,
    act: async () => {
      await scene.store.put('small', Buffer.from('small'))
      expect((await scene.store.readAll('small', 9))?.toString()).toBe('small')
      expect((await scene.readBytes('small')).toString()).toBe('small')
    },
  },
  {
    name: 'a look',
    method: 'HEAD',
    path: /\/p\/small/,
    act: async () => {
      await scene.store.put('small', Buffer.from('small'))
      expect(await scene.store.head('small')).toMatchObject({ bytes: 5 })
    },
  },
  {
    name: 'a list of folders',
    method: 'GET',
    path: /delimiter/,
    act: async () => {
      await scene.store.put('a/b', Buffer.from('small'))
      expect(await scene.store.folders('')).toEqual(['a'])
    },
  },
  {
    name: 'a deletion',
    method: 'DELETE',
    path: /\/p\/small/,
    act: async () => {
      await scene.store.put('small', Buffer.from('small'))
      expect(await scene.store.remove('small')).toBe('removed')
      expect(scene.bucket.versions.size).toBe(0)
    },
  },
]

async function bigArrives(): Promise<void> {
  await scene.writeBig()
  expect(scene.stored('big')?.equals(BIG)).toBe(true)
  expect(scene.bucket.uploads.size).toBe(0)
}

const PASSING: [string, Fault][] = [
  ['500', { kind: 'status', status: 500 }],
  ['502 without words', { kind: 'status', status: 502, code: 'Unknown' }],
  ['503 SlowDown', { kind: 'slow-down' }],
  ['a reset', { kind: 'reset' }],
  ['a lost reply', { kind: 'reset-after-write' }],
  ['a reset in the middle', { kind: 'reset-in-body', afterBytes: 2 * MIB }],
  ['a slow reply', { kind: 'slow', ms: 100 }],
  ['a stall', { kind: 'stall' }],
]

describe.each(PASSING)('%s that passes', (_, fault) => {
  test.each(REQUESTS)('at $name', async ({ method, path, act }) => {
    scene.server.faults.add({ method, path, times: fault.kind === 'stall' ? 1 : 2, fault })
    await act()
    const met = scene.server.requests.filter((request) => request.method === method && path.test(request.path))
    expect(met.length).toBeGreaterThan(fault.kind === 'slow' ? 0 : 1)
  })
})

const FINAL: [string, number, string, string][] = [
  ['AccessDenied', 403, 'store-denied', 'denies s3:'],
  ['InvalidAccessKeyId', 403, 'store-denied', "doesn't accept the credentials (InvalidAccessKeyId)"],
  ['SignatureDoesNotMatch', 403, 'store-denied', "doesn't accept the credentials"],
  ['ExpiredToken', 400, 'store-denied', "doesn't accept the credentials (ExpiredToken)"],
  ['NoSuchBucket', 404, 'store-missing', 'There is no bucket acme'],
  ['QuotaExceeded', 403, 'store-full', 'is full (QuotaExceeded)'],
  ['XMinioStorageFull', 507, 'store-full', 'is full'],
  ['Whatever', 507, 'store-full', 'is full'],
  ['InvalidRequest', 400, 'store-denied', '400 InvalidRequest'],
  ['NotImplemented', 501, 'store-denied', '501 NotImplemented'],
]

describe.each(FINAL)('%s (%i) for good', (code, status, reason, words) => {
  // A reply to HEAD has no body that could name its code.
  test.each(REQUESTS.filter(({ name, method }) => !name.includes('absent') && method !== 'HEAD'))(
    'at $name is told at once',
    async ({ method, path, act }) => {
      scene.server.faults.add({ method, path, fault: { kind: 'status', status, code } })
      const error = await act().catch((thrown) => thrown)
      expect(error).toMatchObject({ reason, message: expect.stringContaining(words) })
      expect(error.message).toContain('s3://acme/p')
      expect(JSON.stringify([error.message, error.remedy])).not.toContain(scene.server.secretKey)
      expect(
        scene.server.requests.filter((request) => request.method === method && path.test(request.path)),
      ).toHaveLength(1)
      expect(scene.bucket.uploads.size).toBe(0)
    },
  )
})

test('who may not look is told which right is missing', async () => {
  scene.server.faults.add({ method: 'HEAD', path: /small/, fault: { kind: 'status', status: 403 } })
  const error = await scene.store.head('small').catch((thrown) => thrown)
  expect(error).toMatchObject({ reason: 'store-denied', message: expect.stringContaining('denies s3:GetObject') })
})

test('a clock that is wrong is told with both times', async () => {
  scene.server.clock.aheadMs = 20 * 60_000
  const error = await scene.store.put('small', Buffer.from('x')).catch((thrown) => thrown)
  expect(error).toMatchObject({ reason: 'clock', message: expect.stringContaining('20 minutes apart') })
  const [here, there] = error.message.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g).map(Date.parse)
  expect(there - here).toBeGreaterThan(19.9 * 60_000)
  expect(scene.store.clockSkewMs).toBeLessThan(-19.9 * 60_000)
  expect(scene.server.requests).toHaveLength(1)
})

test('a list that is absent for a moment is asked again', async () => {
  await scene.store.put('small', Buffer.from('x'))
  scene.server.faults.add({ path: /list-type/, times: 2, fault: { kind: 'status', status: 404, code: 'NoSuchKey' } })
  const keys: string[] = []
  for await (const { key } of scene.store.list('')) keys.push(key)
  expect(keys).toEqual(['small'])
})

test('a list of many pages is whole', async () => {
  scene.rebuild({ pageSize: 3 })
  const keys = Array.from({ length: 10 }, (_, index) => `d${index}/k`)
  for (const key of keys) await scene.store.put(key, Buffer.from(key))
  const listed: string[] = []
  for await (const { key } of scene.store.list('')) listed.push(key)
  expect(listed).toEqual(keys)
  expect(await scene.store.folders('')).toEqual(keys.map((key) => key.slice(0, 2)))
})

test('a wrong endpoint is unreachable, a wrong name of a bucket missing', async () => {
  const nobody = { ...scene.server, endpoint: 'http://127.0.0.1:9' }
  const lost = await openAt(nobody, 'acme', '')
  await expect(lost.head('x')).rejects.toMatchObject({ reason: 'store-unreachable' })
  const elsewhere = await openAt(scene.server, 'other', '')
  await expect(elsewhere.put('x', Buffer.from('x'))).rejects.toMatchObject({ reason: 'store-missing' })
})
