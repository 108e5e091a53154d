import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpenedStore, openStore, type StoreOptions } from '../../lib/s3/open.ts'
import { type FakeS3, startFakeS3 } from './fake/index.ts'
import type { S3Access } from './signed-request.ts'
import { type S3Server, startS3 } from './versitygw.ts'

/** Somewhere that stores can be opened: the same tests run on each. */
export interface StorePlace {
  /** A store without objects. */
  open(options?: StoreOptions): Promise<OpenedStore>
  close(): Promise<void>
}

/** Quick enough for tests, and few enough that giving up is quick, too. */
export const QUICK_RETRIES = { attempts: 4, baseMs: 1, maxMs: 4 }

export async function folderPlace(): Promise<StorePlace> {
  const base = mkdtempSync(join(tmpdir(), 'ondol-stores-'))
  return {
    open: (options) => openStore({ kind: 'folder', path: mkdtempSync(join(base, 'store-')) }, options),
    async close() {
      rmSync(base, { recursive: true })
    },
  }
}

export async function fakePlace(): Promise<StorePlace & { server: FakeS3 }> {
  const server = await startFakeS3()
  server.bucket('plain', { equalParts: true })
  return { server, ...placeAt(server) }
}

export async function versitygwPlace(program: string): Promise<StorePlace & { server: S3Server }> {
  const server = await startS3(program, ['plain'])
  return { server, ...placeAt(server) }
}

function placeAt(server: S3Access & { close(): Promise<void> }): StorePlace {
  const opened: OpenedStore[] = []
  return {
    async open(options) {
      const store = await openAt(server, 'plain', `store/${opened.length}`, options)
      opened.push(store)
      return store
    },
    async close() {
      for (const store of opened) store.close()
      await server.close()
    },
  }
}

/** A prefix of a bucket of a server, with the credentials of its root or of another user. */
export function openAt(
  server: S3Access,
  bucket: string,
  prefix: string,
  options: StoreOptions = {},
  user: { accessKey: string; secretKey: string } = server,
): Promise<OpenedStore> {
  const credentials = { accessKeyId: user.accessKey, secretAccessKey: user.secretKey }
  return openStore(
    { kind: 's3', bucket, prefix, endpoint: server.endpoint, region: 'us-east-1' },
    { retries: QUICK_RETRIES, credentials, ...options },
  )
}
