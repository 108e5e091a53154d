// Which backups stay and which go. Pure: no clock, no store.
import { checkSnapshots } from './retention/check.ts'
import { type Policy, readPolicy } from './retention/policy.ts'
import { keepAncestors, keepVerifiedChain } from './retention/protect.ts'
import { keepByRules } from './retention/rules.ts'
import { type Dated, newestFirst, parentsFirst, type Snapshot } from './retention/snapshots.ts'

export type { Policy } from './retention/policy.ts'
export type { Snapshot } from './retention/snapshots.ts'

export interface Retention {
  /** Newest first. Reasons in the words of restic: `daily snapshot`, `within 30d`; and of the rules on top. */
  keep: { id: string; reasons: string[] }[]
  /** In the order of removing: newest first, and no backup before those that need it. */
  remove: string[]
}

/**
 * Applies a policy as `restic forget` does, hours, days, weeks and the rest by UTC. On top of it stay: whatever a kept backup
 * needs, and the newest verified backup with all it needs. Of backups with equal times, the greater id counts as newer.
 *
 * @throws BackupError `invalid-input` when the policy says nothing to keep or isn't one; `clock` when a backup is more than
 *   an hour younger than `now`; `corrupt` when a backup has a format, a time or an id that can't be trusted
 */
export function applyRetention(snapshots: readonly Snapshot[], policy: Policy, now: Date | string): Retention {
  const rules = readPolicy(policy)
  const dated = newestFirst(checkSnapshots(snapshots, now))
  const kept = keepByRules(dated, rules, new Date(now).getTime())
  keepVerifiedChain(dated, kept)
  keepAncestors(dated, kept)
  return {
    keep: dated.flatMap(({ id }) => keptWith(id, kept.get(id))),
    remove: parentsFirst(dated.filter(({ id }) => !kept.has(id)))
      .reverse()
      .map(({ id }: Dated) => id),
  }
}

function keptWith(id: string, reasons: string[] | undefined): Retention['keep'] {
  return reasons === undefined ? [] : [{ id, reasons }]
}
