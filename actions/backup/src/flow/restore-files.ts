import { mkdir } from 'node:fs/promises'
import type { BackupIndex, IndexedSource } from '../catalogue/index-file.ts'
import { BackupError } from '../failure.ts'
import type { Entry } from '../files/entry.ts'
import { extract, membersOf, prepareFolder, selectEntries } from '../files/restore.ts'
import { type Difference, verifyTree } from '../files/verify-tree.ts'
import type { Place } from '../places/place.ts'
import type { Session } from '../session.ts'
import type { Chosen } from './choose.ts'
import { openStream, streamsOf } from './objects.ts'

export interface RestoredFiles {
  files: number
  /** Of files, as the index says. */
  bytes: number
  /** What is otherwise than the index says. */
  differences: Difference[]
  warnings: string[]
}

/**
 * Restores every source of files of a backup into one folder, each file from the backup of the chain that holds it, and compares what
 * is there then with the index.
 *
 * @throws BackupError `not-empty` before anything is written; `corrupt`, `wrong-key`, `store-missing`
 */
export async function restoreFiles(
  session: Session,
  { chain }: Chosen,
  index: BackupIndex,
  target: { folder: string; include: readonly string[]; allowNonEmpty: boolean },
): Promise<RestoredFiles> {
  const sources = index.header.sources.filter(({ kind }) => kind === 'files')
  const states = sources.map(
    (source) => [source, selectEntries(index.entries.get(source.id) ?? [], target.include)] as const,
  )
  const all = states.flatMap(([, state]) => state)
  if (target.include.length > 0 && all.length === 0) {
    throw new BackupError('invalid-input', `No path of the backup matches include: ${target.include.join(', ')}.`)
  }
  await mkdir(target.folder, { recursive: true })
  prepareFolder(target.folder, all, target.allowNonEmpty)
  const place = await session.openPlace({ kind: 'local' })
  try {
    const warnings: string[] = []
    for (const [source, state] of states)
      warnings.push(...(await restoreSource(session, chain, source, state, target.folder, place)))
    const files = all.filter(({ type }) => type !== 'd')
    return {
      files: files.length,
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      differences: await compare(target.folder, all, target.allowNonEmpty),
      warnings,
    }
  } finally {
    await place.close()
  }
}

/** What else is in a folder that wasn't empty is nobody's difference. */
async function compare(folder: string, entries: readonly Entry[], allowNonEmpty: boolean): Promise<Difference[]> {
  const differences = await verifyTree(folder, entries)
  return allowNonEmpty ? differences.filter(({ field }) => field !== 'unexpected') : differences
}

async function restoreSource(
  session: Session,
  chain: Chosen['chain'],
  source: IndexedSource,
  state: readonly Entry[],
  folder: string,
  place: Place,
): Promise<string[]> {
  const { store, keys, stop, log } = session
  const homes = new Set(state.map(({ home }) => home))
  const warnings: string[] = []
  for (const backup of chain.filter(({ id }) => homes.has(id))) {
    for (const records of streamsOf(backup, source.id, 'tar')) {
      log.info(`Restoring ${records[0].key} of ${backup.id}`)
      const archive = openStream(store, backup, records, keys.data, stop)
      warnings.push(...(await extract(place, archive, folder, membersOf(state, backup.id))))
    }
  }
  return warnings
}
