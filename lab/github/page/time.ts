import { timestamp } from '../world/clock.ts'
import { type Html, html } from './html.ts'

const STEPS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
] as const

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' })
const DAYS_TOLD = 30

/** How long before `now` a time was, as GitHub words it: `now`, `3 minutes ago`, after a month `on Jan 2, 2026`. */
export function ago(at: Date, now: Date): string {
  const seconds = (now.getTime() - at.getTime()) / 1000
  const step = STEPS.find((candidate) => seconds >= candidate.seconds)
  if (step === undefined) return 'now'
  const count = Math.floor(seconds / step.seconds)
  return step.unit === 'day' && count > DAYS_TOLD ? `on ${absolute.format(at)}` : relative.format(-count, step.unit)
}

export function timeOf(at: Date, now: Date): Html {
  const stamp = timestamp(at)
  return html`<time datetime="${stamp}" title="${stamp}">${ago(at, now)}</time>`
}
