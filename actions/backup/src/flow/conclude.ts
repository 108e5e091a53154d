import { backupFolder, MANIFEST } from '../catalogue/keys.ts'
import type { Manifest } from '../catalogue/manifest.ts'
import type { Decision } from '../chain/decide.ts'
import type { ReportTable } from '../report/model.ts'
import { size } from '../report/sizes.ts'
import type { Session } from '../session.ts'
import type { Outcome } from './outcome.ts'
import { pruneAfterBackup } from './prune.ts'
import type { SourceOutcome } from './source-outcome.ts'

export interface Conclusion {
  decision: Decision
  outcomes: readonly SourceOutcome[]
  warnings: string[]
}

/** What is told of a complete backup, after retention has had its turn. */
export async function conclude(
  session: Session,
  manifest: Manifest,
  { decision, outcomes, warnings }: Conclusion,
): Promise<Outcome> {
  const { id, type, parent, objects } = manifest
  const files = outcomes.reduce((sum, outcome) => sum + outcome.files, 0)
  const bytesRead = outcomes.reduce((sum, outcome) => sum + outcome.bytesRead, 0)
  const bytesStored = objects.reduce((sum, { bytes }) => sum + bytes, 0)
  const manifestKey = backupFolder(session.inputs.set, id) + MANIFEST
  const pruned = await pruneAfterBackup(session)
  const all = [...warnings, ...pruned.warnings]
  return {
    result: all.length > 0 ? 'warning' : 'ok',
    headline: `Backup ${id} is complete: ${files.toLocaleString('en-US')} files, ${size(bytesRead)} read, ${size(bytesStored)} stored.`,
    backup: {
      id,
      type,
      because: decision.reason,
      ...(parent === undefined ? {} : { parent }),
      files,
      bytesRead,
      bytesStored,
      manifestKey,
    },
    tables: [sourcesTable(outcomes, objects), ...pruned.tables],
    warnings: all,
    outputs: {
      'backup-id': id,
      type,
      files,
      'bytes-read': bytesRead,
      'bytes-stored': bytesStored,
      'manifest-key': manifestKey,
    },
  }
}

function sourcesTable(outcomes: readonly SourceOutcome[], objects: Manifest['objects']): ReportTable {
  const storedOf = (source: string): number =>
    objects.filter((object) => object.source === source).reduce((sum, { bytes }) => sum + bytes, 0)
  return {
    title: 'Sources',
    columns: ['Source', 'Where', 'What', 'Read', 'Stored', 'Warnings'],
    align: 'lllrrr',
    rows: outcomes.map(({ indexed, files, bytesRead, warnings }) => [
      `\`${indexed.id}\``,
      `\`${indexed.on}\``,
      indexed.kind === 'files'
        ? `${files.toLocaleString('en-US')} files`
        : indexed.dumps.map(({ name }) => `\`${name}\``).join(', '),
      size(bytesRead),
      size(storedOf(indexed.id)),
      String(warnings.length),
    ]),
  }
}
