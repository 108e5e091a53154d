import { createHash } from 'node:crypto'
import { type BigIntStats, createReadStream, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import process from 'node:process'
import type { Entry, RawPath } from './entry.ts'
import { bytesOf, parentOf, showPath } from './path.ts'
import { isAbsent } from './restore.ts'
import { timeOf } from './time.ts'

export interface Difference {
  path: RawPath
  /** `missing`, `unexpected`, or the field that differs. */
  field: 'missing' | 'unexpected' | 'type' | 'size' | 'mtime' | 'mode' | 'owner' | 'link' | 'names' | 'content'
  expected: string
  found: string
}

/**
 * Compares a folder with the entries of an index: type, size, mtime, mode, link, which names are one file, on request content, and as
 * root owners; and what is there without being in the index. Times of folders above the entries aren't compared.
 */
export async function verifyTree(
  folder: string,
  entries: readonly Entry[],
  { content = false }: { content?: boolean } = {},
): Promise<Difference[]> {
  const root = `${realpathSync(folder)}/`
  const at = (path: RawPath): Buffer => Buffer.concat([Buffer.from(root), bytesOf(path)])
  const differences: Difference[] = []
  const names = new Map<string, string>()
  for (const entry of entries) {
    const found = look(at(entry.path))
    if (found === undefined) {
      differences.push({ path: entry.path, field: 'missing', expected: entry.type, found: '' })
      continue
    }
    differences.push(...compareEntry(entry, found, at(entry.path)), ...compareNames(entry, found, names))
    if (content && entry.type === 'f' && found.isFile())
      differences.push(...(await compareContent(entry, at(entry.path))))
  }
  return [...differences, ...unexpected(entries, at)]
}

function look(path: Buffer): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true })
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

function compareEntry(entry: Entry, found: BigIntStats, path: Buffer): Difference[] {
  const type = typeOf(found)
  if (type !== entry.type) return [{ path: entry.path, field: 'type', expected: entry.type, found: type }]
  const pairs: [Difference['field'], string, string][] = [
    ['mtime', entry.mtime, timeOf(found.mtimeNs)],
    // A symlink's mode is no mode.
    ['mode', type === 'l' ? '' : entry.mode, type === 'l' ? '' : (found.mode & 0o7777n).toString(8)],
    ['size', type === 'f' ? String(entry.size) : '', type === 'f' ? String(found.size) : ''],
    ['link', entry.link, type === 'l' ? readlinkSync(path, { encoding: 'buffer' }).toString('latin1') : ''],
    ...(process.getuid?.() === 0 ? [ownerPair(entry, found)] : []),
  ]
  return pairs
    .filter(([, expected, present]) => expected !== present)
    .map(([field, expected, present]) => ({ path: entry.path, field, expected, found: present }))
}

function ownerPair({ uid, gid }: Entry, found: BigIntStats): [Difference['field'], string, string] {
  return ['owner', `${uid}:${gid}`, `${found.uid}:${found.gid}`]
}

function typeOf(found: BigIntStats): string {
  if (found.isFile()) return 'f'
  if (found.isDirectory()) return 'd'
  if (found.isSymbolicLink()) return 'l'
  if (found.isFIFO()) return 'p'
  if (found.isBlockDevice()) return 'b'
  return found.isCharacterDevice() ? 'c' : 's'
}

/** Names of one file in the index must be names of one file in the folder. */
function compareNames(entry: Entry, found: BigIntStats, known: Map<string, string>): Difference[] {
  if (entry.inode === '') return []
  const key = `${entry.home} ${entry.inode}`
  const here = `${found.dev}:${found.ino}`
  const first = known.get(key)
  if (first === undefined) known.set(key, here)
  if (first === undefined || first === here) return []
  return [{ path: entry.path, field: 'names', expected: first, found: here }]
}

async function compareContent(entry: Entry, path: Buffer): Promise<Difference[]> {
  if (entry.hash === '') return []
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  const found = hash.digest('hex')
  return found === entry.hash ? [] : [{ path: entry.path, field: 'content', expected: entry.hash, found }]
}

function unexpected(entries: readonly Entry[], at: (path: RawPath) => Buffer): Difference[] {
  const known = new Set(entries.map(({ path }) => path))
  const folders = entries.filter(({ type }) => type === 'd').map(({ path }) => path)
  return folders.flatMap((folder) =>
    namesIn(at(folder))
      .map((name) => `${folder}/${name}`)
      .filter((path) => !known.has(path))
      .map((path): Difference => ({ path, field: 'unexpected', expected: '', found: 'present' })),
  )
}

function namesIn(folder: Buffer): string[] {
  try {
    return readdirSync(folder, { encoding: 'buffer' }).map((name) => name.toString('latin1'))
  } catch {
    // Told as missing or of another type already.
    return []
  }
}

/** One line for people. */
export function describeDifference({ path, field, expected, found }: Difference): string {
  if (field === 'missing') return `${showPath(path)} is missing`
  if (field === 'unexpected')
    return `${showPath(path)} is there, and not in ${showPath(parentOf(path) ?? '')} of the backup`
  return `${showPath(path)} has another ${field}: ${found} instead of ${expected}`
}
