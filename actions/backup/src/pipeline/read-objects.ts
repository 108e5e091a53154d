import { Readable, type Writable } from 'node:stream'
import { UserError } from '../../../../lib/action/errors.ts'
import type { ObjectRecord } from '../catalogue/manifest.ts'
import { reasonOf } from './open-object.ts'
import { writeTo } from './piece.ts'
import type { Identities } from './sealing.ts'
import { type BackupFolder, damaged, decryptedBytes } from './stored-bytes.ts'
import { startDecompressor, type Zstd } from './zstd.ts'

export interface Reading extends BackupFolder {
  identities: Identities
  signal?: AbortSignal
}

/**
 * The plain bytes of an object, or of those that hold one stream piece by piece: store → SHA-256 → age → zstd. It ends only
 * after size and hash of every object were found right and zstd has ended well; else it is destroyed with a BackupError
 * (`corrupt`, `wrong-key`, `client-missing`, the reason of `signal`) or a StoreError (`store-missing`, …). What came out
 * before was authenticated by age, unless the backup isn't encrypted.
 */
export function readObjects(records: readonly [ObjectRecord, ...ObjectRecord[]], reading: Reading): Readable {
  const zstd = startDecompressor((detail) => damaged(records[0], reading, `zstd can not unpack it (${detail})`))
  const stopping = new AbortController()
  const { signal } = reading
  const interrupt = (): void => void out.destroy(reasonOf(signal))
  const out = new Readable({
    read: () => void zstd.stdout.resume(),
    destroy(error, callback) {
      signal?.removeEventListener('abort', interrupt)
      stopping.abort()
      zstd.kill()
      zstd.ended.then(
        () => callback(error),
        () => callback(error),
      )
    },
  })
  zstd.stdout.on('data', (chunk: Buffer) => {
    if (!out.push(chunk)) zstd.stdout.pause()
  })
  unpack(records, reading, zstd, stopping.signal).then(
    () => out.push(null),
    (error: Error) => out.destroy(error),
  )
  signal?.addEventListener('abort', interrupt)
  if (signal?.aborted) interrupt()
  return out
}

/** Resolves when everything has gone through and was found right. */
async function unpack(
  records: readonly ObjectRecord[],
  reading: Reading,
  zstd: Zstd,
  signal: AbortSignal,
): Promise<void> {
  const fed = feed(records, reading, zstd.stdin, signal).catch((error: unknown) => {
    zstd.kill()
    throw error
  })
  const [feeding, unpacking] = await Promise.allSettled([fed, zstd.ended])
  if (feeding.status === 'rejected' && feeding.reason instanceof UserError) throw feeding.reason
  // A broken pipe is what we see of a zstd that has failed.
  if (unpacking.status === 'rejected') throw unpacking.reason
  if (feeding.status === 'rejected') throw feeding.reason
}

async function feed(
  records: readonly ObjectRecord[],
  reading: Reading,
  stdin: Writable,
  signal: AbortSignal,
): Promise<void> {
  for (const record of records) {
    for await (const chunk of decryptedBytes(record, reading, signal)) await writeTo(stdin, chunk)
  }
  stdin.end()
}
