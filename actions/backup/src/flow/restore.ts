import type { BackupIndex } from '../catalogue/index-file.ts'
import { readIndex } from '../catalogue/sealed-index.ts'
import { BackupError } from '../failure.ts'
import { describeDifference } from '../files/verify-tree.ts'
import type { ReportTable } from '../report/model.ts'
import { size } from '../report/sizes.ts'
import type { Session } from '../session.ts'
import { mysqlTargetOf, restoreMysql } from '../sources/mysql/restore.ts'
import { postgresTargetOf, restorePostgres } from '../sources/postgres/restore.ts'
import { type Chosen, choose } from './choose.ts'
import type { Outcome } from './outcome.ts'
import { readPast } from './past.ts'
import { dumpSources, restoreDumpFiles, restoreStreams } from './restore-dumps.ts'
import { restoreFiles } from './restore-files.ts'

const MOST_DIFFERENCES = 50

/** Restores a backup: files into a folder, dumps as files there or into a database server. */
export async function restore(session: Session): Promise<Outcome> {
  const { inputs, store, keys, now } = session
  requireIdentity(session)
  const past = await readPast(store, inputs.set, keys)
  const chosen = choose(inputs.backupId, inputs.set, past)
  const index = await readIndex(store, chosen.backup, keys.index)
  const { folder, databases } = inputs.restore
  const files =
    folder === undefined ? undefined : await restoreFiles(session, chosen, index, { ...inputs.restore, folder })
  const dumps =
    folder === undefined || databases !== undefined || inputs.restore.include.length > 0
      ? undefined
      : await restoreDumpFiles(session, chosen.backup, index, folder)
  const servers = databases === undefined ? [] : await restoreServers(session, chosen, index, databases)
  const differences = files?.differences ?? []
  if (differences.length > 0) throw differs(chosen.backup.id, differences.map(describeDifference))
  const restored = (files?.bytes ?? 0) + sum(dumps?.written ?? servers)
  const rpo = Math.round((now().getTime() - Date.parse(chosen.backup.startedAt)) / 1000)
  return {
    result: 'ok',
    headline: `Backup ${chosen.backup.id} is restored: ${size(restored)}; all of it is as its index says.`,
    tables: [restoredTable(chosen, files?.files ?? 0, [...(dumps?.written ?? []), ...servers])],
    warnings: files?.warnings ?? [],
    outputs: {
      'backup-id': chosen.backup.id,
      type: chosen.backup.type,
      files: files?.files ?? 0,
      'restored-bytes': restored,
      'rpo-seconds': rpo,
    },
  }
}

/** Throws `wrong-key` when the run can't open what is encrypted, before anything is restored. */
export function requireIdentity({ keys, inputs }: Session): void {
  if (keys.data === 'none' || keys.data.length > 0) return
  throw new BackupError(
    'wrong-key',
    `The input identity is empty, and mode ${inputs.mode} has to open what is encrypted.`,
    {
      remedy: "Give it an age secret key of one of the backup's recipients.",
    },
  )
}

function differs(id: string, sentences: readonly string[]): BackupError {
  const [first = '', ...others] = sentences.slice(0, MOST_DIFFERENCES)
  const more = others.length === 0 ? '' : ` (and ${sentences.length - 1} more)`
  return new BackupError('corrupt', `Backup ${id} was restored, and not all is as its index says: ${first}${more}.`)
}

function sum(parts: readonly { bytes: number }[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0)
}

async function restoreServers(
  session: Session,
  { backup }: Chosen,
  index: BackupIndex,
  url: string,
): Promise<{ name: string; bytes: number; path: string }[]> {
  const place = await session.openPlace({ kind: 'local' })
  try {
    const kind = /^(?:postgres|postgresql):/.test(url) ? 'postgres' : 'mysql'
    const sources = dumpSources(index).filter((source) => source.kind === kind)
    if (sources.length === 0)
      throw new BackupError('invalid-input', `Backup ${backup.id} has no ${kind} source for restore-databases-to.`)
    const what = 'The address of restore-databases-to'
    for (const source of sources) {
      const streams = restoreStreams(session, backup, source)
      if (kind === 'postgres') await restorePostgres(postgresTargetOf(place, what, url), streams)
      else await restoreMysql(mysqlTargetOf(place, what, url), streams)
    }
    return sources.flatMap(({ dumps }) =>
      dumps.map(({ name, plainBytes }) => ({ name, bytes: plainBytes, path: 'the server' })),
    )
  } finally {
    await place.close()
  }
}

function restoredTable(
  { backup }: Chosen,
  files: number,
  dumps: readonly { name: string; bytes: number; path: string }[],
): ReportTable {
  return {
    title: `Restored from \`${backup.id}\``,
    columns: ['What', 'Where', 'Size'],
    align: 'llr',
    rows: [
      ...(files > 0 ? [[`${files.toLocaleString('en-US')} files`, 'restore-to', '']] : []),
      ...dumps.map(({ name, path, bytes }) => [`\`${name}\``, `\`${path}\``, size(bytes)]),
    ],
  }
}
