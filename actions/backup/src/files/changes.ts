import type { Entry, RawPath } from './entry.ts'
import { ancestorsOf, byPath } from './path.ts'

export interface Changes {
  /** To be archived: what is new or different, with the other names of such files and the folders on the way. */
  changed: Entry[]
  /** As listed, with hash and home of the index before. */
  carried: Entry[]
}

/**
 * What has to be archived since an index was written. Decided by type, size, times, mode, owner and link; never by inode and
 * device, which change when a volume is mounted elsewhere.
 *
 * @param proven paths whose content was read and found equal: for them a new ctime alone doesn't count
 */
export function compare(
  listing: readonly Entry[],
  previous: readonly Entry[],
  proven: ReadonlySet<RawPath> = new Set(),
): Changes {
  const before = new Map(previous.map((entry) => [entry.path, entry]))
  const isChanged = (entry: Entry): boolean => {
    const earlier = before.get(entry.path)
    if (earlier === undefined || !isSameButCtime(entry, earlier)) return true
    return entry.ctime !== earlier.ctime && !proven.has(entry.path)
  }
  const changed = new Set(listing.filter(isChanged).map(({ path }) => path))
  spreadOverLinks(changed, listing, previous)
  spreadOverFolders(changed, listing, deletedPaths(previous, listing))
  return {
    changed: listing.filter(({ path }) => changed.has(path)),
    carried: listing.flatMap((entry) => {
      const earlier = changed.has(entry.path) ? undefined : before.get(entry.path)
      return earlier === undefined ? [] : [{ ...entry, hash: earlier.hash, home: earlier.home }]
    }),
  }
}

/**
 * Files of which only ctime differs, as after a restore or a move to another disk: worth reading before they are archived again.
 * Files with several names are not: how they hang together may have changed with the ctime.
 */
export function suspects(listing: readonly Entry[], previous: readonly Entry[]): Entry[] {
  const before = new Map(previous.map((entry) => [entry.path, entry]))
  return listing.filter((entry) => {
    const earlier = before.get(entry.path)
    if (earlier === undefined || entry.type !== 'f' || entry.inode !== '' || earlier.inode !== '') return false
    return (
      earlier.hash !== '' && earlier.ctime !== '' && isSameButCtime(entry, earlier) && entry.ctime !== earlier.ctime
    )
  })
}

/** A folder's size says nothing, and other file systems have another. */
function isSameButCtime(a: Entry, b: Entry): boolean {
  return (
    a.type === b.type &&
    (a.size === b.size || a.type === 'd') &&
    a.mtime === b.mtime &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.link === b.link
  )
}

/**
 * An archive holds the content of a file with several names once, under the first one: all of them go into the same archive,
 * those that were names of one file before, too, for the one with the content may be among those that went.
 */
function spreadOverLinks(changed: Set<RawPath>, listing: readonly Entry[], previous: readonly Entry[]): void {
  const present = new Set(listing.map(({ path }) => path))
  const groups = [...groupsOf(listing), ...groupsOf(previous)]
  const isTorn = (group: readonly RawPath[]): boolean => group.some((path) => changed.has(path) || !present.has(path))
  for (let grew = true; grew; ) {
    const size = changed.size
    for (const group of groups.filter(isTorn)) {
      for (const path of group) if (present.has(path)) changed.add(path)
    }
    grew = changed.size > size
  }
}

function groupsOf(entries: readonly Entry[]): RawPath[][] {
  const groups = new Map<string, RawPath[]>()
  for (const { inode, path } of entries) {
    if (inode === '') continue
    const group = groups.get(inode)
    if (group) group.push(path)
    else groups.set(inode, [path])
  }
  return [...groups.values()]
}

/** Writing into a folder changes its mtime: with the folder after it in the archive, that comes back. */
function spreadOverFolders(changed: Set<RawPath>, listing: readonly Entry[], deleted: readonly RawPath[]): void {
  const folders = new Set(listing.filter(({ type }) => type === 'd').map(({ path }) => path))
  const seen = new Set<RawPath>()
  for (const path of [...changed, ...deleted]) {
    for (const folder of ancestorsOf(path)) {
      if (seen.has(folder)) break
      seen.add(folder)
      if (folders.has(folder)) changed.add(folder)
    }
  }
}

/**
 * What has to go before the archives of the newer state are unpacked over the older one: the topmost of the paths that are gone,
 * and of those that are now of another type.
 */
export function deletedPaths(previous: readonly Entry[], current: readonly Entry[]): RawPath[] {
  const types = new Map(current.map(({ path, type }) => [path, type]))
  const gone = byPath(previous.filter(({ path, type }) => types.get(path) !== type))
  const topmost: RawPath[] = []
  for (const { path } of gone) {
    const last = topmost.at(-1)
    if (last === undefined || !path.startsWith(`${last}/`)) topmost.push(path)
  }
  return topmost
}
