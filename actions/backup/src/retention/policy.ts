import { BackupError } from '../failure.ts'
import { type CalendarDuration, isZero, parseCalendarDuration } from './duration.ts'

/** How many to keep of each kind, and for how long all of them. What is absent or 0 keeps nothing. */
export interface Policy {
  last?: number | undefined
  hourly?: number | undefined
  daily?: number | undefined
  weekly?: number | undefined
  monthly?: number | undefined
  yearly?: number | undefined
  /** `30d`, `1y5m7d2h`: all backups that are younger than this, seen from the newest one. `m` are months. */
  within?: string | undefined
}

export const periods = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const

export type Period = (typeof periods)[number]

/** A policy that keeps something. */
export interface Rules {
  counts: { period: Period; count: number }[]
  within: CalendarDuration | undefined
}

/** @throws BackupError `invalid-input` when it is none, or keeps nothing: then all would go. */
export function readPolicy(policy: Policy): Rules {
  refuseUnknown(policy)
  const counts = periods
    .map((period) => ({ period, count: readCount(period, policy[period]) }))
    .filter(({ count }) => count > 0)
  const within = policy.within === undefined ? undefined : readWithin(policy.within)
  if (counts.length === 0 && within === undefined) {
    throw new BackupError('invalid-input', 'The retention policy keeps nothing.', {
      remedy: 'Say what to keep, such as keep-daily 7; nothing was removed.',
    })
  }
  return { counts, within }
}

/** A misspelt key must not shorten what is kept. */
function refuseUnknown(policy: Policy): void {
  const known: readonly string[] = [...periods, 'within']
  const unknown = Object.keys(policy).find((key) => !known.includes(key))
  if (unknown === undefined) return
  throw new BackupError(
    'invalid-input',
    `The retention policy has the key ${unknown}; allowed are ${known.join(', ')}.`,
  )
}

function readCount(period: Period, count = 0): number {
  if (Number.isSafeInteger(count) && count >= 0) return count
  throw new BackupError('invalid-input', `The retention policy keeps ${count} ${period}; a whole number is needed.`)
}

function readWithin(text: string): CalendarDuration | undefined {
  const duration = parseCalendarDuration(text)
  if (duration === undefined) {
    throw new BackupError(
      'invalid-input',
      `The retention policy keeps what is within ${JSON.stringify(text)}; allowed is a time such as 30d or 1y5m7d2h.`,
    )
  }
  return isZero(duration) ? undefined : duration
}
