import { Writable } from 'node:stream'
import type { ObjectWriter, WriteOptions, WrittenObject } from '../../../../lib/s3/store.ts'
import type { ObjectRecord } from '../catalogue/manifest.ts'
import { BackupError } from '../failure.ts'
import { type Piece, startPiece } from './piece.ts'
import type { Sealing } from './sealing.ts'

/** Begins an object; the key is relative to the backup's folder. */
export type OpenWriter = (key: string, options: WriteOptions) => ObjectWriter

export interface ObjectPlan {
  kind: ObjectRecord['kind']
  source?: string
  /** Key of the first object (0), and of those that follow when one can't hold everything. Relative to the backup's folder. */
  keyOf(piece: number): string
  /** Bytes expected in the store. */
  estimate?: number
}

export interface StoredObjects {
  /** In order; more than one only where the store's limit of parts was reached. */
  records: ObjectRecord[]
  plainBytes: number
}

export interface ObjectUpload {
  /** Takes the plain bytes with back-pressure; ending it completes the object, destroying it gives the object up. */
  stream: Writable
  /**
   * Settles when all is over. Rejects with the first error, after which nothing is left: no process, no unfinished upload
   * (pieces that were completed before stay, and belong to no manifest). Whoever only writes to `stream`, by `pipeline`
   * say, gets the same error there.
   */
  done: Promise<StoredObjects>
}

/**
 * bytes → zstd → age → store. Where one object can't hold everything the plain stream is cut: each object is a zstd frame
 * and an age file of its own, so that (for each: `age -d`) | `zstd -d` gives the stream back.
 *
 * @throws nothing; `done` rejects with `client-missing` (no zstd), a StoreError, the reason of `signal`, or what `stream`
 *   was destroyed with
 */
export function openObject(open: OpenWriter, plan: ObjectPlan, sealing: Sealing, signal?: AbortSignal): ObjectUpload {
  const records: ObjectRecord[] = []
  const finished = Promise.withResolvers<StoredObjects>()
  let plainBytes = 0
  let current: Piece | undefined

  function begin(): Piece {
    const key = plan.keyOf(records.length)
    const writer = open(key, plan.estimate === undefined ? {} : { estimate: plan.estimate })
    return startPiece({ name: key, writer }, sealing, (error) => stream.destroy(error))
  }

  async function feed(chunk: Uint8Array): Promise<void> {
    if (current !== undefined && !current.fits(chunk.length)) await complete(current)
    current ??= begin()
    plainBytes += chunk.length
    await current.write(chunk)
  }

  async function complete(piece: Piece): Promise<void> {
    records.push(recordOf(plan, plan.keyOf(records.length), await piece.end()))
    current = undefined
  }

  async function end(): Promise<void> {
    current ??= begin()
    await complete(current)
    finished.resolve({ records, plainBytes })
  }

  async function giveUp(error: Error): Promise<void> {
    await current?.abort()
    finished.reject(error)
  }

  const stream = new Writable({
    write: (chunk: Buffer, _encoding, callback) => settle(feed(chunk), callback),
    final: (callback) => settle(end(), callback),
    destroy(error, callback) {
      signal?.removeEventListener('abort', interrupt)
      settle(giveUp(error ?? new BackupError('interrupted', `${plan.keyOf(0)} was given up.`)), () => callback(error))
    },
  })
  const interrupt = (): void => void stream.destroy(reasonOf(signal))
  signal?.addEventListener('abort', interrupt)
  if (signal?.aborted) interrupt()
  // `done` tells it; neither must end the process when nobody listens.
  stream.on('error', () => undefined)
  finished.promise.catch(() => undefined)
  return { stream, done: finished.promise }
}

function settle(work: Promise<void>, callback: (error?: Error | null) => void): void {
  work.then(
    () => callback(),
    (error: Error) => callback(error),
  )
}

export function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof BackupError
    ? reason
    : new BackupError('interrupted', 'The run was cancelled.', { cause: reason })
}

function recordOf({ kind, source }: ObjectPlan, key: string, { bytes, sha256 }: WrittenObject): ObjectRecord {
  return { key, kind, ...(source === undefined ? {} : { source }), bytes, sha256 }
}
