import { parseJsonExact } from './exact-json.ts'

export interface LargeJsonOptions {
  /** With more lists and maps within one another the document is refused: recursion over a value is safe up to here. */
  levels: number
  /** Members of the whole that are checked and not kept: where one is large, its value is an empty list or map. */
  dropped?: readonly string[]
  /** Larger lists and maps are read member by member. In bytes. */
  pieceBytes?: number
}

interface Cursor extends Required<LargeJsonOptions> {
  readonly bytes: Buffer
  at: number
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d]
const AFTER_SCALAR: readonly (number | undefined)[] = [COMMA, CLOSE_LIST, CLOSE_MAP]

/**
 * As `parseJsonExact` of the text, but piece by piece: the text of a large document is never in memory beside its value,
 * and a number that needs a closer look costs the time of its piece.
 *
 * @param bytes the text in UTF-8
 * @throws SyntaxError as JSON.parse
 * @throws RangeError for more levels than allowed
 */
export function parseLargeJson(
  bytes: Buffer,
  { levels, dropped = [], pieceBytes = 2 ** 16 }: LargeJsonOptions,
): unknown {
  const cursor: Cursor = { bytes, levels, dropped, pieceBytes, at: 0 }
  const value = readValue(cursor, 1, true)
  if (byteAfterSpace(cursor) !== undefined) throw unexpected(cursor)
  return value
}

/** Leaves the cursor behind the value. `level`: that of the value, 1 for the whole. */
function readValue(cursor: Cursor, level: number, keep: boolean): unknown {
  const first = byteAfterSpace(cursor)
  if (first === QUOTE) return readPiece(cursor, endOfString(cursor.bytes, cursor.at))
  if (first !== OPEN_LIST && first !== OPEN_MAP) return readPiece(cursor, endOfScalar(cursor))
  const end = endOfContainer(cursor, level)
  if (end !== undefined) return readPiece(cursor, end)
  return first === OPEN_LIST ? readList(cursor, level, keep) : readMap(cursor, level, keep)
}

function readPiece(cursor: Cursor, end: number): unknown {
  const value = parseJsonExact(cursor.bytes.toString('utf8', cursor.at, end))
  cursor.at = end
  return value
}

function readList(cursor: Cursor, level: number, keep: boolean): unknown[] {
  const items: unknown[] = []
  for (let more = opens(cursor, CLOSE_LIST); more; more = goesOn(cursor, CLOSE_LIST)) {
    const item = readValue(cursor, level + 1, keep)
    if (keep) items.push(item)
  }
  return items
}

function readMap(cursor: Cursor, level: number, keep: boolean): Record<string, unknown> {
  const members: [string, unknown][] = []
  for (let more = opens(cursor, CLOSE_MAP); more; more = goesOn(cursor, CLOSE_MAP)) {
    const key = readValue(cursor, level + 1, true)
    if (typeof key !== 'string' || byteAfterSpace(cursor) !== COLON) throw unexpected(cursor)
    cursor.at++
    const value = readValue(cursor, level + 1, keep && !(level === 1 && cursor.dropped.includes(key)))
    if (keep) members.push([key, value])
  }
  // As JSON.parse: the last of equal keys counts, and `__proto__` is a key like others.
  return Object.fromEntries(members)
}

/** Steps into a list or map; is there anything in it? */
function opens(cursor: Cursor, closing: number): boolean {
  cursor.at++
  if (byteAfterSpace(cursor) !== closing) return true
  cursor.at++
  return false
}

/** Steps behind what follows a member; is there another one? */
function goesOn(cursor: Cursor, closing: number): boolean {
  const byte = byteAfterSpace(cursor)
  if (byte !== COMMA && byte !== closing) throw unexpected(cursor)
  cursor.at++
  return byte === COMMA
}

function byteAfterSpace(cursor: Cursor): number | undefined {
  while (isSpace(cursor.bytes[cursor.at])) cursor.at++
  return cursor.bytes[cursor.at]
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/**
 * Where the list or map at the cursor ends; `undefined` when it is larger than a piece. Only strings and brackets are
 * looked at: what lies between is for JSON.parse to judge.
 */
function endOfContainer({ bytes, at: start, levels, pieceBytes }: Cursor, level: number): number | undefined {
  const limit = Math.min(start + pieceBytes, bytes.length)
  const deepest = levels - level + 1
  let depth = 0
  let at = start
  while (at < limit) {
    const byte = bytes[at]
    at = byte === QUOTE ? endOfString(bytes, at, limit) : at + 1
    if (byte === OPEN_LIST || byte === OPEN_MAP) depth++
    if (depth > deepest) throw new RangeError(`more than ${levels} levels`)
    if ((byte === CLOSE_LIST || byte === CLOSE_MAP) && --depth === 0) return at
  }
  return undefined
}

function endOfString(bytes: Buffer, start: number, limit = bytes.length): number {
  let at = start + 1
  while (at < limit && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at + 1
}

function endOfScalar({ bytes, at: start }: Cursor): number {
  let at = start
  while (at < bytes.length && !isSpace(bytes[at]) && !AFTER_SCALAR.includes(bytes[at])) at++
  return at
}

function unexpected({ bytes, at }: Cursor): SyntaxError {
  return new SyntaxError(at < bytes.length ? `unexpected byte at ${at}` : 'unexpected end')
}
