import type { Store } from '../../../../lib/s3/store.ts'
import { backupFolder } from '../catalogue/keys.ts'
import type { Manifest, Verdict } from '../catalogue/manifest.ts'
import { type Catalogue, readManifests } from '../catalogue/manifests.ts'
import { collect, mapBounded } from '../catalogue/pool.ts'
import { readVerdicts } from '../catalogue/verdicts.ts'
import { damagedBackups } from '../chain/damage.ts'
import { chainOf, latest } from '../chain/resolve.ts'
import { BackupError } from '../failure.ts'
import type { Keys } from '../session.ts'

/** What a store tells of a set. */
export interface Past {
  /** Those whose manifests are authentic, oldest first. */
  backups: Manifest[]
  /** What is wrong with a backup, in a sentence, by id. */
  damaged: Map<string, string>
  /** Ids of folders without a manifest. */
  incomplete: string[]
  verdicts: Verdict[]
}

/** Looks at every backup: manifest, objects and verdicts. Throws a StoreError, or `wrong-key` when the index key proves no manifest. */
export async function readPast(store: Store, set: string, keys: Keys): Promise<Past> {
  const catalogue = await readManifests(store, set, keys.catalogue)
  if (catalogue.isForeign) throw foreign(set, store)
  return lookAt(catalogue, catalogue.backups, store, keys)
}

function foreign(set: string, store: Store): BackupError {
  return new BackupError('wrong-key', `The index-key proves no backup of the set ${set} in ${store.name}.`, {
    remedy: 'Give the index-key that these backups were made with.',
  })
}

/**
 * As `readPast`, but of objects and verdicts only those are looked at that the next backup may build upon: the chains of the newest
 * backup and of the newest full one. That the index key proves none is no failure here: a backup is made whatever became of those before.
 */
export async function readRecentPast(store: Store, set: string, keys: Keys): Promise<Past> {
  const catalogue = await readManifests(store, set, keys.catalogue)
  const { backups } = catalogue
  const candidates = [latest(backups), latest(backups.filter(({ type }) => type === 'full'))]
  const chains = candidates.flatMap((backup) => (backup === undefined ? [] : [chainOf(backup.id, backups)]))
  const links = new Set(chains.flatMap((chain) => ('broken' in chain ? [] : chain)))
  return lookAt(catalogue, [...links], store, keys)
}

async function lookAt(catalogue: Catalogue, backups: readonly Manifest[], store: Store, keys: Keys): Promise<Past> {
  const looked = await mapBounded(backups, async ({ set, id }) => ({
    objects: await collect(store.list(backupFolder(set, id))),
    verdicts: await readVerdicts(store, set, id, keys.catalogue),
  }))
  const objects = looked.flatMap((one) => one.objects)
  return {
    backups: catalogue.backups,
    incomplete: catalogue.incomplete,
    damaged: damagedBackups({ backups: [...backups], damaged: catalogue.damaged }, objects),
    verdicts: looked.flatMap(({ verdicts }) => verdicts.verdicts),
  }
}
