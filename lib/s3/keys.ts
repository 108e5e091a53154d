import { invalidInput } from '../action/errors.ts'

/** What a key may have at most, in bytes of UTF-8 (Amazon S3 user guide, "Naming Amazon S3 objects"). */
const MAX_KEY_BYTES = 1024

/** How names of unfinished files in a folder begin; no key has such a segment. */
export const TEMPORARY_PREFIX = '.ondol-'

/** Throws `invalid-input` for a key that could lead out of its store or that not every store can hold. */
export function checkKey(key: string): void {
  if (key.split('/').every(isPlainSegment) && Buffer.byteLength(key) <= MAX_KEY_BYTES) return
  throw invalidInput(
    `The key ${JSON.stringify(key.slice(0, 100))} can't name an object; allowed are up to ${MAX_KEY_BYTES} bytes of segments between slashes, none of them empty, . or ..`,
  )
}

/** The same for the beginning of keys, whose last segment may be empty or unfinished. */
export function checkPrefix(prefix: string): void {
  const last = prefix.lastIndexOf('/')
  if (last > 0) checkKey(prefix.slice(0, last))
  if (last === 0 || !isUnfinished(prefix.slice(last + 1))) checkKey('')
}

export function isPlainSegment(segment: string): boolean {
  if (segment === '' || segment === '.' || segment === '..' || segment.startsWith(TEMPORARY_PREFIX)) return false
  return !hasForbiddenCharacter(segment)
}

function isUnfinished(segment: string): boolean {
  return segment !== '..' && !hasForbiddenCharacter(segment)
}

/** Control characters can't be said in XML, and a backslash is a separator to some. */
function hasForbiddenCharacter(text: string): boolean {
  return /[\p{Cc}\\]/u.test(text)
}
