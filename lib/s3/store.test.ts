import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { requirePart } from '../../lab/provision/require-part.ts'
import { fakePlace, folderPlace, type StorePlace, versitygwPlace } from '../../lab/s3/places.ts'
import type { OpenedStore } from './open.ts'

const MIB = 1024 * 1024
const PART = 5 * MIB
const versitygw = await requirePart('versitygw')

describe('a folder', () => behaviour(folderPlace))
describe('the strict S3 stand-in', () => behaviour(fakePlace))
versitygw.describe('versitygw', () => behaviour(() => versitygwPlace(versitygw.path)))

function behaviour(start: () => Promise<StorePlace>): void {
  let place: StorePlace
  beforeAll(async () => {
    place = await start()
  })
  afterAll(() => place.close())

  test('puts, reads and looks at a small object', async () => {
    const store = await place.open()
    expect(await store.put('shop/1/manifest.json', Buffer.from('one'))).toBe('written')
    expect(await store.readAll('shop/1/manifest.json', 3)).toEqual(Buffer.from('one'))
    const head = await store.head('shop/1/manifest.json')
    expect(head).toMatchObject({ key: 'shop/1/manifest.json', bytes: 3 })
    expect(Math.abs((head?.modifiedAt.getTime() ?? 0) - Date.now())).toBeLessThan(10_000)
    expect(await store.put('shop/1/manifest.json', Buffer.from('two'))).toBe('written')
    expect((await store.readAll('shop/1/manifest.json', 3))?.toString()).toBe('two')
  })

  test('leaves an existing object as it is when asked, whoever comes at the same time', async () => {
    const store = await place.open()
    const bodies = ['a', 'b', 'c', 'd', 'e']
    const outcomes = await Promise.all(bodies.map((body) => store.put('x/y', Buffer.from(body), { ifAbsent: true })))
    expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(1)
    expect(await store.put('x/y', Buffer.from('late'), { ifAbsent: true })).toBe('exists')
    expect((await store.readAll('x/y', 9))?.toString()).toBe(bodies[outcomes.indexOf('written')])
    expect(await keysOf(store)).toEqual(['x/y'])
  })

  test('tells what is not there', async () => {
    const store = await place.open()
    expect(await store.readAll('a/b', 1)).toBeUndefined()
    expect(await store.head('a/b')).toBeUndefined()
    expect(await store.remove('a/b')).toBe('missing')
    await expect(store.read('a/b')).rejects.toMatchObject({
      reason: 'store-missing',
      message: expect.stringContaining('a/b'),
    })
    expect(await keysOf(store)).toEqual([])
    expect(await store.folders('')).toEqual([])
    expect(await store.expiryDays('')).toBeUndefined()
  })

  test('refuses to read more than is allowed', async () => {
    const store = await place.open()
    await store.put('k', Buffer.from('12345'))
    await expect(store.readAll('k', 4)).rejects.toMatchObject({ reason: 'corrupt' })
  })

  test.each([
    ['nothing', 0, 1],
    ['one byte', 1, 1],
    ['a part to the byte', PART, 64 * 1024],
    ['a byte more than a part', PART + 1, 100_003],
    ['three parts in chunks larger than a part', 2 * PART + 12_345, 7 * MIB],
  ])('writes %s, and it is what was given', async (_, size, chunkSize) => {
    const store = await place.open({ partSize: PART })
    const body = randomBytes(size)
    const writer = store.write('data/1.tar')
    for (let at = 0; at < size; at += chunkSize) await writer.write(body.subarray(at, at + chunkSize))
    expect(await keysOf(store)).toEqual([])
    const sha256 = createHash('sha256').update(body).digest('hex')
    expect(await writer.finish()).toEqual({ key: 'data/1.tar', bytes: size, sha256 })
    expect((await bytesOf(store, 'data/1.tar')).equals(body)).toBe(true)
    await writer.abort()
    expect(await keysOf(store)).toEqual(['data/1.tar'])
    expect(await store.abandonedUploads('', 0)).toEqual([])
  })

  test('leaves nothing of an object that is given up', async () => {
    const store = await place.open({ partSize: PART })
    for (const size of [0, 10, 2 * PART + 1]) {
      const writer = store.write('data/1.tar')
      await writer.write(Buffer.alloc(size))
      await writer.abort()
    }
    expect(await keysOf(store)).toEqual([])
    expect(await store.folders('')).toEqual([])
    expect(await store.abandonedUploads('', 0)).toEqual([])
  })

  test('finds what was begun and never completed, and removes it', async () => {
    const store = await place.open({ partSize: PART })
    await store.put('set/other', Buffer.from('x'))
    const writer = store.write('set/data/1.tar')
    await writer.write(Buffer.alloc(PART + 1))
    await until(async () => (await store.abandonedUploads('', -5000)).length === 1)
    expect(await store.abandonedUploads('', 3_600_000)).toEqual([])
    expect(await store.abandonedUploads('elsewhere/', -5000)).toEqual([])
    expect(await keysOf(store)).toEqual(['set/other'])
    expect(await store.folders('set/')).toEqual([])
    for (const upload of await store.abandonedUploads('set/', -5000)) await upload.abort()
    await writer.abort()
    expect(await store.abandonedUploads('', -5000)).toEqual([])
    expect(await keysOf(store)).toEqual(['set/other'])
  })

  test('lists in the order of bytes, by any beginning, and by folders', async () => {
    const store = await place.open()
    const keys = ['a-b/1', 'a.txt', 'a/1', 'a/2/x', 'a/2/y', 'a0', 'b/ü', 'b/z']
    for (const key of keys.toReversed()) await store.put(key, Buffer.from(key))
    expect(await keysOf(store)).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    expect(await keysOf(store, 'a/')).toEqual(['a/1', 'a/2/x', 'a/2/y'])
    expect(await keysOf(store, 'a/2')).toEqual(['a/2/x', 'a/2/y'])
    expect(await keysOf(store, 'a-')).toEqual(['a-b/1'])
    expect(await store.folders('')).toEqual(['a-b', 'a', 'b'])
    expect(await store.folders('a/')).toEqual(['2'])
    expect(await store.folders('nowhere/')).toEqual([])
    for await (const { key, bytes } of store.list('a/')) expect(bytes).toBe(key.length)
  })

  test('removes an object, and its folder with the last', async () => {
    const store = await place.open()
    await store.put('set/1/a', Buffer.from('a'))
    await store.put('set/1/ab', Buffer.from('b'))
    expect(await store.remove('set/1/a')).toBe('removed')
    expect(await keysOf(store)).toEqual(['set/1/ab'])
    expect(await store.remove('set/1/ab')).toBe('removed')
    expect(await store.folders('')).toEqual([])
  })

  test.each(['', '/a', 'a//b', 'a/../b', '..', './a', 'a/', 'a\0b', 'a\\b', 'a/.ondol-1'])(
    'refuses the key %j',
    async (key) => {
      const store = await place.open()
      await expect(store.put(key, Buffer.from('x'))).rejects.toMatchObject({ reason: 'invalid-input' })
      await expect(store.read(key)).rejects.toMatchObject({ reason: 'invalid-input' })
      await expect(store.remove(key)).rejects.toMatchObject({ reason: 'invalid-input' })
      expect(() => store.write(key)).toThrow(expect.objectContaining({ reason: 'invalid-input' }))
    },
  )

  test('refuses a key that is longer than S3 allows', async () => {
    const store = await place.open()
    await expect(store.head('a'.repeat(1025))).rejects.toMatchObject({ reason: 'invalid-input' })
  })

  test.each(['..', '../', 'a/../b', '/', 'a//b', 'a\0'])('refuses to list %j', async (prefix) => {
    const store = await place.open()
    expect(() => store.list(prefix)).toThrow(expect.objectContaining({ reason: 'invalid-input' }))
    await expect(store.folders(prefix)).rejects.toMatchObject({ reason: 'invalid-input' })
  })

  test('knows its name, and how far the clocks are apart', async () => {
    const store = await place.open()
    await store.head('x')
    expect(store.name).toMatch(/^(file:\/\/\/|s3:\/\/plain\/store\/)/)
    expect(Math.abs(store.clockSkewMs ?? Number.NaN)).toBeLessThan(3000)
  })

  test('keeps to its bandwidth', async () => {
    const store = await place.open({ bandwidthLimit: 2 * MIB })
    const begun = performance.now()
    await store.put('k', randomBytes(MIB))
    const written = performance.now() - begun
    await bytesOf(store, 'k')
    // A quarter of a second's bytes may pass at once.
    expect(written).toBeGreaterThan(240)
    expect(performance.now() - begun).toBeGreaterThan(700)
    expect(performance.now() - begun).toBeLessThan(3000)
  })
}

async function keysOf(store: OpenedStore, prefix = ''): Promise<string[]> {
  return (await collect(store.list(prefix))).map(({ key }) => key)
}

async function bytesOf(store: OpenedStore, key: string): Promise<Buffer> {
  return Buffer.concat(await collect<Uint8Array>(await store.read(key)))
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('It did not come about within 5 s.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
