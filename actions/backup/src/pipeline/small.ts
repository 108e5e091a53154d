import { digest } from '../../../../lib/crypto/fingerprint.ts'
import { StoreError } from '../../../../lib/s3/store.ts'
import type { ObjectRecord } from '../catalogue/manifest.ts'
import { BackupError } from '../failure.ts'
import { decrypterFor, encrypterFor, type Identities, type Sealing } from './sealing.ts'
import { type BackupFolder, damaged, differenceFrom, explain } from './stored-bytes.ts'
import { compress, decompress } from './zstd.ts'

/** Objects that fit in memory: index, list of deletions. The same bytes as of `openObject`, without a child. */
export async function sealSmall(plain: Uint8Array, { level, recipients }: Omit<Sealing, 'threads'>): Promise<Buffer> {
  const encrypter = await encrypterFor(recipients)
  return Buffer.concat([encrypter.update(compress(plain, level)), encrypter.final()])
}

/** The record of an object whose stored bytes are at hand. */
export function recordOf(
  object: Pick<ObjectRecord, 'key' | 'kind'> & { source?: string },
  stored: Uint8Array,
): ObjectRecord {
  return { ...object, bytes: stored.length, sha256: digest(stored) }
}

/** Keeps a hostile or damaged object from filling the memory. */
const MAX_PLAIN_BYTES = 2 ** 31

/**
 * A small object's plain bytes, whole; checked as `readObjects` does.
 *
 * @throws BackupError `store-missing`, `corrupt`, `wrong-key`; StoreError
 */
export async function readSmall(
  record: ObjectRecord,
  reading: BackupFolder<'readAll'> & { identities: Identities },
): Promise<Buffer> {
  const stored = await readStored(record, reading)
  const decrypter = decrypterFor(reading.identities)
  try {
    const compressed = Buffer.concat([await decrypter.update(stored), await decrypter.final()])
    return decompress(compressed, MAX_PLAIN_BYTES)
  } catch (error) {
    const explained = explain(error, record, reading)
    throw explained instanceof BackupError ? explained : damaged(record, reading, 'zstd can not unpack it', error)
  }
}

async function readStored(record: ObjectRecord, reading: BackupFolder<'readAll'>): Promise<Buffer> {
  const key = reading.folder + record.key
  // A store refuses an object that is larger; it is only of interest that it is.
  const stored = await reading.store.readAll(key, record.bytes).catch((error: unknown) => {
    throw error instanceof StoreError ? error : damaged(record, reading, 'it has more bytes than were written', error)
  })
  if (stored === undefined) {
    throw new BackupError('store-missing', `${key} is not in ${reading.store.name}, although its backup lists it.`)
  }
  const problem = differenceFrom(record, stored.length, () => digest(stored))
  if (problem !== undefined) throw damaged(record, reading, problem)
  return stored
}
