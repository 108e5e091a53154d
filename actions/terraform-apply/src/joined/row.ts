import { digest } from '../../../../lib/crypto/fingerprint.ts'
import { open, seal, TamperedError } from '../../../../lib/crypto/sealed.ts'
import type { Block } from '../../../../lib/markdown/blocks.ts'
import { isMap } from '../plan/json.ts'
import type { Piece, Root, Status } from '../render/model.ts'

/** What one root says in a comment that several roots share. Every text in it is safe Markdown without secrets. */
export interface Row {
  version: 1
  root: Root
  run: number
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
    return isRow(row) && row.run === binding.runId && rootKey(row.root) === binding.root ? row : undefined
  } catch (error) {
    // A RangeError: nested more deeply than calls can be.
    if ([TamperedError, SyntaxError, RangeError].some((kind) => error instanceof kind)) return undefined
    throw error
  }
}

const TEXTS = ['status', 'tool', 'plan', 'state', 'fingerprint', 'reviewed', 'kept', 'fullReport']

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
    message.every((block) => isBlock(block)) &&
    Array.isArray(pieces) &&
    pieces.every((piece) => isMap(piece) && Number.isSafeInteger(piece['changes']) && isBlock(piece['block']))
  )
}

/** Deeper than any report's. */
const DEEPEST = 8

function isBlock(value: unknown, depth = 0): boolean {
  if (!isMap(value) || depth > DEEPEST) return false
  switch (value['kind']) {
    case 'paragraph':
      return typeof value['markdown'] === 'string'
    case 'fence':
      return typeof value['language'] === 'string' && texts(value['lines'])
    case 'table':
      return isTable(value['header'], value['rows'])
    case 'fold':
      return (
        typeof value['summary'] === 'string' &&
        Array.isArray(value['blocks']) &&
        value['blocks'].every((block) => isBlock(block, depth + 1))
      )
    default:
      return false
  }
}

function texts(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((text) => typeof text === 'string')
}

function isTable(header: unknown, rows: unknown): boolean {
  return texts(header) && Array.isArray(rows) && rows.every((row) => texts(row) && row.length <= header.length)
}

/** 12 hex digits that stand for a root under a workspace. */
export function rootKey(root: Root): string {
  return digest(JSON.stringify([root.name, root.directory, root.workspace])).slice(0, 12)
}
