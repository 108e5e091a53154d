import { type AgeIdentity, deriveIdentity, recipientOf } from '../../../../lib/crypto/age-keys.ts'
import type { Store } from '../../../../lib/s3/store.ts'
import { BackupError } from '../failure.ts'
import type { Identities, Sealing } from '../pipeline/sealing.ts'
import { readSmall, sealSmall } from '../pipeline/small.ts'
import { damaged } from '../pipeline/stored-bytes.ts'
import { DamagedDocument } from './document.ts'
import { type BackupIndex, decodeIndex, encodeIndex } from './index-file.ts'
import { backupFolder } from './keys.ts'
import type { Manifest } from './manifest.ts'

/** The runner's own key: it opens indexes, never data. @param indexKey at least 32 bytes of UTF-8 */
export async function indexIdentity(indexKey: string): Promise<AgeIdentity> {
  return await deriveIdentity(indexKey, 'ondol/backup/index/v1')
}

/**
 * The index as it is stored: for the backup's recipients and, with an index key, for the runner's next backup. The holder
 * of an identity reads it by `age -d | zstd -d`.
 */
export async function sealIndex(
  index: BackupIndex,
  { level, recipients }: Omit<Sealing, 'threads'>,
  indexKey: string | undefined,
): Promise<Buffer> {
  const runner = indexKey === undefined ? [] : [await recipientOf(await indexIdentity(indexKey))]
  const readers = recipients === 'none' ? 'none' : [...recipients, ...runner]
  return await sealSmall(encodeIndex(index), { level, recipients: readers })
}

/**
 * The index of a backup. `identities` may hold those of the user, the `indexIdentity`, or both.
 *
 * @throws BackupError `store-missing`, `corrupt`, `wrong-key`; StoreError
 */
export async function readIndex(
  store: Pick<Store, 'readAll' | 'name'>,
  { set, id, objects }: Pick<Manifest, 'set' | 'id' | 'objects'>,
  identities: Identities,
): Promise<BackupIndex> {
  const record = objects.find(({ kind }) => kind === 'index')
  if (record === undefined) throw new BackupError('corrupt', `The manifest of ${set}/${id} lists no index.`)
  const folder = { store, folder: backupFolder(set, id) }
  const bytes = await readSmall(record, { ...folder, identities })
  try {
    return decodeIndex(bytes, { set, id })
  } catch (error) {
    throw error instanceof DamagedDocument ? damaged(record, folder, error.message, error) : error
  }
}
