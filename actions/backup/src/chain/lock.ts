const DAY_MS = 86_400_000

export interface LockFacts {
  /** The input `lock-days`. */
  lockDays: number
  /** The input `full-every`, in milliseconds. */
  fullEveryMs: number
  /** When this backup began. */
  startedAt: Date
  /** When the full backup of its chain began; the same for a full one. */
  baseStartedAt: Date
}

/**
 * Until when a backup is locked. Locks are never extended (a writer needs no right to), so a chain is locked as a whole from the
 * start: until the last child that `full-every` lets it have has had its lock-days. A child that came later, because
 * incremental was asked for by name, has its own lock-days nevertheless.
 */
export function lockUntil({ lockDays, fullEveryMs, startedAt, baseStartedAt }: LockFacts): Date {
  const lastChild = Math.max(baseStartedAt.getTime() + fullEveryMs, startedAt.getTime())
  return new Date(lastChild + lockDays * DAY_MS)
}
