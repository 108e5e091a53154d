import type { Manifest } from '../catalogue/manifest.ts'
import type { Catalogue } from '../catalogue/manifests.ts'

/**
 * Finds the backups of a set that can be seen to be damaged: whose manifest can't be trusted, or promises what the store doesn't
 * list. Content isn't looked at.
 *
 * @param objects keys from the store's prefix on: `<set>/<id>/data/1-files.1.tar.zst.age`
 * @returns a sentence by id
 */
export function damagedBackups(
  { backups, damaged }: Pick<Catalogue, 'backups' | 'damaged'>,
  objects: readonly { key: string; bytes: number }[],
): Map<string, string> {
  const stored = new Map(objects.map(({ key, bytes }) => [key, bytes]))
  const sentences = new Map(
    damaged.map(({ id, problem }) => [id, `The manifest of backup ${id} is damaged: ${problem}.`]),
  )
  for (const manifest of backups) {
    const flaws = flawsOf(manifest, stored)
    if (flaws[0] !== undefined)
      sentences.set(manifest.id, `Backup ${manifest.id} ${flaws[0]}${others(flaws.length - 1)}.`)
  }
  return sentences
}

function flawsOf({ set, id, objects }: Manifest, stored: ReadonlyMap<string, number>): string[] {
  return objects.flatMap(({ key, bytes }) => {
    const found = stored.get(`${set}/${id}/${key}`)
    if (found === undefined) return [`lacks ${key}`]
    return found === bytes ? [] : [`has ${found} bytes of ${key} in place of ${bytes}`]
  })
}

function others(count: number): string {
  return count === 0 ? '' : `; ${count} more of its objects ${count === 1 ? 'is' : 'are'} wrong`
}
