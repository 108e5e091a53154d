import { createHash } from 'node:crypto'
import { addAbortSignal } from 'node:stream'
import { AgeError } from '../../../../lib/crypto/age-error.ts'
import type { Store } from '../../../../lib/s3/store.ts'
import type { ObjectRecord } from '../catalogue/manifest.ts'
import { BackupError } from '../failure.ts'
import { decrypterFor, type Identities } from './sealing.ts'

/** Where a backup's objects lie. */
export interface BackupFolder<Method extends keyof Store = 'read'> {
  store: Pick<Store, Method | 'name'>
  /** Of `backupFolder`: `<set>/<id>/`. */
  folder: string
}

/**
 * An object's bytes as they are stored. The last thing it does is to compare their number and SHA-256 with the record, so
 * whoever reads to the end knows that they are what was written.
 *
 * @throws BackupError `corrupt`; StoreError, `store-missing` for one
 */
export async function* storedBytes(
  record: ObjectRecord,
  folder: BackupFolder,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let bytes = 0
  const source = addAbortSignal(signal, await folder.store.read(folder.folder + record.key))
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > record.bytes) break
    hash.update(chunk)
    yield chunk
  }
  const problem = differenceFrom(record, bytes, () => hash.digest('hex'))
  if (problem !== undefined) throw damaged(record, folder, problem)
}

/** What a stored object's size or hash has against its record, as a clause. */
export function differenceFrom(record: ObjectRecord, bytes: number, sha256: () => string): string | undefined {
  if (bytes > record.bytes) return `it has more than the ${record.bytes} bytes that were written`
  if (bytes < record.bytes) return `it has ${bytes} of the ${record.bytes} bytes that were written`
  return sha256() === record.sha256 ? undefined : 'its content is not what was written (its SHA-256 differs)'
}

/**
 * As `storedBytes`, decrypted. Where no identity fits, it reads on to the end: only the hash tells a wrong key from a
 * damaged header.
 *
 * @throws BackupError `wrong-key`, `corrupt`; StoreError
 */
export async function* decryptedBytes(
  record: ObjectRecord,
  folder: BackupFolder & { identities: Identities },
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const decrypter = decrypterFor(folder.identities)
  let wrongKey: unknown
  try {
    for await (const chunk of storedBytes(record, folder, signal)) {
      if (wrongKey === undefined) {
        const plain = await decrypter.update(chunk).catch((error: unknown) => {
          if (!isWrongKey(error)) throw error
          wrongKey = error
          return undefined
        })
        if (plain !== undefined) yield plain
      }
    }
    if (wrongKey !== undefined) throw wrongKey
    yield await decrypter.final()
  } catch (error) {
    throw explain(error, record, folder)
  }
}

function isWrongKey(error: unknown): boolean {
  return error instanceof AgeError && error.kind === 'wrong-key'
}

/** An AgeError as a BackupError that names the object; others as they are. */
export function explain(error: unknown, record: ObjectRecord, folder: BackupFolder<never>): unknown {
  if (!(error instanceof AgeError)) return error
  if (error.kind === 'corrupt') return damaged(record, folder, error.message, error)
  return new BackupError('wrong-key', `No identity that was given opens ${nameOf(record, folder)}.`, {
    remedy: 'Give the secret key of one of the recipients that this backup was made for.',
    cause: error,
  })
}

export function damaged(
  record: ObjectRecord,
  folder: BackupFolder<never>,
  problem: string,
  cause?: unknown,
): BackupError {
  return new BackupError('corrupt', `${nameOf(record, folder)} is damaged: ${problem}.`, { cause })
}

function nameOf(record: ObjectRecord, { store, folder }: BackupFolder<never>): string {
  return `${folder}${record.key} in ${store.name}`
}
