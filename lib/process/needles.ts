export interface Needles {
  /** @param needle at least {@link MIN_NEEDLE_LENGTH} UTF-16 units */
  add(needle: string): void
  /** For each place where needles start, the range of the longest of them, in the order of the text. */
  find(text: string): { readonly start: number; readonly end: number }[]
}

/** Length of the prefix that the search goes by. */
export const MIN_NEEDLE_LENGTH = 6

const TABLE_BITS = 20
/** By so much each unit is shifted at each step: after six steps nothing of it is left in the 32 bits. */
const UNIT_BITS = 6
/** Taken once: in a `vm` context, as tests run in, each look at a global costs more than the multiplication. */
const { imul } = Math

/**
 * Finds any of very many strings in one pass: a hash of the last six units moves over the text, a table of 2^20 bits says
 * whether these may start a needle, and only then are strings compared, the longest first.
 */
export function createNeedles(): Needles {
  const mayStart = createBits()
  const byPrefix = new Map<string, Bucket>()
  let maxLength = 0

  function lengthAt(text: string, start: number): number {
    const bucket = byPrefix.get(text.slice(start, start + MIN_NEEDLE_LENGTH))
    return bucket ? longestAt(sortedNeedles(bucket), text, start, maxLength) : 0
  }

  return {
    add(needle) {
      const prefix = needle.slice(0, MIN_NEEDLE_LENGTH)
      mayStart.set(hashOf(prefix))
      const bucket = byPrefix.get(prefix) ?? { needles: [], sorted: false }
      bucket.needles.push(needle)
      bucket.sorted = false
      byPrefix.set(prefix, bucket)
      maxLength = Math.max(maxLength, needle.length)
    },
    find(text) {
      const found: { start: number; end: number }[] = []
      if (byPrefix.size === 0) return found
      let hash = hashOf(text.slice(0, MIN_NEEDLE_LENGTH - 1))
      for (let end = MIN_NEEDLE_LENGTH - 1; end < text.length; end++) {
        hash = moved(hash, text.charCodeAt(end))
        if (!mayStart.has(hash)) continue
        const start = end + 1 - MIN_NEEDLE_LENGTH
        const length = lengthAt(text, start)
        if (length > 0) found.push({ start, end: start + length })
      }
      return found
    },
  }
}

/** Needles of one prefix. Thousands of tokens may start alike, so they are sorted for a binary search. */
interface Bucket {
  readonly needles: string[]
  sorted: boolean
}

function sortedNeedles(bucket: Bucket): readonly string[] {
  if (!bucket.sorted) bucket.needles.sort(byUnits)
  bucket.sorted = true
  return bucket.needles
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/**
 * Length of the longest of the sorted needles that stands at `start`, or 0. A needle that starts the text is not greater
 * than it; if the greatest such candidate doesn't, then what does is no longer than what the two have in common.
 */
function longestAt(needles: readonly string[], text: string, start: number, maxLength: number): number {
  let rest = text.slice(start, start + maxLength)
  let end = needles.length
  while (rest.length >= MIN_NEEDLE_LENGTH) {
    end = countNotGreater(needles, rest, end)
    const candidate = needles[end - 1]
    if (candidate === undefined) return 0
    const common = commonLength(candidate, rest)
    if (common === candidate.length) return common
    rest = rest.slice(0, common)
  }
  return 0
}

/** How many of the first `end` sorted needles are not greater than `text`. */
function countNotGreater(needles: readonly string[], text: string, end: number): number {
  let low = 0
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((needles[middle] ?? '') <= text) low = middle + 1
    else high = middle
  }
  return low
}

function commonLength(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let index = 0; index < shorter; index++) if (a.charCodeAt(index) !== b.charCodeAt(index)) return index
  return shorter
}

function hashOf(units: string): number {
  let hash = 0
  for (let index = 0; index < units.length; index++) hash = moved(hash, units.charCodeAt(index))
  return hash
}

/** The hash one unit further on. */
function moved(hash: number, entering: number): number {
  return (hash << UNIT_BITS) ^ entering
}

/** A set of hashes that may hold some that weren't put in. */
function createBits() {
  const bits = new Uint32Array(2 ** TABLE_BITS / 32)
  const slot = (hash: number): number => imul(hash, 0x9e3779b1) >>> (32 - TABLE_BITS)
  return {
    set(hash: number): void {
      const place = slot(hash)
      bits[place >>> 5] = (bits[place >>> 5] ?? 0) | (1 << (place & 31))
    },
    has(hash: number): boolean {
      const place = slot(hash)
      return (((bits[place >>> 5] ?? 0) >>> (place & 31)) & 1) === 1
    },
  }
}
