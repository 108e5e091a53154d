/** Of the calendar: a month has as many days as it has. */
export interface CalendarDuration {
  years: number
  months: number
  days: number
  hours: number
}

const UNITS = { y: 'years', m: 'months', d: 'days', h: 'hours' } as const
const WHOLE = /^(\d{1,6}[ymdh])+$/
const PART = /(\d+)([ymdh])/g

/**
 * `1y5m7d2h`, units in any order: restic's grammar (internal/restic/duration.go) without its negative numbers. Of a unit
 * that comes twice the last counts, as there. `undefined` for anything else.
 */
export function parseCalendarDuration(text: string): CalendarDuration | undefined {
  const trimmed = text.trim()
  if (!WHOLE.test(trimmed)) return undefined
  const duration = { years: 0, months: 0, days: 0, hours: 0 }
  for (const [, amount, unit] of trimmed.matchAll(PART)) duration[UNITS[unit as keyof typeof UNITS]] = Number(amount)
  return duration
}

export function isZero({ years, months, days, hours }: CalendarDuration): boolean {
  return years + months + days + hours === 0
}

/** As restic prints it. */
export function formatCalendarDuration({ years, months, days, hours }: CalendarDuration): string {
  const parts = [`${years}y`, `${months}m`, `${days}d`, `${hours}h`]
  return parts.filter((part) => !part.startsWith('0')).join('')
}

/**
 * The moment that lies a duration before another, both in milliseconds since 1970. A day that its month doesn't have runs
 * over into the next month, as Go's AddDate has it: one month before 31 March is 3 March. -Infinity when no date is so old.
 */
export function momentBefore(moment: number, { years, months, days, hours }: CalendarDuration): number {
  const date = new Date(moment)
  date.setUTCFullYear(date.getUTCFullYear() - years, date.getUTCMonth() - months, date.getUTCDate() - days)
  const ms = date.getTime() - hours * 3_600_000
  return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : ms
}
