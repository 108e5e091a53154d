import type { Readable } from 'node:stream'
import { BackupError } from '../failure.ts'
import type { Place } from '../places/place.ts'
import type { FilesSource } from '../sources/source.ts'
import type { Entry } from './entry.ts'
import { createMatcher } from './matcher.ts'
import { byPath, rawPath, unescapeName } from './path.ts'
import type { Problem } from './problem.ts'

export interface Listing {
  /** In the order of a walk; without sockets, which no archive holds. Hash and home are empty. */
  entries: Entry[]
  problems: Problem[]
}

/** Every field that a name can't hold stands before the names; see `find -printf`. */
const FORMAT = '%y %s %T@ %C@ %m %U %G %D:%i %n\\0%p\\0%l\\0'

/**
 * Lists a source by one GNU find: all that it has but what is excluded.
 *
 * @throws BackupError `source-failed` when one of its paths doesn't exist, `invalid-input` when one is a symlink
 */
export async function listTree(place: Place, find: string, source: Pick<FilesSource, 'id' | 'paths' | 'exclude'>) {
  const isExcluded = createMatcher(source.exclude)
  const problems: Problem[] = []
  const unknown: string[] = []
  const running = place.start({
    argv: [find, '-P', ...source.paths, '-printf', FORMAT],
    // find goes back to where it was started, and fails where its user may not.
    cwd: '/',
    env: { LC_ALL: 'C' },
    onStderrLine: (line) => {
      const problem = readMessage(line)
      if (problem === undefined) unknown.push(line)
      else if (problem !== 'vanished' && !isExcluded(problem.path)) problems.push(problem)
    },
  })
  const listed = await readRecords(running.stdout)
  const { code } = await running.ended
  requirePaths(place, source, listed)
  if (code !== 0 && unknown.length > 0) throw failed(place, source, unknown[0] ?? '')
  const entries = listed.filter((entry) => ARCHIVED.has(entry.type) && entry.path !== '' && !isExcluded(entry.path))
  return { entries: byPath(entries), problems } satisfies Listing
}

const ARCHIVED: ReadonlySet<string> = new Set(['f', 'd', 'l', 'p', 'b', 'c'])

function failed(place: Place, { id }: { id: string }, line: string): BackupError {
  return new BackupError('source-failed', `The files of ${id} on ${place.name} could not be listed: ${line}`)
}

/** A path that is only a link would be a backup of nothing but the link. */
function requirePaths(place: Place, { id, paths }: Pick<FilesSource, 'id' | 'paths'>, listed: readonly Entry[]): void {
  const types = new Map(listed.map(({ path, type }) => [path, type]))
  for (const path of paths) {
    const type = types.get(rawPath(path))
    if (type === undefined) throw missingPath(place, id, path)
    if (type === 'l') throw linkedPath(place, id, path)
  }
}

export function missingPath(place: Place, id: string, path: string): BackupError {
  return new BackupError('source-failed', `${path} of ${id} does not exist on ${place.name}.`, {
    remedy: 'Correct or remove the path in sources; if it is a mount point, look why nothing is mounted.',
  })
}

export function linkedPath(place: Place, id: string, path: string): BackupError {
  return new BackupError(
    'invalid-input',
    `${path} of ${id} is a symlink on ${place.name}, which holds no files itself.`,
    {
      remedy: 'Name in sources what it points to, or the folder that it is in.',
    },
  )
}

async function readRecords(stream: Readable): Promise<Entry[]> {
  const entries: Entry[] = []
  let rest = ''
  for await (const chunk of stream) {
    const text = rest + (chunk as Buffer).toString('latin1')
    rest = text.slice(takeRecords(text, entries))
  }
  return entries
}

/** @returns where the first record begins that isn't whole */
function takeRecords(text: string, entries: Entry[]): number {
  for (let start = 0; ; ) {
    const headEnd = text.indexOf('\0', start)
    const pathEnd = headEnd === -1 ? -1 : text.indexOf('\0', headEnd + 1)
    const linkEnd = pathEnd === -1 ? -1 : text.indexOf('\0', pathEnd + 1)
    if (linkEnd === -1) return start
    const link = text.slice(pathEnd + 1, linkEnd)
    entries.push(entryOf(text.slice(start, headEnd).split(' '), text.slice(headEnd + 2, pathEnd), link))
    start = linkEnd + 1
  }
}

function entryOf(head: readonly string[], path: string, link: string): Entry {
  const [type, size, mtime = '', ctime = '', mode = '', uid, gid, inode = '', names] = head
  return {
    path,
    type: type as Entry['type'],
    size: Number(size),
    mtime: nineDecimals(mtime),
    ctime: nineDecimals(ctime),
    mode,
    uid: Number(uid),
    gid: Number(gid),
    inode: type !== 'd' && names !== '1' ? inode : '',
    link,
    hash: '',
    home: '',
  }
}

/** find prints ten, the last of them always 0. */
function nineDecimals(time: string): string {
  return time.slice(0, time.indexOf('.') + 10)
}

/** Something that went while find was at it isn't in the listing, as if it had gone before. */
function readMessage(line: string): Problem | 'vanished' | undefined {
  const [, name, detail] = /^\S*find: '(.*)': (.*)$/.exec(line) ?? []
  if (name === undefined || detail === undefined) return undefined
  if (detail === 'No such file or directory') return 'vanished'
  return { path: unescapeName(name).replace(/^\/+/, ''), kind: 'unreadable', detail }
}
