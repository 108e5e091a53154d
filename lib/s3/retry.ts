import { setTimeout as sleep } from 'node:timers/promises'

export interface RetryPolicy {
  /** Including the first. */
  attempts: number
  /** Wait before the second attempt; it doubles from one to the next, up to `maxMs`. */
  baseMs: number
  maxMs: number
}

/** Outlasts about 15 s of a store that is down or slows us down. */
export const DEFAULT_RETRIES: RetryPolicy = { attempts: 7, baseMs: 250, maxMs: 8000 }

/** Attempts `work` until it succeeds, until its error may not be repeated, or until there is no attempt left. */
export async function withRetries<T>(
  policy: RetryPolicy,
  work: () => Promise<T>,
  mayRepeat: (error: unknown) => boolean,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= policy.attempts || !mayRepeat(error)) throw error
    }
    await pause(policy, attempt, signal)
  }
}

/** Waits after a failed attempt (1 for the first). Up to half of the time is random, so that many don't come back at once. */
export async function pause({ baseMs, maxMs }: RetryPolicy, attempt: number, signal?: AbortSignal): Promise<void> {
  const longest = Math.min(maxMs, baseMs * 2 ** (attempt - 1))
  await sleep(longest * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal })
}
