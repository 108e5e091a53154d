import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { StoreError } from '../../../../lib/s3/store.ts'
import { dumpKey } from '../catalogue/keys.ts'
import { BackupError } from '../failure.ts'
import { type ObjectPlan, openObject, type StoredObjects } from './open-object.ts'
import { readObjects } from './read-objects.ts'
import type { Sealing } from './sealing.ts'
import { type Faults, type MemoryStore, memoryStore } from './test-support.ts'

const identity = await generateX25519Identity()
const sealing: Sealing = { level: 3, threads: 2, recipients: [await identityToRecipient(identity)] }
const plain: Sealing = { ...sealing, recipients: 'none' }
const PATH = process.env['PATH']
afterEach(() => {
  process.env['PATH'] = PATH
})

const dump: ObjectPlan = {
  kind: 'dump',
  source: '2-postgres',
  keyOf: (piece) => dumpKey({ source: '2-postgres', extension: 'sql' }, piece, 'age'),
}

/** Opens an object in the folder of a backup. */
function open(store: MemoryStore, how = sealing, signal?: AbortSignal) {
  return openObject((key, options) => store.write(`set/id/${key}`, options), dump, how, signal)
}

async function upload(content: Uint8Array, faults: Faults = {}, how = sealing) {
  const store = memoryStore(faults)
  const { stream, done } = open(store, how)
  await pipeline(Readable.from(pieces(content)), stream)
  return { store, stored: await done }
}

function* pieces(content: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < content.length; start += 50_000) yield content.subarray(start, start + 50_000)
}

async function restored(store: MemoryStore, { records }: StoredObjects, identities: string[] | 'none' = [identity]) {
  const [first, ...rest] = records
  if (first === undefined) throw new Error('nothing was stored')
  return await buffer(readObjects([first, ...rest], { store, folder: 'set/id/', identities }))
}

/** Programs of this test run by that name. */
function running(name: string): string[] {
  const lines = execFileSync('ps', ['-o', 'comm=', '--ppid', String(process.pid)], { encoding: 'utf8' }).split('\n')
  return lines.filter((line) => line.trim() === name)
}

describe('openObject', () => {
  test.each([0, 1, 3_000_000])('stores %d bytes so that they come back', async (size) => {
    const content = randomBytes(size)
    const { store, stored } = await upload(content)
    expect(stored).toMatchObject({ plainBytes: size, records: [{ key: 'data/2-postgres.sql.zst.age', kind: 'dump' }] })
    expect(stored.records[0]?.bytes).toBe(store.objects.get('set/id/data/2-postgres.sql.zst.age')?.length)
    expect((await restored(store, stored)).equals(content)).toBe(true)
  })

  test('compresses, and without encryption stores what zstd writes', async () => {
    const { store, stored } = await upload(Buffer.alloc(5_000_000, 'text '), {}, plain)
    const [[, body]] = [...store.objects] as [[string, Buffer]]
    expect(body.length).toBeLessThan(10_000)
    expect(execFileSync('zstd', ['-dc'], { input: body, maxBuffer: 2 ** 30 }).length).toBe(5_000_000)
    expect((await restored(store, stored, 'none')).length).toBe(5_000_000)
  })

  test('goes on in further objects when one is full, and they come back as one stream', async () => {
    const content = randomBytes(3_000_000)
    const { store, stored } = await upload(content, { capacity: 1_000_000 })
    expect(stored.records.map(({ key }) => key)).toEqual([
      'data/2-postgres.sql.zst.age',
      'data/2-postgres.part1.sql.zst.age',
      'data/2-postgres.part2.sql.zst.age',
      'data/2-postgres.part3.sql.zst.age',
    ])
    expect((await restored(store, stored)).equals(content)).toBe(true)
    expect(store.open.size).toBe(0)
  })

  test('keeps back a source that is faster than the store', async () => {
    let release = (): void => undefined
    const blocked = new Promise<void>((resolve) => {
      release = resolve
    })
    const { stream, done } = open(memoryStore({ onWrite: () => blocked }), { ...plain, threads: 1 })
    let taken = 0
    const source = new Readable({
      read() {
        taken += 65_536
        this.push(taken <= 2 ** 27 ? randomBytes(65_536) : null)
      },
    })
    const flowing = pipeline(source, stream)
    await sleep(500)
    // zstd's own buffers and those of pipes, and no more.
    expect(taken).toBeLessThan(2 ** 26)
    release()
    await flowing
    expect((await done).plainBytes).toBe(2 ** 27)
  })

  test("a store's failure ends source, zstd and object, with one error", async () => {
    const failure = new StoreError('store-full', 'The bucket is full.')
    const store = memoryStore({
      onWrite(_key, bytes) {
        if (bytes > 200_000) throw failure
      },
    })
    const { stream, done } = open(store)
    const source = Readable.from(pieces(randomBytes(30_000_000)))
    const [flow, end] = await Promise.allSettled([pipeline(source, stream), done])
    expect([flow, end]).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ])
    expect([source.destroyed, store.objects.size, store.open.size, running('zstd')]).toEqual([true, 0, 0, []])
  })

  test('a failure shows while the source is silent, too', async () => {
    const failure = new StoreError('store-unreachable', 'It is gone.')
    const { stream, done } = open(memoryStore({ onWrite: () => Promise.reject(failure) }), { ...plain, threads: 1 })
    stream.write(randomBytes(20_000_000))
    await expect(done).rejects.toBe(failure)
    expect(stream.destroyed).toBe(true)
  })

  test("a source's failure gives the object up", async () => {
    const store = memoryStore()
    const { stream, done } = open(store)
    const failure = new BackupError('source-failed', 'The dump has failed.')
    const source = Readable.from(
      (function* () {
        yield randomBytes(1_000_000)
        throw failure
      })(),
    )
    await expect(pipeline(source, stream)).rejects.toBe(failure)
    await expect(done).rejects.toBe(failure)
    expect([store.objects.size, store.open.size, running('zstd')]).toEqual([0, 0, []])
  })

  test('one that is destroyed early is given up, though nobody listens', async () => {
    const store = memoryStore()
    const { stream } = open(store)
    stream.write(randomBytes(1000))
    await sleep(20)
    stream.destroy()
    await once(stream, 'close')
    expect([store.objects.size, store.open.size, running('zstd')]).toEqual([0, 0, []])
  })

  test.each([true, false])('an interruption ends it (before it began: %s)', async (before) => {
    const store = memoryStore({ onWrite: () => new Promise(() => undefined) })
    const controller = new AbortController()
    const reason = new BackupError('interrupted', 'The run was cancelled by a test.')
    if (before) controller.abort(reason)
    const { stream, done } = open(store, sealing, controller.signal)
    if (!before) {
      stream.write(randomBytes(1_000_000))
      await sleep(50)
      controller.abort(reason)
    }
    await expect(done).rejects.toBe(reason)
    expect([store.objects.size, store.open.size, running('zstd')]).toEqual([0, 0, []])
  })

  test('a zstd that dies is a failure', async () => {
    const store = memoryStore()
    const { stream, done } = open(store)
    stream.write(randomBytes(1000))
    await sleep(50)
    const [pid] = execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(process.pid)], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.endsWith('zstd'))
      .map((line) => Number.parseInt(line, 10))
    process.kill(pid ?? Number.NaN, 'SIGKILL')
    await expect(done).rejects.toThrow('zstd failed while it compressed data/2-postgres.sql.zst.age: SIGKILL.')
    expect([store.objects.size, store.open.size]).toEqual([0, 0])
  })

  test('without zstd the run says so, writing and reading', async () => {
    const { store, stored } = await upload(Buffer.from('content'))
    const empty = mkdtempSync(join(tmpdir(), 'ondol-no-zstd-'))
    process.env['PATH'] = empty
    const missing = { reason: 'client-missing', remedy: expect.stringContaining('apt-get install zstd') }
    const { stream, done } = open(store)
    stream.end('content')
    await expect(done).rejects.toMatchObject(missing)
    await expect(restored(store, stored)).rejects.toMatchObject(missing)
    expect(store.open.size).toBe(0)
    rmSync(empty, { recursive: true })
  })

  test("the user's own zstd settings in the environment don't count", async () => {
    process.env['ZSTD_CLEVEL'] = '19'
    try {
      const text = Buffer.from(Array.from({ length: 100_000 }, (_, i) => `${i * 7919} `).join(''))
      const [{ stored: ours }, { stored: best }] = [
        await upload(text),
        await upload(text, {}, { ...sealing, level: 19 }),
      ]
      expect(ours.records[0]?.bytes).toBeGreaterThan(best.records[0]?.bytes ?? 0)
    } finally {
      delete process.env['ZSTD_CLEVEL']
    }
  })
})
