/** One failed request. `status` is `undefined` when the connection broke before a reply. */
export interface Attempt {
  method: string
  /** 1 for the first try. */
  attempt: number
  status: number | undefined
  headers: Readonly<Record<string, string | undefined>>
  message: string
}

const MAX_ATTEMPTS = 5
/** A job pays for each minute, and a primary limit can reset an hour later: longer than this we fail and say so. */
const LONGEST_WAIT_MS = 120_000
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])

/**
 * How long to wait before the next try, in milliseconds; `undefined`: don't try again.
 *
 * - A limit (429, or 403 with its signs) was not executed, so every method may repeat it, after `retry-after`, else at
 *   `x-ratelimit-reset`, else after a minute, as GitHub's "Best practices for using the REST API" asks.
 * - A 5xx or a broken connection may have been executed: only methods that may run twice are repeated, with exponential
 *   backoff. A POST is its caller's matter (see createOnce in comments.ts).
 * - Any other 4xx is final.
 */
export function nextDelay(failed: Attempt, nowMs: number): number | undefined {
  if (failed.attempt >= MAX_ATTEMPTS) return undefined
  if (isRateLimit(failed)) {
    const wait = limitDelay(failed, nowMs)
    return wait <= LONGEST_WAIT_MS ? wait : undefined
  }
  const unanswered = failed.status === undefined || failed.status >= 500
  return unanswered && IDEMPOTENT.has(failed.method.toUpperCase()) ? 500 * 2 ** (failed.attempt - 1) : undefined
}

export function isRateLimit({ status, headers, message }: Attempt): boolean {
  if (status === 429) return true
  if (status !== 403) return false
  return headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0' || /rate limit/i.test(message)
}

function limitDelay({ headers, attempt }: Attempt, nowMs: number): number {
  const retryAfter = Number(headers['retry-after'])
  if (retryAfter >= 0) return retryAfter * 1000
  const reset = Number(headers['x-ratelimit-reset'])
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0) return Math.max(1000, reset * 1000 - nowMs)
  return 60_000 * attempt
}
