import type { Archived } from './archive.ts'
import type { Entry, RawPath } from './entry.ts'
import { byPath, parentOf, showPath } from './path.ts'
import type { Problem } from './problem.ts'
import type { Member } from './tar-header.ts'

/**
 * The entries of what was archived: as the archive has them, for that is what comes back. Times of change come from the listing,
 * which was before: what changed after it is taken again next time, and so is what changed while it was read.
 */
export function archivedEntries(
  archives: readonly Archived[],
  listed: ReadonlyMap<RawPath, Entry>,
  home: string,
): Map<RawPath, Entry> {
  const unsteady = new Set(archives.flatMap(({ problems }) => problems.map(({ path }) => path)))
  const entries = new Map<RawPath, Entry>()
  for (const { members } of archives) {
    for (const member of members) {
      const found = listed.get(member.path)
      const target = member.type === 'h' ? entries.get(member.link) : undefined
      const entry = entryOf(member, found, target, home)
      entries.set(member.path, unsteady.has(member.path) ? { ...entry, ctime: '' } : entry)
    }
  }
  return entries
}

function entryOf(
  member: Member & { hash: string },
  found: Entry | undefined,
  target: Entry | undefined,
  home: string,
): Entry {
  const { path, mtime, mode, uid, gid } = member
  const same = { path, mtime, mode, uid, gid, ctime: found?.ctime ?? '', inode: found?.inode ?? '', home }
  if (member.type === 'h') {
    const { type = 'f', size = 0, link = '', hash = '' } = target ?? {}
    return { ...same, type, size, link, hash }
  }
  // Only a file has a size in an archive; a link has its length, a folder what its file system says.
  const size = member.type === 'f' ? member.size : (found?.size ?? 0)
  return { ...same, type: member.type, size, link: member.link, hash: member.hash }
}

/** For entries that no listing tells of: which are names of one file, as the archive has them. */
export function withTwins(entries: readonly Entry[], { members }: Archived): Entry[] {
  const links = members.filter(({ type }) => type === 'h')
  const first = new Map(links.flatMap(({ path, link }) => [[link, link] as const, [path, link] as const]))
  const numbers = new Map([...new Set(first.values())].map((path, index) => [path, `0:${index + 1}`]))
  return entries.map((entry) => ({ ...entry, inode: numbers.get(first.get(entry.path) ?? '') ?? '' }))
}

/**
 * All entries of the new index in order, without what has no folder any more: when a folder was replaced while the backup ran, what
 * was listed in it is nowhere that it could be restored to.
 */
export function wholeTree(
  entries: readonly Entry[],
  roots: readonly RawPath[],
): { entries: Entry[]; problems: Problem[] } {
  const top = new Set(roots)
  const folders = new Set<RawPath>()
  const problems: Problem[] = []
  const kept: Entry[] = []
  for (const entry of byPath(entries)) {
    const parent = parentOf(entry.path)
    const hasFolder = top.has(entry.path) || parent === undefined || folders.has(parent)
    if (hasFolder) {
      kept.push(entry)
      if (entry.type === 'd') folders.add(entry.path)
    } else {
      problems.push({ path: entry.path, kind: 'vanished', detail: `${showPath(parent ?? '')} is no folder any more` })
    }
  }
  return { entries: kept, problems }
}
