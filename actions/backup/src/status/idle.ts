import { inWords } from './words.ts'

const DAY_MS = 86_400_000
/** https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule */
const IDLE_LIMIT_MS = 60 * DAY_MS
const WARN_MS = 14 * DAY_MS

export interface RepositoryFacts {
  visibility: 'public' | 'private' | 'internal'
  /** The last commit on any branch. */
  lastActivityAt: Date
  now: Date
}

/** `state` `safe`: nothing to tell. */
export type IdleForecast = { state: 'safe' } | { state: 'soon' | 'disabled'; disabledAt: Date; sentence: string }

/** GitHub disables the schedules of a public repository in which nothing happened for 60 days. Told from 14 days before. */
export function forecastIdle({ visibility, lastActivityAt, now }: RepositoryFacts): IdleForecast {
  if (visibility !== 'public') return { state: 'safe' }
  const disabledAt = new Date(lastActivityAt.getTime() + IDLE_LIMIT_MS)
  const remainingMs = disabledAt.getTime() - now.getTime()
  if (remainingMs > WARN_MS) return { state: 'safe' }
  const idle = `Nothing was committed to this public repository for ${inWords(now.getTime() - lastActivityAt.getTime())}`
  const rule = 'after 60 idle days GitHub disables its schedules'
  return remainingMs > 0
    ? {
        state: 'soon',
        disabledAt,
        sentence: `${idle}; ${rule}, in ${inWords(remainingMs)}. A commit starts the days anew.`,
      }
    : {
        state: 'disabled',
        disabledAt,
        sentence: `${idle}; ${rule}. Look at the workflow's page on the Actions tab whether it says so, and enable it.`,
      }
}
