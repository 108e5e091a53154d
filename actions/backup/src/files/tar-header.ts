// Headers of tar: ustar (POSIX 1003.1 pax, "ustar Interchange Format"), pax records, and GNU's long names.
import type { Entry, RawPath } from './entry.ts'
import { normalTime } from './time.ts'

/** A tar stream that isn't one, or ends before its end. */
export class TarError extends Error {
  override readonly name = 'TarError'
}

export interface Member {
  path: RawPath
  /** `h`: another name of a member before it, which `link` names. */
  type: Entry['type'] | 'h'
  /** Of the content; more than what is stored for a sparse file. */
  size: number
  mtime: string
  mode: string
  uid: number
  gid: number
  link: RawPath
  /** Bytes of data that follow in the stream. */
  stored: number
  sparse: boolean
}

/** What the headers before a member's own say of it. */
export interface Extension {
  pax: ReadonlyMap<string, string>
  path?: string
  link?: string
}

export const BLOCK = 512

/** `file` stands for all that has data and isn't known as something else, as POSIX asks. */
const TYPES: Readonly<Record<string, Member['type']>> = { 1: 'h', 2: 'l', 3: 'c', 4: 'b', 5: 'd', 6: 'p' }

export function isZero(block: Buffer, at: number): boolean {
  for (let index = at; index < at + BLOCK; index++) if (block[index] !== 0) return false
  return true
}

/** The letter that tells what kind of header it is. @throws TarError when it is none */
export function typeFlag(block: Buffer, at: number): string {
  let sum = 8 * 32
  for (let index = 0; index < BLOCK; index++) sum += index >= 148 && index < 156 ? 0 : (block[at + index] ?? 0)
  if (sum !== numberAt(block, at + 148, 8)) throw new TarError('a header of the tar stream is damaged')
  return String.fromCharCode(block[at + 156] ?? 0)
}

export function sizeOf(block: Buffer, at: number): number {
  return numberAt(block, at + 124, 12)
}

export function memberOf(block: Buffer, at: number, flag: string, { pax, path, link }: Extension): Member {
  const type = TYPES[flag] ?? 'f'
  if (flag === 'S' || pax.has('GNU.sparse.map')) throw new TarError('the tar stream has a sparse file of an old format')
  const sparse = pax.get('GNU.sparse.major') === '1'
  const stored = type === 'f' ? Number(pax.get('size') ?? sizeOf(block, at)) : 0
  return {
    path: trimmed(pax.get('GNU.sparse.name') ?? pax.get('path') ?? path ?? ustarPath(block, at)),
    type: type === 'f' && flag !== '7' && isFolderName(block, at, pax) ? 'd' : type,
    size: sparse ? Number(pax.get('GNU.sparse.realsize')) : stored,
    mtime: normalTime(pax.get('mtime') ?? String(numberAt(block, at + 136, 12))),
    mode: (numberAt(block, at + 100, 8) & 0o7777).toString(8),
    uid: Number(pax.get('uid') ?? numberAt(block, at + 108, 8)),
    gid: Number(pax.get('gid') ?? numberAt(block, at + 116, 8)),
    link: linkOf(type, pax.get('linkpath') ?? link ?? textAt(block, at + 157, 100)),
    stored,
    sparse,
  }
}

/** Where a symlink points is text; another name of a file is a path of this archive. */
function linkOf(type: Member['type'], link: string): string {
  if (type === 'h') return trimmed(link)
  return type === 'l' ? link : ''
}

/** Before POSIX a folder was a file whose name ends in a slash. */
function isFolderName(block: Buffer, at: number, pax: ReadonlyMap<string, string>): boolean {
  return !pax.has('path') && ustarPath(block, at).endsWith('/')
}

function trimmed(path: string): string {
  const end = path.endsWith('/') ? path.replace(/\/+$/, '') : path
  return end.startsWith('./') ? end.slice(2) : end
}

function ustarPath(block: Buffer, at: number): string {
  const name = textAt(block, at, 100)
  // GNU's own format has a space where ustar ends its magic, and other things in the place of the prefix.
  const prefix = block[at + 262] === 0 ? textAt(block, at + 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

export function textAt(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at)
  return block.toString('latin1', at, end === -1 || end > at + length ? at + length : end)
}

/** Octal digits up to a space or NUL, or GNU's base 256, which a first bit of 1 tells. */
function numberAt(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0
  if ((first & 0x80) !== 0) return base256(block, at, length)
  let index = at
  while (block[index] === 32) index++
  let value = 0
  for (; index < at + length; index++) {
    const digit = (block[index] ?? 0) - 48
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  return value
}

function base256(block: Buffer, at: number, length: number): number {
  const isNegative = block[at] === 0xff
  let value = isNegative ? -1 : (block[at] ?? 0) & 0x7f
  for (let index = at + 1; index < at + length; index++) value = value * 256 + (block[index] ?? 0)
  return value
}

const KEYS: ReadonlySet<string> = new Set(['path', 'linkpath', 'size', 'mtime', 'uid', 'gid'])

/** Records of a pax header: `length key=value\n`, of which those are taken that say what a member is. */
export function readPax(text: string): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(' ', at)
    const length = Number(text.slice(at, space))
    const end = at + length
    const equals = text.indexOf('=', space)
    if (space === -1 || !(length > 0) || equals === -1 || equals >= end || text[end - 1] !== '\n') {
      throw new TarError('a pax header of the tar stream is damaged')
    }
    const key = text.slice(space + 1, equals)
    if (KEYS.has(key) || key.startsWith('GNU.sparse.')) records.set(key, text.slice(equals + 1, end - 1))
    at = end
  }
  return records
}
