import { applyRetention, type Policy, type Snapshot } from '../retention.ts'

export interface Leap {
  /** The newest backup. */
  id: string
  /** From the one before until it. */
  ms: number
  /** How many of the backups that the policy kept without it would go on its account, and how many there were. */
  lost: number
  kept: number
}

/** Schedules rest over holidays, and that is no leap. */
const SHORT_MS = 7 * 86_400_000
const TIMES_LONGEST = 3

/**
 * Counts don't depend on the time, but `within` is measured from the newest backup: one that was made under a clock which ran
 * ahead empties the window at a blow, and so does the first one after a long pause. Such a newest backup is told by three
 * signs together: it came more than 7 days after the one before, more than 3 times the longest earlier gap, and more than half of
 * what the policy kept without it would go.
 */
export function leapOf(snapshots: readonly Snapshot[], policy: Policy, now: Date): Leap | undefined {
  if (policy.within === undefined) return undefined
  const sorted = snapshots.toSorted((one, other) => timeOf(one) - timeOf(other))
  const newest = sorted.at(-1)
  const gaps = sorted.slice(1).map((snapshot, index) => timeOf(snapshot) - timeOf(sorted[index] ?? snapshot))
  const ms = gaps.pop()
  if (newest === undefined || ms === undefined) return undefined
  if (ms <= SHORT_MS || ms <= TIMES_LONGEST * Math.max(0, ...gaps)) return undefined
  const remaining = new Set(applyRetention(sorted, policy, now).keep.map(({ id }) => id))
  const before = applyRetention(sorted.slice(0, -1), policy, now).keep.map(({ id }) => id)
  const lost = before.filter((id) => !remaining.has(id)).length
  return lost * 2 > before.length ? { id: newest.id, ms, lost, kept: before.length } : undefined
}

function timeOf({ time }: Snapshot): number {
  return new Date(time).getTime()
}
