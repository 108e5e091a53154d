import { setTimeout as sleep } from 'node:timers/promises'

/** Bytes that may pass at once; below zero while a debt is being paid off. */
export interface TokenBucket {
  tokens: number
  /** When `tokens` was right, in milliseconds. */
  at: number
}

/** Longer saving than this would let a burst through after a pause. */
const BURST_SECONDS = 0.25

/**
 * Takes `bytes` out of a bucket that fills with `rate` bytes a second, and says how long to wait before they may pass, in
 * milliseconds. A debt is allowed, so that whoever asks is served in turn.
 */
export function spend(
  bucket: TokenBucket,
  bytes: number,
  rate: number,
  now: number,
): { bucket: TokenBucket; waitMs: number } {
  const earned = (Math.max(0, now - bucket.at) / 1000) * rate
  const tokens = Math.min(bucket.tokens + earned, rate * BURST_SECONDS) - bytes
  return { bucket: { tokens, at: now }, waitMs: tokens >= 0 ? 0 : (-tokens / rate) * 1000 }
}

/** Resolves when so many bytes may pass. */
export type Throttle = (bytes: number) => Promise<void>

/** Lets `bytesPerSecond` through over all its callers; without a limit, everything at once. */
export function createThrottle(
  bytesPerSecond: number | undefined,
  clock: { now(): number; sleep(ms: number): Promise<unknown> } = { now: () => performance.now(), sleep },
): Throttle {
  if (bytesPerSecond === undefined) return async () => {}
  let bucket: TokenBucket = { tokens: bytesPerSecond * BURST_SECONDS, at: clock.now() }
  return async (bytes) => {
    const spent = spend(bucket, bytes, bytesPerSecond, clock.now())
    bucket = spent.bucket
    if (spent.waitMs > 0) await clock.sleep(spent.waitMs)
  }
}
