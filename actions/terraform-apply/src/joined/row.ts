import { open, seal, TamperedError } from '../../../../lib/crypto/sealed.ts'
import type { Block } from '../../../../lib/markdown/blocks.ts'
import { isMap } from '../plan/json.ts'
import type { Piece, Root, Status } from '../render/model.ts'

/** What one root says in a comment that several roots share. Every text in it is safe Markdown without secrets. */
export interface Row {
  version: 1
  root: Root
  run: number
  runUrl: string
  status: Status['kind']
  /** `Terraform 1.11.4` */
  tool: string
  /** Cells of the table: what is planned, and what has happened. */
  plan: string
  state: string
  /** There is nothing to do, so the table says it all. */
  idle: boolean
  /** 64 hex digits, or empty when there is no plan. */
  fingerprint: string
  /** The plan that the pull request shows for review, as `writeShown` has it; empty when there is none. */
  reviewed: string
  /** The plan to compare the next one with, as `writeKept` has it; empty when there is none. */
  kept: string
  message: Block[]
  /** The riskiest changes first; those that no comment has room for are left out. */
  pieces: Piece[]
  /** Changes of the whole plan. */
  changes: number
  /** Where the whole report is, in plain words. */
  fullReport: string
}

/** Which row it is. It opens as no other. */
export interface RowBinding {
  repositoryId: number
  pullRequest: number
  headSha: string
  group: string
  root: string
  runId: number
}

/** Far more than the comments that a row can fill. */
export const ROW_LIMITS = { maxSealedBytes: 4 * 1024 * 1024, maxPlaintextBytes: 16 * 1024 * 1024 }

/** Without a key the row is plain JSON, as good as the run that it came from. */
export function sealRow(key: Uint8Array | undefined, row: Row, binding: RowBinding): Uint8Array {
  const text = JSON.stringify(row)
  return key ? seal(key, text, { ...binding }) : Buffer.from(text)
}

/** `undefined` for anything but a row that was sealed under this key for this binding. */
export function openRow(key: Uint8Array | undefined, sealed: Uint8Array, binding: RowBinding): Row | undefined {
  try {
    const text = key ? open(key, sealed, { ...binding }, ROW_LIMITS) : sealed
    const row: unknown = JSON.parse(Buffer.from(text).toString())
    return isRow(row) && row.run === binding.runId ? row : undefined
  } catch (error) {
    if (error instanceof TamperedError || error instanceof SyntaxError) return undefined
    throw error
  }
}

const TEXTS = ['runUrl', 'status', 'tool', 'plan', 'state', 'fingerprint', 'reviewed', 'kept', 'fullReport']

function isRow(value: unknown): value is Row {
  if (!isMap(value) || value['version'] !== 1 || !isMap(value['root'])) return false
  const { root, message, pieces } = value
  return (
    ['name', 'directory', 'workspace'].every((key) => typeof root[key] === 'string') &&
    TEXTS.every((key) => typeof value[key] === 'string') &&
    typeof value['idle'] === 'boolean' &&
    Number.isSafeInteger(value['run']) &&
    Number.isSafeInteger(value['changes']) &&
    Array.isArray(message) &&
    message.every(isBlock) &&
    Array.isArray(pieces) &&
    pieces.every((piece) => isMap(piece) && Number.isSafeInteger(piece['changes']) && isBlock(piece['block']))
  )
}

function isBlock(value: unknown): boolean {
  if (!isMap(value)) return false
  const texts = (list: unknown): boolean => Array.isArray(list) && list.every((text) => typeof text === 'string')
  switch (value['kind']) {
    case 'paragraph':
      return typeof value['markdown'] === 'string'
    case 'fence':
      return typeof value['language'] === 'string' && texts(value['lines'])
    case 'table':
      return texts(value['header']) && Array.isArray(value['rows']) && value['rows'].every(texts)
    case 'fold':
      return typeof value['summary'] === 'string' && Array.isArray(value['blocks']) && value['blocks'].every(isBlock)
    default:
      return false
  }
}
