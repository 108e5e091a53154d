import type { Place } from '../places/place.ts'
import type { FilesSource } from '../sources/source.ts'
import { compare } from './changes.ts'
import type { Entry, RawPath } from './entry.ts'
import { hashAt } from './hash-at.ts'
import { listTree } from './list.ts'
import { findTools } from './tools.ts'

export interface Compared {
  /** Files that were read at the source. */
  compared: number
  /** Unchanged by all that a listing tells, and yet of other content than the index says. */
  different: RawPath[]
}

/**
 * Reads some files at the source that haven't changed since a backup, and compares their content with its index: the only
 * comparison that finds what the source's disk, a file system or the backup itself got wrong in silence.
 *
 * @param most how many files
 * @param random from 0 to below 1
 */
export async function compareSource(
  source: FilesSource,
  place: Place,
  entries: readonly Entry[],
  most: number,
  random: () => number = Math.random,
): Promise<Compared> {
  const tools = await findTools(place)
  if (tools.kind !== 'gnu') return { compared: 0, different: [] }
  const { entries: listing } = await listTree(place, tools.find, source)
  const { carried } = compare(listing, entries)
  const chosen = sample(
    carried.filter(({ type, hash }) => type === 'f' && hash !== ''),
    most,
    random,
  )
  const hashes = await hashAt(
    place,
    chosen.map(({ path }) => path),
  )
  const read = chosen.filter(({ path }) => hashes.has(path))
  const different = read.filter(({ path, hash }) => hashes.get(path) !== hash).map(({ path }) => path)
  return { compared: read.length, different }
}

/** Any of them with equal chance (the first steps of a Fisher-Yates shuffle). */
function sample<T>(items: readonly T[], most: number, random: () => number): T[] {
  const rest = [...items]
  const chosen: T[] = []
  while (chosen.length < most && rest.length > 0) {
    const at = Math.floor(random() * rest.length)
    const last = rest.pop() as T
    chosen.push(at < rest.length ? (rest[at] as T) : last)
    if (at < rest.length) rest[at] = last
  }
  return chosen
}
