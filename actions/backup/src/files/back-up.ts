import { BackupError } from '../failure.ts'
import type { ObjectSink, Place } from '../places/place.ts'
import type { FilesSource } from '../sources/source.ts'
import { type Archived, archive, refuseStranger, tarCommand } from './archive.ts'
import { basicCommand, requirePathsOf, withoutExcluded } from './basic.ts'
import { type Changes, compare, deletedPaths, suspects } from './changes.ts'
import type { Entry, RawPath } from './entry.ts'
import { hashAt } from './hash-at.ts'
import { archivedEntries, wholeTree, withTwins } from './index-entries.ts'
import { listTree } from './list.ts'
import { rawPath } from './path.ts'
import type { Problem } from './problem.ts'
import { findTools, type Tools } from './tools.ts'
import { archiveEstimate, planVolumes, type Volume } from './volumes.ts'

export interface BackUpOptions {
  /** Entries of this source in the index of the backup that this one follows; none for a full one. */
  previous: readonly Entry[]
  /** Id of this backup. */
  home: string
  /** Content of one volume. */
  volumeBytes: number
  /** Volumes at the same time. */
  concurrency: number
  /** `checksum`: files of which only ctime differs are read at the place before they are archived again. */
  detect: 'mtime' | 'checksum'
  /**
   * Opens the object of a volume.
   *
   * @param name `<source id>.<n>.tar`, n from 1
   * @param estimate bytes of the archive, about; 0 when nothing is known
   */
  openSink(name: string, estimate: number): ObjectSink
}

export interface BackedUp {
  /** All that the source has now, in order. */
  entries: Entry[]
  /** What has to go before this backup is unpacked over the one before. */
  deleted: RawPath[]
  problems: Problem[]
  /** In the backup's tree, not only in its archives. */
  files: number
  /** Of archives, before compression. */
  bytesRead: number
}

/**
 * Backs up one source of files: what changed since `previous`, in volumes.
 *
 * @throws BackupError `source-failed`, `client-missing` or `invalid-input` before any object is opened when the source can't be
 *   read as it is asked; `source-empty` when it has nothing but folders
 */
export async function backUpFiles(source: FilesSource, place: Place, options: BackUpOptions): Promise<BackedUp> {
  const tools = await findTools(place)
  return tools.kind === 'gnu' ? backUpChanges(source, place, tools, options) : backUpAll(source, place, tools, options)
}

async function backUpChanges(
  source: FilesSource,
  place: Place,
  tools: Tools & { kind: 'gnu' },
  options: BackUpOptions,
): Promise<BackedUp> {
  const { previous, home, volumeBytes } = options
  const listing = await listTree(place, tools.find, source)
  requireContent(source, place, listing.entries)
  const { changed, carried } = await changesOf(place, listing.entries, options)
  const listed = new Map(changed.map((entry) => [entry.path, entry]))
  const archives = await archiveVolumes(source, place, tools.tar, planVolumes(changed, volumeBytes), options)
  for (const { members } of archives) {
    for (const { path } of members) if (!listed.has(path)) refuseStranger(place, source.id, path)
  }
  const archived = archivedEntries(archives, listed, home)
  const emptied = emptiedRoots(source, listing.entries, previous)
  const lost = lostPaths(changed, archived, archives)
  const problems = [listing, ...archives].flatMap((part) => part.problems)
  return result(source, [...carried, ...archived.values()], [...problems, ...lost, ...emptied], archives, previous)
}

/** Without GNU's find nothing can be listed exactly: all is archived, and the archive tells what there was. */
async function backUpAll(
  source: FilesSource,
  place: Place,
  { tar }: Tools,
  { previous, home, openSink }: BackUpOptions,
): Promise<BackedUp> {
  await requirePathsOf(place, source)
  const { select, problems } = withoutExcluded(source)
  const open = (): ObjectSink => openSink(`${source.id}.1.tar`, 0)
  const archived = await archive(place, source.id, basicCommand(tar, source), open, select)
  const entries = withTwins([...archivedEntries([archived], new Map(), home).values()], archived)
  requireContent(source, place, entries)
  return result(source, entries, [...problems, ...archived.problems], [archived], previous)
}

function result(
  source: FilesSource,
  entries: readonly Entry[],
  problems: readonly Problem[],
  archives: readonly Archived[],
  previous: readonly Entry[],
): BackedUp {
  const tree = wholeTree(entries, source.paths.map(rawPath))
  return {
    entries: tree.entries,
    deleted: deletedPaths(previous, tree.entries),
    problems: [...problems, ...tree.problems],
    files: tree.entries.filter(({ type }) => type !== 'd').length,
    bytesRead: archives.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

function requireContent({ id, paths }: FilesSource, place: Place, entries: readonly Entry[]): void {
  if (entries.some(({ type }) => type !== 'd')) return
  throw new BackupError('source-empty', `${id} has no files: ${paths.join(', ')} on ${place.name}.`, {
    remedy: 'Look whether its volume is mounted and whether exclude leaves anything.',
  })
}

async function changesOf(place: Place, listing: readonly Entry[], options: BackUpOptions): Promise<Changes> {
  const { previous, detect } = options
  if (detect === 'mtime') return compare(listing, previous)
  const doubtful = suspects(listing, previous)
  const hashes = await hashAt(
    place,
    doubtful.map(({ path }) => path),
  )
  const before = new Map(previous.map(({ path, hash }) => [path, hash]))
  const proven = doubtful.filter(({ path }) => hashes.get(path) === before.get(path)).map(({ path }) => path)
  return compare(listing, previous, new Set(proven))
}

/** A few at once. The first that fails ends the others. */
async function archiveVolumes(
  source: FilesSource,
  place: Place,
  tar: string,
  volumes: readonly Volume[],
  { concurrency, openSink }: BackUpOptions,
): Promise<Archived[]> {
  const archives: Archived[] = []
  const waiting = [...volumes.entries()]
  let failure: { error: unknown } | undefined

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined && !failure; next = waiting.shift()) {
      const [index, volume] = next
      const open = (): ObjectSink => openSink(`${source.id}.${index + 1}.tar`, archiveEstimate(volume))
      try {
        archives[index] = await archive(place, source.id, tarCommand(tar, volume.entries), open)
      } catch (error) {
        failure ??= { error }
      }
    }
  }

  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work))
  if (failure) throw failure.error
  return archives
}

/** What was to be archived and isn't, though tar said nothing of it. */
function lostPaths(
  changed: readonly Entry[],
  archived: ReadonlyMap<RawPath, Entry>,
  archives: readonly Archived[],
): Problem[] {
  const told = new Set(archives.flatMap(({ problems }) => problems.map(({ path }) => path)))
  return changed
    .filter(({ path }) => !archived.has(path) && !told.has(path))
    .map(({ path }) => ({ path, kind: 'vanished', detail: '' }))
}

/** A volume that isn't mounted looks like an empty folder. */
function emptiedRoots({ paths }: FilesSource, listing: readonly Entry[], previous: readonly Entry[]): Problem[] {
  return paths.map(rawPath).flatMap((root) => {
    const isIn = ({ path }: Entry): boolean => root === '' || path.startsWith(`${root}/`)
    const before = previous.filter(isIn).length
    if (before === 0 || listing.some(isIn)) return []
    return [{ path: root, kind: 'emptied', detail: `it held ${before} entries before` }]
  })
}
