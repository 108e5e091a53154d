import type { Entry } from '../files/entry.ts'
import type { SourceFacts, SourceStream, StreamRole } from '../sources/stream.ts'
import { DamagedDocument } from './document.ts'
import { isId } from './id.ts'
import { isDataKey, isSetName } from './keys.ts'
import { isInside } from './raw-path.ts'
import { count, fields, listOf, oneOf, ShapeError, text } from './shape.ts'

/**
 * The index of a backup, before zstd and age: one line of JSON (the header, UTF-8), then the entries of every source in the
 * header's order, each as 12 fields that end in a NUL. Paths and links are the bytes that they are on the disk.
 */
export interface BackupIndex {
  header: IndexHeader
  /** Of each source with files, by the source's id. */
  entries: Map<string, Entry[]>
}

/** All that must not stand in clear in the bucket beside the names of files. */
export interface IndexHeader {
  format: 'ondol-index'
  version: 1
  set: string
  id: string
  sources: IndexedSource[]
}

export interface IndexedSource {
  id: string
  kind: string
  /** Where it was, for people: `ssh://backup@10.0.1.10`. */
  on: string
  /** Of files: what was asked for. */
  paths: string[]
  exclude: string[]
  /** How many entries of it follow. */
  entries: number
  dumps: IndexedDump[]
  /** Of a database's server. */
  facts?: SourceFacts
}

export interface IndexedDump {
  /** Of the database or command. */
  name: string
  role: StreamRole
  extension: SourceStream['extension']
  /** In order: decrypted one by one and joined they are one zstd stream. */
  keys: string[]
  plainBytes: number
}

const FIELDS = 12
const END = '\0'

/** Entries whose text is made at once; all of them may be more than a string can hold. */
const BATCH = 20_000

/** @throws RangeError when the header's counts aren't the entries' */
export function encodeIndex({ header, entries }: BackupIndex): Buffer {
  const pieces: Buffer[] = [Buffer.from(`${JSON.stringify(header)}\n`)]
  for (const source of header.sources) {
    const list = entries.get(source.id) ?? []
    if (list.length !== source.entries) throw new RangeError(`the header's count of ${source.id} is wrong`)
    for (let start = 0; start < list.length; start += BATCH)
      pieces.push(encodeEntries(list.slice(start, start + BATCH)))
  }
  return Buffer.concat(pieces)
}

function encodeEntries(entries: readonly Entry[]): Buffer {
  let text = ''
  for (const { path, type, size, mtime, ctime, mode, uid, gid, inode, link, hash, home } of entries) {
    text += `${path}\0${type}\0${size}\0${mtime}\0${ctime}\0${mode}\0${uid}\0${gid}\0${inode}\0${link}\0${hash}\0${home}\0`
  }
  return Buffer.from(text, 'latin1')
}

/**
 * @param of the backup that it must be the index of
 * @throws DamagedDocument when it isn't, or isn't as `encodeIndex` writes it, or names a path that leads out of a folder
 */
export function decodeIndex(bytes: Buffer, of: { set: string; id: string }): BackupIndex {
  const headerEnd = bytes.indexOf('\n')
  const header = parseHeader(bytes.toString('utf8', 0, Math.max(headerEnd, 0)))
  if (header.set !== of.set || header.id !== of.id) throw new DamagedDocument('it is the index of another backup')
  const read = entryReader(bytes, headerEnd + 1)
  const entries = new Map<string, Entry[]>()
  for (const source of header.sources) entries.set(source.id, read.take(source.entries))
  read.end()
  return { header, entries }
}

const strings = listOf(text(() => true, 'text'))
const anyText = text(() => true, 'text')

const dumpCheck = fields<IndexedDump>({
  name: anyText,
  role: oneOf('globals', 'database', 'basebackup', 'command', 'snapshot'),
  extension: oneOf('sql', 'tar', 'mbstream', 'bin', 'db'),
  keys: listOf(text((key) => isDataKey(key, 'age') || isDataKey(key, 'none'), 'the key of a data object')),
  plainBytes: count,
})

const factsCheck = fields<SourceFacts>(
  { product: anyText, version: anyText, client: anyText, identity: anyText, host: anyText, port: anyText },
  ['product', 'version', 'client', 'identity', 'host', 'port'],
)

const headerCheck = fields<IndexHeader>({
  format: oneOf('ondol-index'),
  version: oneOf(1),
  set: text(isSetName, 'the name of a set'),
  id: text(isId, 'the id of a backup'),
  sources: listOf(
    fields<IndexedSource>(
      {
        id: anyText,
        kind: anyText,
        on: anyText,
        paths: strings,
        exclude: strings,
        entries: count,
        dumps: listOf(dumpCheck),
        facts: factsCheck,
      },
      ['facts'],
    ),
  ),
})

function parseHeader(line: string): IndexHeader {
  try {
    const header: unknown = JSON.parse(line)
    headerCheck(header, 'header')
    return header as IndexHeader
  } catch (error) {
    throw new DamagedDocument(error instanceof ShapeError ? error.message : 'it has no header')
  }
}

/** Reads entries window by window: the text of all of them may be more than a string can hold. */
function entryReader(bytes: Buffer, start: number): { take(count: number): Entry[]; end(): void } {
  const WINDOW_BYTES = 16 * 2 ** 20
  let position = start
  let waiting: string[] = []
  let next = 0

  function refill(): void {
    const limit = Math.min(bytes.length, position + WINDOW_BYTES)
    const end = bytes.lastIndexOf(END, limit - 1, 'latin1')
    if (limit <= position || end < position) throw new DamagedDocument('it is cut')
    waiting = waiting.slice(next).concat(bytes.toString('latin1', position, end).split(END))
    next = 0
    position = end + 1
  }

  return {
    take(wanted) {
      const entries: Entry[] = []
      while (entries.length < wanted) {
        while (waiting.length - next < FIELDS) refill()
        entries.push(entryOf(waiting, next))
        next += FIELDS
      }
      return entries
    },
    end() {
      if (next < waiting.length || position < bytes.length)
        throw new DamagedDocument('it holds more than its header says')
    },
  }
}

const TYPE = /^[fdlpsbc]$/
const WHOLE = /^\d{1,15}$/
const TIME = /^-?\d{1,15}(?:\.\d{1,10})?$/
/** Empty when it isn't known, or mustn't count: then the file is taken again. */
const CTIME = /^(?:-?\d{1,15}(?:\.\d{1,10})?)?$/
const MODE = /^[0-7]{1,5}$/
const INODE = /^(?:[0-9a-f]+:\d+)?$/
const HASH = /^(?:[0-9a-f]{64})?$/
const HOME = /^(?:\d{8}T\d{6}Z-[0-9a-f]{6})?$/

function entryOf(fields: readonly string[], at: number): Entry {
  const field = (offset: number): string => fields[at + offset] ?? ''
  const entry = {
    path: field(0),
    type: field(1) as Entry['type'],
    size: Number(field(2)),
    mtime: field(3),
    ctime: field(4),
    mode: field(5),
    uid: Number(field(6)),
    gid: Number(field(7)),
    inode: field(8),
    link: field(9),
    hash: field(10),
    home: field(11),
  }
  const isSound =
    isInside(entry.path) &&
    TYPE.test(entry.type) &&
    WHOLE.test(field(2)) &&
    TIME.test(entry.mtime) &&
    CTIME.test(entry.ctime) &&
    MODE.test(entry.mode) &&
    WHOLE.test(field(6)) &&
    WHOLE.test(field(7)) &&
    INODE.test(entry.inode) &&
    HASH.test(entry.hash) &&
    HOME.test(entry.home)
  if (!isSound) throw new DamagedDocument('one of its entries is not as it must be')
  return entry
}
