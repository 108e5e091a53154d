import { setTimeout as pause } from 'node:timers/promises'
import { ApiError, NO_CLUSTER } from './api-error.ts'

export interface RetryOptions {
  /** No attempt begins later than this after the first, but for a second one. */
  budgetMs: number
  signal?: AbortSignal | undefined
  /** Doing it twice is another thing than doing it once: tried again only if the API has not begun with it. */
  onlyOnce?: boolean
}

export const BUDGET_MS = 30_000

const NONE: Outlook = { tries: 'none', lost: false }

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5_000

/** What fails for a reason that hardly passes by itself is tried so often in all. */
const FEW = 4

/** How often a failure is worth an attempt, and whether the request may have been carried out all the same. */
interface Outlook {
  tries: 'none' | 'few' | 'many'
  lost: boolean
}

/**
 * Tries again, with a growing pause, what failed for a passing reason. `attempt` gets whether an earlier attempt may have
 * been carried out although its answer was lost.
 */
export async function withRetries<T>(attempt: (lost: boolean) => Promise<T>, options: RetryOptions): Promise<T> {
  const start = performance.now()
  let lost = false
  for (let made = 1; ; made++) {
    try {
      return await attempt(lost)
    } catch (error) {
      const pauseMs = Math.max(growingPause(made), retryAfterMs(error))
      const outlook = outlookOf(error)
      const passedMs = performance.now() - start
      if (!isWorthAnother(outlook, { made, pauseMs, passedMs }, options)) throw error
      lost ||= outlook.lost
      await pause(pauseMs, undefined, options.signal ? { signal: options.signal } : {})
    }
  }
}

interface Attempts {
  made: number
  /** Before the next one. */
  pauseMs: number
  /** From the first one's begin to now. */
  passedMs: number
}

function isWorthAnother(outlook: Outlook, { made, pauseMs, passedMs }: Attempts, options: RetryOptions): boolean {
  if (outlook.lost && options.onlyOnce) return false
  if (outlook.tries === 'few') return made < FEW
  return outlook.tries === 'many' && pauseMs + (made === 1 ? 0 : passedMs) <= options.budgetMs
}

/** Of the n-th failure in a row: doubled each time, and spread so that many clients don't come back at once. */
export function growingPause(failures: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
  return longest * (0.5 + Math.random() / 2)
}

function retryAfterMs(error: unknown): number {
  return error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
}

export function outlookOf(error: unknown): Outlook {
  if (!(error instanceof ApiError)) return NONE
  switch (error.status) {
    case 0:
      return outlookWithoutAnswer(error)
    case 429:
      return { tries: 'many', lost: false }
    case 500:
      return outlookOfDefect(error)
    case 502:
    case 503:
    case 504:
      return { tries: 'many', lost: true }
    default:
      return NONE
  }
}

/** Server-side apply gives this status to an object that doesn't fit the schema; an election of etcd passes. */
function outlookOfDefect({ message }: ApiError): Outlook {
  if (message.includes('failed to create typed patch object')) return NONE
  if (message.includes('failed calling webhook')) return { tries: 'few', lost: false }
  return { tries: /\betcdserver\b/.test(message) ? 'many' : 'few', lost: true }
}

/** Nobody answered: a certificate that is wrong stays wrong, a credential plugin may fail on its own network. */
function outlookWithoutAnswer({ reason, message }: ApiError): Outlook {
  if (reason === 'CredentialsFailed') return { tries: 'few', lost: false }
  if (reason !== 'Unreachable') return NONE
  if (/x509|certificate|kubectl proxy ended/.test(message)) return NONE
  if (NO_CLUSTER.test(message)) return { tries: 'few', lost: false }
  return { tries: 'many', lost: !/\bdial (?:tcp|udp)\b/.test(message) }
}
