import { timeOfId } from '../catalogue/id.ts'

/** A folder of a set in which no manifest is: a run that died, one that still writes, or a removal that was cut short. */
export interface Folder {
  name: string
  /** When the store took its newest object, by the store's clock. */
  modifiedAt: Date
}

/** A job of GitHub's own runners ends after 6 hours; a self-hosted one may last 5 days, but it ends an object far more often. */
const UNTOUCHED_MS = 48 * 3_600_000

/**
 * Folders whose remains may be collected: named as a backup, without a manifest, begun and last written to more than 48 h ago.
 * What isn't named as a backup is never touched.
 *
 * @param manifestIds ids of all folders that have a manifest, readable or not
 * @param now by the store's clock
 */
export function collectableOrphans(folders: readonly Folder[], manifestIds: ReadonlySet<string>, now: Date): string[] {
  const isOld = (time: Date | undefined) => time !== undefined && now.getTime() - time.getTime() > UNTOUCHED_MS
  return folders
    .filter(({ name }) => !manifestIds.has(name))
    .filter(({ name, modifiedAt }) => isOld(timeOfId(name)) && isOld(modifiedAt))
    .map(({ name }) => name)
}
