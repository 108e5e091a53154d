import { describeError } from '../../../../lib/action/errors.ts'
import { type OpenedStore, openStore } from '../../../../lib/s3/open.ts'
import { backupFolder, MANIFEST } from '../catalogue/keys.ts'
import { collect } from '../catalogue/pool.ts'
import { collectableOrphans } from '../chain/orphans.ts'
import type { ReportTable } from '../report/model.ts'
import { planPrune } from '../retention/plan.ts'
import type { Retention } from '../retention.ts'
import type { Session } from '../session.ts'
import type { Outcome } from './outcome.ts'
import { type Past, readPast } from './past.ts'

interface Pruned {
  plan: Retention
  removed: string[]
  /** Kept by their lock. */
  retained: string[]
  /** Remains of runs that died. */
  orphans: string[]
}

/** Removes what retention doesn't keep, from the store and from every place of copy-to, each by what lies in it. */
export async function prune(session: Session): Promise<Outcome> {
  const pruned = await pruneStore(session, session.store)
  const warnings = session.inputs.dryRun ? [] : await pruneCopies(session)
  const { plan, removed, retained } = pruned
  const what = session.inputs.dryRun ? `${plan.remove.length} would be removed` : `${removed.length} are removed`
  return {
    result: warnings.length > 0 ? 'warning' : 'ok',
    headline: `${plan.keep.length} backups stay, ${what}${retained.length > 0 ? `, ${retained.length} are retained by their lock` : ''}.`,
    tables: tablesOf(pruned, session.inputs.dryRun),
    warnings,
    outputs: { plan: JSON.stringify({ keep: plan.keep.map(({ id }) => id), remove: plan.remove }) },
  }
}

/** After a backup a retention that can't be carried out is a warning: the backup is good. */
export async function pruneAfterBackup(session: Session): Promise<Pick<Outcome, 'tables' | 'warnings'>> {
  if (!session.inputs.pruneAfter) return { tables: [], warnings: [] }
  try {
    const pruned = await pruneStore(session, session.store)
    return { tables: tablesOf(pruned, false), warnings: await pruneCopies(session) }
  } catch (error) {
    return { tables: [], warnings: [`Nothing was pruned: ${describeError(error)}`] }
  }
}

async function pruneCopies(session: Session): Promise<string[]> {
  const warnings: string[] = []
  for (const [index, location] of session.inputs.copies.entries()) {
    let copy: OpenedStore | undefined
    try {
      copy = await openStore(location, session.inputs.storeOptions)
      await pruneStore(session, copy)
    } catch (error) {
      warnings.push(`${copy?.name ?? `Line ${index + 1} of copy-to`} was not pruned: ${describeError(error)}`)
    } finally {
      copy?.close()
    }
  }
  return warnings
}

async function pruneStore(session: Session, store: OpenedStore): Promise<Pruned> {
  const { inputs, keys, now } = session
  const past = await readPast(store, inputs.set, keys)
  const plan = planPrune({
    manifests: past.backups,
    verdicts: past.verdicts,
    damaged: past.damaged,
    policy: inputs.policy,
    now: now(),
    clockSkewMs: store.clockSkewMs,
  })
  const pruned: Pruned = { plan, removed: [], retained: [], orphans: [] }
  if (inputs.dryRun) return pruned
  for (const id of plan.remove) {
    session.stop.throwIfAborted()
    ;((await removeBackup(store, inputs.set, id)) === 'retained' ? pruned.retained : pruned.removed).push(id)
  }
  pruned.orphans.push(...(await collectOrphans(session, store, past)))
  return pruned
}

/** The manifest first: from then on it is no backup, whatever becomes of the rest. Its lock keeps all of it. */
async function removeBackup(store: OpenedStore, set: string, id: string): Promise<'removed' | 'retained'> {
  const folder = backupFolder(set, id)
  if ((await store.remove(folder + MANIFEST)) === 'retained') return 'retained'
  await removeAll(store, folder)
  return 'removed'
}

async function removeAll(store: OpenedStore, folder: string): Promise<void> {
  for (const { key } of await collect(store.list(folder))) await store.remove(key)
}

/** What runs that died have left: objects without a manifest, and uploads that were never completed. */
async function collectOrphans(
  session: Session,
  store: OpenedStore,
  { backups, damaged, incomplete }: Past,
): Promise<string[]> {
  const { inputs, now } = session
  const known = new Set([...backups.map(({ id }) => id), ...damaged.keys()])
  const folders = await Promise.all(
    incomplete.map(async (name) => {
      const objects = await collect(store.list(backupFolder(inputs.set, name)))
      return { name, modifiedAt: new Date(Math.max(0, ...objects.map(({ modifiedAt }) => modifiedAt.getTime()))) }
    }),
  )
  const storeNow = new Date(now().getTime() - (store.clockSkewMs ?? 0))
  const orphans = collectableOrphans(folders, known, storeNow)
  for (const name of orphans) await removeAll(store, backupFolder(inputs.set, name))
  for (const upload of await store.abandonedUploads(`${inputs.set}/`, ABANDONED_MS)) await upload.abort()
  return orphans
}

/** As an orphan's objects. */
const ABANDONED_MS = 48 * 3_600_000

function tablesOf({ plan, removed, retained, orphans }: Pruned, dryRun: boolean): ReportTable[] {
  const fateOf = (id: string): string => {
    if (retained.includes(id)) return 'retained by its lock'
    return removed.includes(id) ? 'removed' : dryRun ? 'would be removed' : 'stays'
  }
  return [
    {
      title: 'Retention',
      columns: ['Backup', 'Fate', 'Because'],
      align: 'lll',
      rows: [
        ...plan.keep.map(({ id, reasons }) => [`\`${id}\``, 'kept', reasons.join(', ')]),
        ...plan.remove.map((id) => [`\`${id}\``, fateOf(id), 'no rule keeps it']),
        ...orphans.map((id) => [`\`${id}\``, 'remains removed', 'its run never completed it']),
      ],
    },
  ]
}
