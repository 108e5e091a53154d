import type { Manifest } from '../catalogue/manifest.ts'
import { CLOCK_TOLERANCE_MS } from './clock.ts'
import { latest } from './resolve.ts'

const SECOND_MS = 1_000

/**
 * The start that a new backup bears: now, but after that of the newest one although this machine's clock may be a little
 * behind, so that the newest is always the one made last. A start more than an hour ahead is no reason to follow it.
 */
export function startAfter(manifests: readonly Manifest[], now: Date): Date {
  const newest = latest(manifests)
  if (newest === undefined) return now
  const next = Date.parse(newest.startedAt) + SECOND_MS
  return next - now.getTime() > CLOCK_TOLERANCE_MS ? now : new Date(Math.max(next, now.getTime()))
}
