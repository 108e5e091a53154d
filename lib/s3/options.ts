import { invalidInput } from '../action/errors.ts'
import { DEFAULT_RETRIES, type RetryPolicy } from './retry.ts'

/** How a store is used; each may be left out. */
export interface StoreOptions {
  /** Bytes of a part, or `auto`: 16 MiB, more for an object whose estimate needs it. */
  partSize?: 'auto' | number | undefined
  /** Parts that the store allows an object. */
  maxParts?: number | undefined
  /** Parts on their way at the same time. */
  concurrency?: number | undefined
  /** Bytes per second, over everything that is written and read. */
  bandwidthLimit?: number | undefined
  /** `when-required` for stores that don't know S3's checksum headers. */
  requestChecksums?: 'when-supported' | 'when-required' | undefined
  timeouts?: Timeouts | undefined
  retries?: RetryPolicy | undefined
  /** Instead of what the AWS SDK finds in environment, profile or machine. */
  credentials?: StoreCredentials | undefined
}

export interface Timeouts {
  connectMs: number
  /** A request whose connection moves no byte for so long is given up and repeated. */
  stallMs: number
}

export interface StoreCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface StoreSettings {
  partSize: 'auto' | number
  maxParts: number
  concurrency: number
  bandwidthLimit: number | undefined
  requestChecksums: 'when-supported' | 'when-required'
  timeouts: Timeouts
  retries: RetryPolicy
  credentials: StoreCredentials | undefined
}

const MIB = 1024 * 1024
/** "Amazon S3 multipart upload limits": no part but the last may be smaller. */
const SMALLEST_PART = 5 * MIB
/** What the parts of one writer may take in memory; a part has to fit. */
export const PART_MEMORY = 128 * MIB

/** The options with their defaults. Throws `invalid-input` for a number out of its bounds. */
export function settingsFrom(options: StoreOptions): StoreSettings {
  const { partSize = 'auto', maxParts = 10_000, concurrency = 4, bandwidthLimit } = options
  if (partSize !== 'auto') checkNumber('part-size', partSize, SMALLEST_PART, PART_MEMORY)
  checkNumber('max-parts', maxParts, 1, 10_000)
  checkNumber('concurrency', concurrency, 1, 64)
  if (bandwidthLimit !== undefined) checkNumber('bandwidth-limit', bandwidthLimit, 1024, Number.MAX_SAFE_INTEGER)
  return {
    partSize,
    maxParts,
    concurrency,
    bandwidthLimit,
    requestChecksums: options.requestChecksums ?? 'when-supported',
    timeouts: options.timeouts ?? { connectMs: 10_000, stallMs: 60_000 },
    retries: options.retries ?? DEFAULT_RETRIES,
    credentials: options.credentials,
  }
}

function checkNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw invalidInput(`The ${name} of a store is ${value}; allowed are whole numbers from ${least} to ${most}.`)
}

/**
 * Bytes of each part: constant over the object (Cloudflare R2 wants it so), at least 16 MiB, and so large that the estimate
 * fits with a tenth of the parts to spare.
 */
export function partSizeFor({ partSize, maxParts }: StoreSettings, estimate = 0): number {
  if (partSize !== 'auto') return partSize
  const needed = Math.ceil(estimate / Math.max(1, Math.floor(maxParts * 0.9)) / MIB) * MIB
  return Math.min(Math.max(16 * MIB, needed), PART_MEMORY)
}
