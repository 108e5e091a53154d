import type { Manifest } from '../catalogue/manifest.ts'
import { readIndex } from '../catalogue/sealed-index.ts'
import { writeVerdict } from '../catalogue/verdicts.ts'
import { chainOf } from '../chain/resolve.ts'
import { BackupError } from '../failure.ts'
import { compareSource } from '../files/compare-source.ts'
import { showPath } from '../files/path.ts'
import { size } from '../report/sizes.ts'
import type { Session } from '../session.ts'
import { type Checked, checkBackup } from './check-backup.ts'
import { pickBackup } from './choose.ts'
import type { Outcome } from './outcome.ts'
import { readPast } from './past.ts'

/** Files that are read again at the source, of each source that is given. */
const COMPARED_FILES = 200

/**
 * Reads a backup's objects, and those of all that it needs: existence, size, hash, and with an identity also decryption, every archive
 * member and dump. The verdict is stored beside each backup that was read.
 */
export async function verify(session: Session): Promise<Outcome> {
  const { inputs, store, keys, now } = session
  const past = await readPast(store, inputs.set, keys)
  const backup = pickBackup(inputs.backupId, inputs.set, past)
  const chain = chainOf(backup.id, past.backups)
  const links = 'broken' in chain ? [backup] : chain
  const checked: { link: Manifest; result: Checked }[] = []
  for (const link of links) {
    session.log.info(`Verifying ${link.id}`)
    checked.push({ link, result: await checkBackup(session, link) })
  }
  const flaws = 'broken' in chain ? [chain.broken] : []
  const differences = await compareSources(session, backup)
  const problems = [...flaws, ...checked.flatMap(({ result }) => result.problems), ...differences]
  for (const { link, result } of checked) {
    const inherited = link.id === backup.id ? [...flaws, ...withoutNames(differences)] : []
    const all = [...result.problems, ...inherited]
    const verdict = {
      format: 'ondol-verdict',
      version: 1,
      set: inputs.set,
      id: link.id,
      kind: 'verify',
      at: now().toISOString(),
    } as const
    const { coverage, decrypted } = result
    await writeVerdict(
      store,
      { ...verdict, passed: all.length === 0, coverage, decrypted, problems: all },
      keys.catalogue,
    )
  }
  const read = checked.reduce((sum, { result }) => sum + result.bytesRead, 0)
  const outputs = { 'backup-id': backup.id, type: backup.type, 'bytes-read': read }
  const tables = [tableOf(checked)]
  if (problems.length === 0) {
    const depth = checked.every(({ result }) => result.decrypted) ? 'read and decrypted' : 'read'
    return {
      result: 'ok',
      headline: `Backup ${backup.id} is sound: ${size(read)} of ${links.length} backups were ${depth}.`,
      tables,
      warnings: [],
      outputs,
    }
  }
  const [first = ''] = problems
  const failure = new BackupError('corrupt', first, {
    remedy: `${problems.length > 1 ? `${problems.length - 1} more problems are in the summary. ` : ''}The next backup will be a full one; restore from another backup until then.`,
  })
  return { result: 'failed', headline: first, tables, warnings: problems.slice(1), outputs, failure }
}

/** A verdict lies in clear in the bucket. */
function withoutNames(differences: readonly string[]): string[] {
  return differences.length === 0 ? [] : [`${differences.length} files have other content at their source.`]
}

function tableOf(checked: readonly { link: Manifest; result: Checked }[]): Outcome['tables'][number] {
  return {
    title: 'Verified',
    columns: ['Backup', 'Type', 'Objects', 'Read', 'Share', 'Decrypted', 'Problems'],
    align: 'llrrrlr',
    rows: checked.map(({ link, result }) => [
      `\`${link.id}\``,
      link.type,
      String(link.objects.length),
      size(result.bytesRead),
      `${Math.round(result.coverage * 100)}%`,
      result.decrypted ? 'yes' : 'no',
      String(result.problems.length),
    ]),
  }
}

/** Some files of each given source are read again where they are: what a listing can't tell. */
async function compareSources(session: Session, backup: Manifest): Promise<string[]> {
  const { inputs, store, keys } = session
  const sources = inputs.sources.filter((source) => source.kind === 'files')
  if (sources.length === 0 || (keys.index !== 'none' && keys.index.length === 0)) return []
  const index = await readIndex(store, backup, keys.index)
  const problems: string[] = []
  for (const source of sources) {
    const place = await session.openPlace(source.on)
    try {
      const { compared, different } = await compareSource(
        source,
        place,
        index.entries.get(source.id) ?? [],
        COMPARED_FILES,
      )
      session.log.info(`${source.id}: ${compared} unchanged files were read again at ${place.name}`)
      problems.push(
        ...different.map(
          (path) =>
            `${source.id}: ${showPath(path)} has other content at ${place.name} than in the backup, though nothing else of it has changed.`,
        ),
      )
    } finally {
      await place.close()
    }
  }
  return problems
}
