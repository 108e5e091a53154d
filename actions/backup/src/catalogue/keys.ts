import { invalidInput } from '../../../../lib/action/errors.ts'
import type { SourceStream } from '../sources/stream.ts'

/** Names of everything below a store's prefix. Nothing of a source's content or name is in a key. */

const SET = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$/

/** @throws UserError `invalid-input` */
export function requireSetName(set: string): string {
  if (SET.test(set)) return set
  throw invalidInput(
    `The set ${JSON.stringify(set.slice(0, 200))} can not be used: its name has 1 to 100 letters, digits and \`-\`, \`_\`, \`.\`, and begins with no dot.`,
  )
}

export function isSetName(text: string): boolean {
  return SET.test(text)
}

/** Folder of one backup, with a slash behind. */
export function backupFolder(set: string, id: string): string {
  return `${set}/${id}/`
}

/** Keys inside a backup's folder. */
export const MANIFEST = 'manifest.json'
export const INSTRUCTIONS = 'RESTORE.md'
export const VERDICTS = 'verdicts/'

export type Encryption = 'age' | 'none'

export function indexKey(encryption: Encryption): string {
  return encryption === 'age' ? 'index.zst.enc' : 'index.zst'
}

/** @param volume from 1 */
export function tarKey(source: string, volume: number, encryption: Encryption): string {
  return dataKey(`${source}.${volume}.tar`, encryption)
}

export function deletedKey(source: string, encryption: Encryption): string {
  return dataKey(`${source}.deleted`, encryption)
}

export interface DumpName {
  source: string
  /** Number of the database among the source's, where it may have several. */
  number?: number
  extension: SourceStream['extension']
}

/**
 * Keys of a dump's pieces: `data/2-postgres.3.sql.zst.age`, and for what that can't hold `data/2-postgres.3.part1.sql.zst.age`
 * and so on. (`part`, so that the first piece of one dump is never taken for another database.)
 */
export function dumpKey({ source, number, extension }: DumpName, piece: number, encryption: Encryption): string {
  const database = number === undefined ? '' : `.${number}`
  const part = piece === 0 ? '' : `.part${piece}`
  return dataKey(`${source}${database}${part}.${extension}`, encryption)
}

/** @param name what lies in it when it is decrypted and unpacked: `1-files.1.tar` */
export function dataKey(name: string, encryption: Encryption): string {
  return `data/${name}.zst${encryption === 'age' ? '.age' : ''}`
}

const DATA = /^data\/[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.zst(\.age)?$/
const MAX_KEY_LENGTH = 200

/** Whether a manifest of that encryption may list the key for data. */
export function isDataKey(key: string, encryption: Encryption): boolean {
  const match = key.length <= MAX_KEY_LENGTH ? DATA.exec(key) : null
  return match !== null && (match[1] !== undefined) === (encryption === 'age')
}

/** What a data key says beside its source. */
export interface DataName {
  /** Without folder, piece and the endings of compression and encryption: the same for all pieces of a stream. */
  stream: string
  /** Of a tar. */
  volume: number
  piece: number
  extension: string
}

/** @param key one that `isDataKey` accepts */
export function readDataKey(key: string): DataName {
  const parts = key
    .replace(/^data\//, '')
    .replace(/\.zst(?:\.age)?$/, '')
    .split('.')
  const piece = parts.map((part) => /^part(\d+)$/.exec(part)?.[1]).find((number) => number !== undefined)
  return {
    stream: parts.filter((part) => !/^part\d+$/.test(part)).join('.'),
    volume: Number(/^\d+$/.exec(parts.at(-2) ?? '')?.[0] ?? 0),
    piece: Number(piece ?? 0),
    extension: parts.at(-1) ?? '',
  }
}
