import { lstatSync, readdirSync, realpathSync, rmSync, type Stats, unlinkSync } from 'node:fs'
import process from 'node:process'
import { PassThrough, type Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BackupError } from '../failure.ts'
import type { Place } from '../places/place.ts'
import type { Entry, RawPath } from './entry.ts'
import { createMatcher } from './matcher.ts'
import { ancestorsOf, byPath, bytesOf, showPath } from './path.ts'
import { selectMembers } from './selecting.ts'
import { type Member, TarError } from './tar-header.ts'
import { findTools } from './tools.ts'

export type Accepts = (member: Member) => boolean

/**
 * What of a backup's archives belongs to a restored state: the members that the state's index says this backup has. With that,
 * archives of a chain are unpacked one after the other, oldest first, nothing twice, and nothing has to be deleted between
 * them. Folders are taken wherever they come, so that nothing is ever in one with a wider mode.
 *
 * @param state entries of the index that is restored, or of them those that are wanted
 */
export function membersOf(state: readonly Entry[], home: string): Accepts {
  const wanted = new Map(state.map((entry) => [entry.path, entry]))
  return (member) => {
    const entry = wanted.get(member.path)
    if (entry === undefined) return false
    if (entry.type === 'd') return member.type === 'd'
    return entry.home === home && (member.type === 'h' || member.type === entry.type)
  }
}

/**
 * The entries that patterns mean (as `exclude` has them), with the folders on the way, and with all names of a file of which one is
 * meant: only together are they sure to have its content.
 */
export function selectEntries(state: readonly Entry[], patterns: readonly string[]): Entry[] {
  if (patterns.length === 0) return [...state]
  const isMeant = createMatcher(patterns)
  const meant = state.filter(({ path }) => isMeant(path))
  const inodes = new Set(meant.flatMap(({ inode, home }) => (inode === '' ? [] : [`${home} ${inode}`])))
  const paths = new Set(meant.map(({ path }) => path))
  for (const { path, inode, home } of state) if (inodes.has(`${home} ${inode}`)) paths.add(path)
  for (const path of [...paths]) for (const folder of ancestorsOf(path)) paths.add(folder)
  return state.filter(({ path }) => paths.has(path))
}

/**
 * Makes a folder ready to be restored into. One that isn't empty is refused unless it is allowed; then what is in the way there
 * is removed: what has another type than the entry of its path.
 *
 * @throws BackupError `not-empty`; `invalid-input` when a symlink is on the way to something that is to be restored
 */
export function prepareFolder(folder: string, state: readonly Entry[], allowNonEmpty: boolean): void {
  const isEmpty = readdirSync(folder).length === 0
  if (isEmpty) return
  if (!allowNonEmpty) {
    throw new BackupError('not-empty', `${folder} is not empty, so nothing was restored into it.`, {
      remedy: 'Name an empty folder, or set allow-non-empty: true to write over what is there.',
    })
  }
  const tree = openTree(folder)
  const types = new Map(state.map(({ path, type }) => [path, type]))
  for (const { path, type } of byPath(state)) {
    for (const outer of [...ancestorsOf(path)].filter((ancestor) => !types.has(ancestor))) tree.requireFolder(outer)
    const found = tree.look(path)
    if (found !== undefined && found.isDirectory() !== (type === 'd')) tree.remove(path, found)
  }
}

/**
 * Removes paths under a folder, whole folders too, as a chain's list of deletions asks. What isn't there any more is fine.
 *
 * @throws BackupError `corrupt` for a path that leads out of the folder or through a symlink; nothing after it is removed
 */
export function applyDeletions(folder: string, paths: readonly RawPath[]): void {
  const tree = openTree(folder)
  for (const path of paths) {
    requireInside(path)
    const ancestors = [...ancestorsOf(path)].reverse()
    if (ancestors.some((ancestor) => tree.look(ancestor) === undefined)) continue
    for (const ancestor of ancestors) tree.requireFolder(ancestor)
    const found = tree.look(path)
    if (found !== undefined) tree.remove(path, found)
  }
}

interface Tree {
  /** What is there itself, not what it points to. */
  look(path: RawPath): Stats | undefined
  /** What isn't there may be made, but a symlink isn't followed. */
  requireFolder(path: RawPath): void
  remove(path: RawPath, found: Stats): void
}

function openTree(folder: string): Tree {
  const root = Buffer.from(`${realpathSync(folder)}/`)
  const at = (path: RawPath): Buffer => Buffer.concat([root, bytesOf(path)])
  const look = (path: RawPath): Stats | undefined => {
    try {
      return lstatSync(at(path))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }
  return {
    look,
    requireFolder(path) {
      const found = look(path)
      if (found === undefined || found.isDirectory()) return
      throw new BackupError(
        'invalid-input',
        `${folder}${showPath(path)} is no folder but ${found.isSymbolicLink() ? 'a symlink' : 'something else'}.`,
        { remedy: 'Nothing is written or deleted through a symlink: move it away, or restore into another folder.' },
      )
    },
    remove(path, found) {
      if (found.isDirectory()) rmSync(at(path), { recursive: true, force: true })
      else unlinkSync(at(path))
    },
  }
}

/** Also where what should be a folder above it is none. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function requireInside(path: RawPath): void {
  const isInside = path !== '' && !path.split('/').some((part) => part === '' || part === '.' || part === '..')
  if (isInside) return
  throw new BackupError('corrupt', `The backup names ${showPath(path)}, which is not a path that can be restored.`)
}

/**
 * Unpacks one archive into a folder of this machine by GNU tar; as root with owners, and with xattrs and ACLs as far as
 * the file system has them.
 *
 * @returns what tar warned of
 * @throws BackupError `corrupt` when the archive isn't whole or holds a name that leads out of the folder, `client-missing`
 *   without GNU tar, `unexpected` when the folder can't take it (full, no permission)
 */
export async function extract(
  place: Place,
  archive: Readable,
  folder: string,
  accepts: Accepts = () => true,
): Promise<string[]> {
  // It may fail before anything reads it.
  archive.once('error', () => undefined)
  const tools = await findTools(place)
  if (tools.kind !== 'gnu') {
    throw new BackupError('client-missing', 'Restoring needs GNU tar, and this machine has another one.', {
      remedy: 'Install it; on macOS: brew install gnu-tar.',
    })
  }
  const members = selectMembers((member) => {
    requireInside(member.path)
    return accepts(member)
  })
  const lines: string[] = []
  const stdin = new PassThrough()
  const read = feed(archive, members, stdin)
  // tar's own end tells first.
  read.catch(() => undefined)
  const running = place.start({
    argv: extractArgs(tools.tar, folder),
    env: { LC_ALL: 'C' },
    stdin,
    onStderrLine: (line) => lines.push(line),
  })
  running.stdout.resume()
  try {
    const { code, signal } = await running.ended
    if (code === 0) await read
    if (code === 0) return lines
    throw new BackupError('unexpected', `The backup could not be written to ${folder}: ${lines[0] ?? signal ?? code}`)
  } catch (error) {
    archive.destroy()
    if (error instanceof TarError) throw new BackupError('corrupt', `An archive is damaged: ${error.message}.`)
    throw error
  }
}

/** Reads the archive to its end, also when tar needs no more of it: only then is it known to be whole. */
async function feed(archive: Readable, members: Transform, tar: PassThrough): Promise<void> {
  const selected = pipeline(archive, members, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) if (!tar.destroyed && !tar.write(chunk)) await untilWritable(tar)
  })
  await selected.then(
    () => void tar.end(),
    (error: Error) => {
      tar.destroy(error)
      throw error
    },
  )
}

function untilWritable(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      for (const event of ['drain', 'close']) stream.off(event, settle)
      resolve()
    }
    for (const event of ['drain', 'close']) stream.once(event, settle)
  })
}

function extractArgs(tar: string, folder: string): [string, ...string[]] {
  const isRoot = process.getuid?.() === 0
  return [
    tar,
    '--extract',
    '--file=-',
    `--directory=${folder}`,
    '--preserve-permissions',
    '--numeric-owner',
    isRoot ? '--same-owner' : '--no-same-owner',
    '--xattrs',
    `--xattrs-include=${isRoot ? '*' : 'user.*'}`,
    '--acls',
    // A folder may hold what comes much later, and one that nobody may write into would refuse it.
    '--delay-directory-restore',
    // Times before 1970 and in the future are restored all the same.
    '--warning=no-timestamp',
  ]
}
