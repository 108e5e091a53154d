import { lstat } from 'node:fs/promises'
import type { BackupIndex } from '../catalogue/index-file.ts'
import type { Manifest } from '../catalogue/manifest.ts'
import { readIndex } from '../catalogue/sealed-index.ts'
import { writeVerdict } from '../catalogue/verdicts.ts'
import { BackupError } from '../failure.ts'
import { describeDifference } from '../files/verify-tree.ts'
import type { Place } from '../places/place.ts'
import type { Rehearsal, Scratch } from '../rehearse/rehearsal.ts'
import { size } from '../report/sizes.ts'
import type { Session } from '../session.ts'
import { inWords } from '../status/words.ts'
import { type Checked, checkAssertion } from './assertions.ts'
import { type Chosen, choose } from './choose.ts'
import type { Outcome } from './outcome.ts'
import { readPast } from './past.ts'
import { requireIdentity } from './restore.ts'
import { restoreFiles } from './restore-files.ts'
import { restoreScratchDatabase } from './scratch-database.ts'

/** Restores a backup where it does no harm, proves it by assertions, and stores what came of it beside the backup. */
export async function rehearse(session: Session): Promise<Outcome> {
  const { inputs, store, keys, now } = session
  const { rehearsal } = inputs
  if (rehearsal === undefined) throw new Error('mode rehearse has no rehearsal')
  requireIdentity(session)
  const past = await readPast(store, inputs.set, keys)
  const chosen = choose(inputs.backupId, inputs.set, past)
  const index = await readIndex(store, chosen.backup, keys.index)
  refuseSource(rehearsal.to, index)
  const startedAt = performance.now()
  const place = await session.openPlace({ kind: 'local' })
  try {
    const restored = await restoreAll(session, chosen, index, rehearsal, place)
    const assertions: Checked[] = []
    for (const assertion of rehearsal.assertions)
      assertions.push(await checkAssertion(assertion, rehearsal.to, place, session.stop))
    const rtoSeconds = (performance.now() - startedAt) / 1000
    const rpoSeconds = (now().getTime() - Date.parse(chosen.backup.startedAt)) / 1000
    const goals = goalProblems(rehearsal, rtoSeconds * 1000, rpoSeconds * 1000)
    const problems = [...restored.problems, ...assertions.flatMap(({ problem }) => problem ?? []), ...goals]
    await tell(session, chosen.backup, namelessProblems(restored, assertions, goals), rtoSeconds)
    return outcomeOf(chosen.backup, { restored, assertions, problems, rtoSeconds, rpoSeconds })
  } catch (error) {
    if (isVerdict(error))
      await tell(
        session,
        chosen.backup,
        [`The restore failed (${error.reason}).`],
        (performance.now() - startedAt) / 1000,
      )
    throw error
  } finally {
    await place.close()
  }
}

/** A verdict lies in clear in the bucket, so it has no path, query or value that was found. */
function namelessProblems(restored: Restored, assertions: readonly Checked[], goals: readonly string[]): string[] {
  const failed = assertions.flatMap(({ problem }, index) => (problem === undefined ? [] : [index + 1]))
  return [
    ...(restored.problems.length > 0 ? [`${restored.problems.length} paths are not as the index says.`] : []),
    ...failed.map((number) => `Assertion ${number} of ${assertions.length} does not hold.`),
    ...goals,
  ]
}

/** What fails by the backup's own fault; a missing program or a full scratch disk proves nothing against it. */
function isVerdict(error: unknown): error is BackupError {
  return error instanceof BackupError && ['corrupt', 'assertion-failed', 'store-missing'].includes(error.reason)
}

/** Scratch and source must not be the same place. */
function refuseSource(to: readonly Scratch[], { header }: BackupIndex): void {
  for (const place of to) {
    if (place.kind !== 'folder') continue
    const source = header.sources.find(
      ({ on, paths }) =>
        on === 'local' && paths.some((path) => isSameOrInside(place.path, path) || isSameOrInside(path, place.path)),
    )
    if (source === undefined) continue
    throw new BackupError(
      'invalid-input',
      `The folder ${place.path} to rehearse in overlaps ${source.paths.join(', ')}, which the backup is of.`,
      {
        remedy: 'Name an empty folder elsewhere.',
      },
    )
  }
}

function isSameOrInside(path: string, outer: string): boolean {
  return path === outer || path.startsWith(outer === '/' ? '/' : `${outer}/`)
}

interface Restored {
  bytes: number
  problems: string[]
  rows: string[][]
}

async function restoreAll(
  session: Session,
  chosen: Chosen,
  index: BackupIndex,
  rehearsal: Rehearsal,
  place: Place,
): Promise<Restored> {
  const restored: Restored = { bytes: 0, problems: [], rows: [] }
  for (const scratch of rehearsal.to) {
    if (scratch.kind === 'folder') {
      const target = { folder: scratch.path, include: [], allowNonEmpty: false }
      if (
        await lstat(scratch.path).then(
          (found) => found.isSymbolicLink(),
          () => false,
        )
      ) {
        throw new BackupError('invalid-input', `The folder ${scratch.path} to rehearse in is a symlink.`)
      }
      const { files, bytes, differences } = await restoreFiles(session, chosen, index, target)
      restored.bytes += bytes
      restored.problems.push(...differences.map(describeDifference))
      restored.rows.push([`${files.toLocaleString('en-US')} files`, `\`${scratch.path}\``, size(bytes)])
    } else {
      const { name, bytes } = await restoreScratchDatabase(
        session,
        chosen.backup,
        index,
        { ...scratch, database: rehearsal.database },
        place,
      )
      restored.bytes += bytes
      restored.rows.push([`the database \`${name}\``, scratch.kind, size(bytes)])
    }
  }
  return restored
}

function goalProblems({ maxRto, maxRpo }: Rehearsal, rtoMs: number, rpoMs: number): string[] {
  return [
    ...(maxRto !== undefined && rtoMs > maxRto
      ? [`The restore took ${inWords(rtoMs)}; max-rto is ${inWords(maxRto)}.`]
      : []),
    ...(maxRpo !== undefined && rpoMs > maxRpo
      ? [`The backup is ${inWords(rpoMs)} old; max-rpo is ${inWords(maxRpo)}.`]
      : []),
  ]
}

async function tell(
  { inputs, store, keys, now, redact }: Session,
  { id }: Manifest,
  problems: readonly string[],
  rtoSeconds: number,
): Promise<void> {
  const verdict = {
    format: 'ondol-verdict',
    version: 1,
    set: inputs.set,
    id,
    kind: 'rehearse',
    at: now().toISOString(),
  } as const
  const facts = {
    passed: problems.length === 0,
    coverage: 1,
    decrypted: true,
    rtoSeconds,
    problems: problems.map(redact),
  }
  await writeVerdict(store, { ...verdict, ...facts }, keys.catalogue)
}

interface Rehearsed {
  restored: Restored
  assertions: readonly Checked[]
  problems: readonly string[]
  rtoSeconds: number
  rpoSeconds: number
}

function outcomeOf(
  { id, type }: Manifest,
  { restored, assertions, problems, rtoSeconds, rpoSeconds }: Rehearsed,
): Outcome {
  const outputs = {
    'backup-id': id,
    type,
    'restored-bytes': restored.bytes,
    'rto-seconds': Math.round(rtoSeconds),
    'rpo-seconds': Math.round(rpoSeconds),
  }
  const tables = [
    { title: `Restored from \`${id}\``, columns: ['What', 'Where', 'Size'], align: 'llr', rows: restored.rows },
    {
      title: 'Assertions',
      columns: ['', 'Assertion', 'Found', 'Expected'],
      align: 'llll',
      rows: assertions.map(({ what, found, expected, problem }) => [
        problem === undefined ? '✅' : '❌',
        what,
        `\`${found}\``,
        expected,
      ]),
    },
  ]
  const [first, ...others] = problems
  if (first === undefined) {
    const proofs = assertions.length === 0 ? 'as its index says' : `and ${assertions.length} assertions hold`
    return {
      result: 'ok',
      headline: `Backup ${id} was restored in ${inWords(rtoSeconds * 1000)}, ${proofs}.`,
      tables,
      warnings: [],
      outputs,
    }
  }
  return {
    result: 'failed',
    headline: first,
    tables,
    warnings: others,
    outputs,
    failure: new BackupError('assertion-failed', first),
  }
}
