import { Cron } from 'croner'
import { BackupError } from '../failure.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
/** From one leap day to the next are 8 years at most within this century, and all weekdays come by. */
const HORIZON_DAYS = 8 * 366
const BEGIN_MS = Date.UTC(2024, 0, 1)
const GRACE_MS = 3_600_000
const FIELD = /^(?:[\d*,/-]|[A-Za-z]{3})+$/

/**
 * The age at which the newest backup of a schedule is stale: twice the longest gap between two runs, since GitHub delays and
 * drops runs under load, and one hour of grace.
 *
 * @param expressions cron with five fields, in UTC; of several, whichever comes next runs
 * @returns milliseconds
 * @throws BackupError `invalid-input` for what GitHub would not take, and for a schedule that never runs
 */
export function maxAgeFromCron(expressions: string | readonly string[]): number {
  return 2 * longestGap([expressions].flat().map(readExpression)) + GRACE_MS
}

/** A schedule runs at the same minutes of each of its days. */
interface Timetable {
  isDay(date: Date): boolean
  /** Minutes since midnight. */
  minutes: number[]
}

function readExpression(expression: string): Timetable {
  const fields = expression.trim().split(/\s+/)
  if (fields.length !== 5 || !fields.every((field) => FIELD.test(field))) throw noCron(expression)
  const [minute, hour, ...days] = fields
  try {
    const daily = new Cron(`${minute} ${hour} * * *`, { utcOffset: 0, mode: '5-part' })
    const yearly = new Cron(`0 0 ${days.join(' ')}`, { utcOffset: 0, mode: '5-part' })
    return { isDay: (date) => yearly.match(date), minutes: minutesOf(daily) }
  } catch (cause) {
    throw noCron(expression, cause)
  }
}

function minutesOf(daily: Cron): number[] {
  const midnight = new Date(0)
  return Array.from({ length: DAY_MINUTES }, (_, minute) => minute).filter((minute) =>
    daily.match(new Date(midnight.getTime() + minute * MINUTE_MS)),
  )
}

/** In milliseconds. */
function longestGap(timetables: readonly Timetable[]): number {
  const days = new Map<string, Day | undefined>()
  let longest = 0
  let last: number | undefined
  for (let midnight = 0; midnight < HORIZON_DAYS * DAY_MINUTES; midnight += DAY_MINUTES) {
    const date = new Date(BEGIN_MS + midnight * MINUTE_MS)
    const active = timetables.filter(({ isDay }) => isDay(date))
    const key = active.map((timetable) => timetables.indexOf(timetable)).join()
    if (!days.has(key)) days.set(key, dayOf(active))
    const day = days.get(key)
    if (day === undefined) continue
    const firstRun = midnight + day.first
    longest = Math.max(longest, day.longest, firstRun - (last ?? firstRun))
    last = midnight + day.last
  }
  if (longest === 0) throw new BackupError('invalid-input', 'The schedule never runs twice.')
  return longest * MINUTE_MS
}

/** The runs of a day, in minutes. */
interface Day {
  first: number
  last: number
  /** Gap between two of them. */
  longest: number
}

function dayOf(active: readonly Timetable[]): Day | undefined {
  const minutes = active.flatMap((timetable) => timetable.minutes).sort((one, other) => one - other)
  const [first] = minutes
  if (first === undefined) return undefined
  const gaps = minutes.map((minute, index) => minute - (minutes[index - 1] ?? minute))
  return { first, last: minutes.at(-1) ?? first, longest: Math.max(...gaps) }
}

function noCron(expression: string, cause?: unknown): BackupError {
  return new BackupError('invalid-input', `${JSON.stringify(expression)} is no cron expression with five fields.`, {
    remedy: 'Take the one of the workflow that makes the backups, such as 17 2 * * *, or set max-age.',
    cause,
  })
}
