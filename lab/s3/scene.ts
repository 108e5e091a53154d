import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals'
import type { OpenedStore, StoreOptions } from '../../lib/s3/open.ts'
import { type Bucket, type BucketOptions, type FakeS3, startFakeS3 } from './fake/index.ts'
import { openAt } from './places.ts'

const MIB = 1024 * 1024
export const PART = 5 * MIB
/** Two parts and a bit. */
export const BIG = randomBytes(2 * PART + 1000)

/** A store at the stand-in, new for each test of the file that calls this. */
export interface StoreScene {
  readonly server: FakeS3
  readonly bucket: Bucket
  readonly store: OpenedStore
  /** Opens the store anew with other options. */
  reopen(options: StoreOptions): Promise<void>
  /** Makes the bucket anew with other options. */
  rebuild(options: BucketOptions): void
  /** Writes BIG under `big`, and gives up when that fails. */
  writeBig(): Promise<void>
  readBytes(key: string): Promise<Buffer>
  /** What the server holds under a key. */
  stored(key: string): Buffer | undefined
}

export function useStoreScene(): StoreScene {
  let server: FakeS3
  let bucket: Bucket
  let store: OpenedStore
  const open = (options: StoreOptions) =>
    openAt(server, 'acme', 'p', { partSize: PART, timeouts: { connectMs: 5_000, stallMs: 1_000 }, ...options })
  beforeAll(async () => {
    server = await startFakeS3()
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    bucket = server.bucket('acme')
    store = await open({})
  })
  afterEach(() => {
    store.close()
    server.faults.clear()
    server.clock.aheadMs = 0
    server.requests.splice(0)
    expect(server.violations).toEqual([])
  })
  return {
    get server() {
      return server
    },
    get bucket() {
      return bucket
    },
    get store() {
      return store
    },
    async reopen(options) {
      store.close()
      store = await open(options)
    },
    rebuild(options) {
      bucket = server.bucket('acme', options)
    },
    async writeBig() {
      const writer = store.write('big')
      try {
        for (let at = 0; at < BIG.length; at += 3 * MIB) await writer.write(BIG.subarray(at, at + 3 * MIB))
        await writer.finish()
      } catch (error) {
        await writer.abort()
        throw error
      }
    },
    async readBytes(key) {
      const chunks: Uint8Array[] = []
      for await (const chunk of await store.read(key)) chunks.push(chunk)
      return Buffer.concat(chunks)
    },
    stored: (key) => bucket.versions.get(`p/${key}`)?.[0]?.body,
  }
}
