import { availableParallelism } from 'node:os'
import { describeError } from '../../../../lib/action/errors.ts'
import { newId } from '../catalogue/id.ts'
import type { BackupIndex } from '../catalogue/index-file.ts'
import type { Manifest } from '../catalogue/manifest.ts'
import { readIndex } from '../catalogue/sealed-index.ts'
import { type Decision, decideType } from '../chain/decide.ts'
import { chainOf } from '../chain/resolve.ts'
import { describeSourceChange, identify, identifyIndexed } from '../chain/sources.ts'
import { startAfter } from '../chain/start.ts'
import { size } from '../report/sizes.ts'
import type { Session } from '../session.ts'
import { describeLocation } from '../sources/location.ts'
import { unfinishedSlot } from '../state-slots.ts'
import { type Completion, complete, lockFor } from './complete.ts'
import { conclude } from './conclude.ts'
import { openCopies } from './copies.ts'
import { type Draft, openDraft } from './draft.ts'
import type { Outcome } from './outcome.ts'
import { type Past, readRecentPast } from './past.ts'
import type { SourceOutcome } from './source-outcome.ts'
import { closeAll, prepareSources, type SourceTask } from './source-task.ts'

/** Makes one backup: look at what there is, decide, read every source, and say last that it counts. */
export async function backUp(session: Session): Promise<Outcome> {
  const { inputs, store, keys, now } = session
  const past = await readRecentPast(store, inputs.set, keys)
  const startedAt = startAfter(past.backups, now())
  const { decision, parentIndex } = await decide(session, past, startedAt)
  const chain = chainTo(decision, past)
  const id = newId(startedAt)
  const encryption = inputs.protection.recipients === 'none' ? 'none' : 'age'
  const tasks = await prepareSources(session, {
    id,
    encryption,
    previous: (source) => parentIndex?.entries.get(source) ?? [],
  })
  const copies = await openCopies(session, chain)
  const draft = openDraft({
    set: inputs.set,
    id,
    stores: [store, ...copies.stores],
    lock: lockFor(session, startedAt, chain),
    sealing: {
      level: inputs.compressionLevel,
      threads: availableParallelism(),
      recipients: inputs.protection.recipients,
    },
    key: keys.catalogue,
    stop: session.stop,
  })
  unfinishedSlot.save({ id })
  try {
    const { outcomes, manifest } = await make(session, tasks, { draft, decision, chain, startedAt })
    const lost = draft.dropped.map(
      ({ store: name, error }) => `${name} has no copy of this backup: ${describeError(error)}`,
    )
    const warnings = [
      ...outcomes.flatMap((outcome) => outcome.warnings),
      ...copies.warnings,
      ...lost,
      ...uselessPast(past),
      ...(await lifecycleWarning(session)),
    ]
    return await conclude(session, manifest, { decision, outcomes, warnings })
  } finally {
    unfinishedSlot.save(undefined)
    copies.close()
    await closeAll(tasks)
  }
}

interface Made {
  outcomes: SourceOutcome[]
  manifest: Manifest
}

/** Whatever fails until the manifest is proved takes the backup with it; nothing that comes after does. */
async function make(
  session: Session,
  tasks: readonly SourceTask[],
  completion: Omit<Completion, 'outcomes'>,
): Promise<Made> {
  const { draft } = completion
  try {
    const outcomes = await readAll(session, tasks, draft)
    return { outcomes, manifest: await complete(session, { ...completion, outcomes }) }
  } catch (error) {
    await draft.giveUp()
    throw error
  }
}

interface Decided {
  decision: Decision
  parentIndex: BackupIndex | undefined
}

/** An index that can't be read is nothing to build upon. */
async function decide({ inputs, store, keys }: Session, past: Past, now: Date): Promise<Decided> {
  const facts = {
    asked: inputs.type,
    fullEveryMs: inputs.fullEveryMs,
    manifests: past.backups,
    damaged: past.damaged,
    verdicts: past.verdicts,
    now,
  }
  const decision = decideType(facts)
  if (decision.type === 'full') return { decision, parentIndex: undefined }
  const { parent } = decision
  try {
    const parentIndex = await readIndex(store, parent, keys.index)
    const before = parentIndex.header.sources.map(identifyIndexed)
    const sourcesChanged = describeSourceChange(before, inputs.sources.map(identify))
    const final = decideType({ ...facts, sourcesChanged })
    return { decision: final, parentIndex: final.type === 'full' ? undefined : parentIndex }
  } catch (error) {
    const flaw = `The index of backup ${parent.id} can't be read: ${describeError(error)}`
    return {
      decision: decideType({ ...facts, damaged: new Map([...past.damaged, [parent.id, flaw]]) }),
      parentIndex: undefined,
    }
  }
}

/** What has to be restored before this backup. */
function chainTo(decision: Decision, { backups }: Past): Manifest[] {
  if (decision.type === 'full') return []
  const chain = chainOf(decision.parent.id, backups)
  return 'broken' in chain ? [] : chain
}

async function readAll({ log, stop }: Session, tasks: readonly SourceTask[], draft: Draft): Promise<SourceOutcome[]> {
  const outcomes: SourceOutcome[] = []
  for (const task of tasks) {
    stop.throwIfAborted()
    log.info(`Backing up ${task.source.id} (${describeLocation(task.source.on)})`)
    const outcome = await task.run(draft)
    log.info(
      `${task.source.id}: ${outcome.files} files, ${size(outcome.bytesRead)} read, ${outcome.warnings.length} warnings`,
    )
    outcomes.push(outcome)
  }
  return outcomes
}

/** Nothing that was there before can be built upon, and perhaps nothing of it be restored. */
function uselessPast({ backups, damaged }: Past): string[] {
  const [flaw] = damaged.values()
  if (backups.length > 0 || flaw === undefined) return []
  return [`None of the ${damaged.size} backups before this one can be used. ${flaw}`]
}

const DAY_MS = 86_400_000
const NAMED_PERIODS = { daily: 1, weekly: 7, monthly: 31, yearly: 366 } as const

/** A rule of the bucket that deletes sooner than the policy keeps cuts chains. */
async function lifecycleWarning({ inputs, store }: Session): Promise<string[]> {
  // The backup is made: a store that doesn't answer this is no reason to fail.
  const expiry = await store.expiryDays(`${inputs.set}/`).catch(() => undefined)
  if (expiry === undefined) return []
  const { policy, fullEveryMs } = inputs
  const kept = Object.entries(NAMED_PERIODS).map(
    ([period, days]) => (policy[period as keyof typeof NAMED_PERIODS] ?? 0) * days,
  )
  const longest = Math.max(...kept) + Math.ceil(fullEveryMs / DAY_MS)
  if (expiry >= longest) return []
  return [
    `A lifecycle rule of ${store.name} deletes objects after ${expiry} days, and the retention policy keeps backups for up to ${longest}: chains will be cut.`,
  ]
}
