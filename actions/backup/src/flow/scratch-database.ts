import type { BackupIndex, IndexedDump, IndexedSource } from '../catalogue/index-file.ts'
import type { Manifest } from '../catalogue/manifest.ts'
import { BackupError } from '../failure.ts'
import type { Place } from '../places/place.ts'
import type { Session } from '../session.ts'
import { mysqlTargetOf, restoreMysqlDatabase } from '../sources/mysql/restore.ts'
import { postgresTargetOf, restorePostgresDatabase } from '../sources/postgres/restore.ts'
import { dumpSources, openDump } from './restore-dumps.ts'

export interface ScratchDatabase {
  kind: 'postgres' | 'mysql'
  url: string
  /** Name in the backup; absent: the largest. */
  database: string | undefined
}

/** Restores one database of a backup into an empty one. Throws `not-empty`, `invalid-input` when it is the source itself. */
export async function restoreScratchDatabase(
  session: Session,
  backup: Manifest,
  index: BackupIndex,
  { kind, url, database }: ScratchDatabase,
  place: Place,
): Promise<{ name: string; bytes: number }> {
  const { source, dump } = chooseDump(index, kind, database)
  session.log.info(`Restoring ${dump.keys[0]} of ${backup.id}`)
  const open = async () => openDump(session, backup, dump)
  const original = { name: dump.name, facts: source.facts ?? {} }
  const what = 'The address to rehearse in'
  if (kind === 'postgres') await restorePostgresDatabase(postgresTargetOf(place, what, url), open, original)
  else await restoreMysqlDatabase(mysqlTargetOf(place, what, url), open, original)
  return { name: dump.name, bytes: dump.plainBytes }
}

function chooseDump(
  index: BackupIndex,
  kind: string,
  wanted: string | undefined,
): { source: IndexedSource; dump: IndexedDump } {
  const dumps = dumpSources(index)
    .filter((source) => source.kind === kind)
    .flatMap((source) => source.dumps.filter(({ role }) => role === 'database').map((dump) => ({ source, dump })))
    .sort((left, right) => right.dump.plainBytes - left.dump.plainBytes)
  const chosen = wanted === undefined ? dumps[0] : dumps.find(({ dump }) => dump.name === wanted)
  if (chosen !== undefined) return chosen
  const which = wanted === undefined ? `no database of ${kind}` : `no database ${JSON.stringify(wanted)} of ${kind}`
  throw new BackupError('invalid-input', `The backup has ${which} to rehearse.`)
}
