// What `prune` does: the policy over a set as it lies in the store, and all the reasons to keep one's hands off it.
import type { Manifest, Verdict } from '../catalogue/manifest.ts'
import { CLOCK_TOLERANCE_MS } from '../chain/clock.ts'
import { unrestorable } from '../chain/resolve.ts'
import { standingsOf } from '../chain/verdicts.ts'
import { BackupError } from '../failure.ts'
import { applyRetention, type Policy, type Retention, type Snapshot } from '../retention.ts'
import { inWords } from '../status/words.ts'
import { leapOf } from './leap.ts'

export interface PruneFacts {
  /** All of the set that are authentic. */
  manifests: readonly Manifest[]
  verdicts: readonly Verdict[]
  /** What is wrong with a backup, in a sentence, by id; also of folders whose manifest can't be read or isn't authentic. */
  damaged: ReadonlyMap<string, string>
  policy: Policy
  now: Date
  /** How far this machine's clock is ahead of the store's, in milliseconds. */
  clockSkewMs: number | undefined
}

const NOTHING_REMOVED = 'Nothing was removed.'

/**
 * Plans the pruning of a set. Nothing is planned where the facts can't be trusted: a backup that can't be restored counts in a
 * policy as if it could, and would push good ones out.
 *
 * @throws BackupError as applyRetention; `corrupt` when a backup of the set is damaged or failed its verification, `clock`
 *   when this machine's clock differs from the store's by more than an hour, or when the newest backup alone tells of a leap in time
 */
export function planPrune(facts: PruneFacts): Retention {
  const { policy, now } = facts
  refuseSkew(facts.clockSkewMs)
  refuseDamage(facts)
  const snapshots = snapshotsOf(facts)
  const plan = applyRetention(snapshots, policy, now)
  refuseLeap(snapshots, policy, now)
  return plan
}

function snapshotsOf({ manifests, verdicts }: PruneFacts): Snapshot[] {
  const standings = standingsOf(verdicts)
  return manifests.map(({ id, startedAt, parent, version }) => ({
    id,
    time: startedAt,
    parent,
    version,
    verified: standings.get(id)?.kind === 'passed',
  }))
}

function refuseSkew(skewMs = 0): void {
  if (Math.abs(skewMs) <= CLOCK_TOLERANCE_MS) return
  const direction = skewMs > 0 ? 'ahead of' : 'behind'
  throw new BackupError('clock', `This machine's clock is ${inWords(Math.abs(skewMs))} ${direction} the store's.`, {
    remedy: `${NOTHING_REMOVED} Set the clock right.`,
  })
}

function refuseDamage({ manifests, verdicts, damaged }: PruneFacts): void {
  const standings = standingsOf(verdicts)
  const failed = manifests
    .filter(({ id }) => standings.get(id)?.kind === 'failed')
    .map(({ id }) => `Backup ${id} failed its verification.`)
  const [flaw] = [...damaged.values(), ...unrestorable(manifests, damaged).values(), ...failed]
  if (flaw === undefined) return
  throw new BackupError('corrupt', flaw, {
    remedy: `${NOTHING_REMOVED} Run verify, and delete the folder of that backup once you know that you don't need it.`,
  })
}

function refuseLeap(snapshots: readonly Snapshot[], policy: Policy, now: Date): void {
  const leap = leapOf(snapshots, policy, now)
  if (leap === undefined) return
  throw new BackupError(
    'clock',
    `Backup ${leap.id} was made ${inWords(leap.ms)} after the one before; on its account alone ${leap.lost} of ${leap.kept} kept backups would go.`,
    { remedy: `${NOTHING_REMOVED} If its clock was right, the next backup will prove it; else delete its folder.` },
  )
}
