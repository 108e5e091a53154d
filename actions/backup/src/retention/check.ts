import { CLOCK_TOLERANCE_MS } from '../chain/clock.ts'
import { BackupError } from '../failure.ts'
import type { Dated, Snapshot } from './snapshots.ts'

const KNOWN_VERSION = 1
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/**
 * Refuses what can't be judged: to remove by doubtful facts is worse than to remove nothing.
 *
 * @throws BackupError `corrupt` or `clock`
 */
export function checkSnapshots(snapshots: readonly Snapshot[], now: Date | string): Dated[] {
  const nowMs = instant(now)
  if (nowMs === undefined) throw new BackupError('clock', `${JSON.stringify(now)} is no time to count from.`)
  const dated = snapshots.map(checkSnapshot)
  refuseTwins(dated)
  refuseFuture(dated, nowMs)
  return dated
}

function checkSnapshot({ id, time, parent, verified = false, version = KNOWN_VERSION }: Snapshot): Dated {
  if (version !== KNOWN_VERSION) {
    throw new BackupError(
      'corrupt',
      `Backup ${id} has format version ${version}; this release knows ${KNOWN_VERSION}.`,
      {
        remedy: 'Use the release that made it; nothing was removed.',
      },
    )
  }
  const ms = instant(time)
  if (ms === undefined) {
    throw new BackupError('corrupt', `Backup ${id} has the time ${JSON.stringify(time)}, which is none.`, {
      remedy: 'Nothing was removed.',
    })
  }
  return { id, time: ms, parent, verified }
}

function instant(time: Date | string): number | undefined {
  if (typeof time === 'string' && !RFC_3339.test(time)) return undefined
  const ms = new Date(time).getTime()
  return Number.isNaN(ms) ? undefined : ms
}

function refuseTwins(dated: readonly Dated[]): void {
  const seen = new Set<string>()
  for (const { id } of dated) {
    if (seen.has(id)) throw new BackupError('corrupt', `Two backups have the id ${id}.`)
    seen.add(id)
  }
}

function refuseFuture(dated: readonly Dated[], nowMs: number): void {
  const future = dated.find(({ time }) => time - nowMs > CLOCK_TOLERANCE_MS)
  if (future === undefined) return
  throw new BackupError(
    'clock',
    `Backup ${future.id} was made at ${iso(future.time)}, but here it is ${iso(nowMs)}: one of the clocks is wrong.`,
    { remedy: 'Nothing was removed. Set the clock right, or remove the backup that was made under a wrong one.' },
  )
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
