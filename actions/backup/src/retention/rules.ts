import { type CalendarDuration, formatCalendarDuration, momentBefore } from './duration.ts'
import type { Period, Rules } from './policy.ts'
import type { Dated } from './snapshots.ts'

/** Names the bucket that a snapshot falls into; of each bucket the newest snapshot counts. */
const bucketOf: Readonly<Record<Period, (time: Date, place: number) => string>> = {
  last: (_, place) => String(place),
  hourly: (time) => time.toISOString().slice(0, -11),
  daily: (time) => time.toISOString().slice(0, -14),
  weekly: week,
  monthly: (time) => time.toISOString().slice(0, -17),
  yearly: (time) => String(time.getUTCFullYear()),
}

/**
 * The rules of restic 0.14 (internal/restic/snapshot_policy.go): of each bucket the newest, as many buckets as the count says;
 * `within` is measured from the newest backup that isn't in the future. Newer releases also keep the very oldest while
 * some of a count is left; that isn't done here.
 *
 * @param snapshots newest first
 * @returns the reasons by id of each that stays
 */
export function keepByRules(snapshots: readonly Dated[], rules: Rules, now: number): Map<string, string[]> {
  const kept = new Map<string, string[]>()
  if (rules.within !== undefined) keepWithin(snapshots, rules.within, now, kept)
  for (const { period, count } of rules.counts) {
    for (const { id } of countBuckets(snapshots, period, count)) addReason(kept, id, `${period} snapshot`)
  }
  return kept
}

function keepWithin(
  snapshots: readonly Dated[],
  within: CalendarDuration,
  now: number,
  kept: Map<string, string[]>,
): void {
  const newest = snapshots.find(({ time }) => time <= now)
  const limit = newest === undefined ? Number.NEGATIVE_INFINITY : momentBefore(newest.time, within)
  for (const { id, time } of snapshots) {
    if (time > limit) addReason(kept, id, `within ${formatCalendarDuration(within)}`)
  }
}

function countBuckets(snapshots: readonly Dated[], period: Period, count: number): Dated[] {
  const buckets = new Map<string, Dated>()
  for (const [place, snapshot] of snapshots.entries()) {
    if (buckets.size === count) break
    const bucket = bucketOf[period](new Date(snapshot.time), place)
    if (!buckets.has(bucket)) buckets.set(bucket, snapshot)
  }
  return [...buckets.values()]
}

export function addReason(kept: Map<string, string[]>, id: string, reason: string): void {
  kept.set(id, [...(kept.get(id) ?? []), reason])
}

const DAY_MS = 86_400_000
const MONDAY_TO_EPOCH_DAYS = 3

/** Weeks begin on Monday (ISO 8601), as 1970 began on a Thursday. */
function week(time: Date): string {
  return String(Math.floor((time.getTime() / DAY_MS + MONDAY_TO_EPOCH_DAYS) / 7))
}
