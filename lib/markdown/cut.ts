import {
  type Block,
  type Fence,
  type Fold,
  fenceLength,
  type Paragraph,
  render,
  SEPARATOR,
  shownLine,
  type Table,
} from './blocks.ts'

/** What of a block goes into a part, and what is left for the next ones. */
export interface Placed {
  readonly piece: Block
  readonly rest: Block | undefined
}

/** Ends and begins what was cut in the middle of a line. */
export const CUT_END = ' ✂'
export const CUT_START = '✂ '

/** Room for a fence's marks, its language and the cut marks; also more than enough for the other kinds. */
const FRAME_BYTES = 100
const MIN_ROOM = 5 * FRAME_BYTES

/** A smaller remainder of a part isn't worth a piece. */
const WORTHWHILE = 0.25

/** Bytes of the rendered block. */
export function sizeOf(block: Block): number {
  return Buffer.byteLength(render([block]))
}

/**
 * Places a block into `room` bytes: whole; or, if it is larger than the `whole` room of an empty part, the piece that fits;
 * or not at all (undefined), which never happens in an empty part.
 *
 * @throws RangeError when an empty part has hardly any room
 */
export function place(block: Block, room: number, whole: number): Placed | undefined {
  if (whole < MIN_ROOM) throw new RangeError(`a part needs room for at least ${MIN_ROOM} bytes; it has ${whole}`)
  const size = sizeOf(block)
  if (size <= room) return { piece: block, rest: undefined }
  if (size <= whole || room < whole * WORTHWHILE) return undefined
  return cut(block, room, whole)
}

function cut(block: Block, room: number, whole: number): Placed | undefined {
  switch (block.kind) {
    case 'paragraph':
      return cutParagraph(block, room, whole)
    case 'fence':
      return cutFence(block, room, whole)
    case 'table':
      return cutTable(block, room, whole)
    case 'fold':
      return cutFold(block, room, whole)
  }
}

function cutFence(fence: Fence, room: number, whole: number): Placed | undefined {
  const { lines } = fence
  const withLines = (some: readonly string[]): Fence => ({ ...fence, lines: some })
  const count = fittingLines(lines, room - FRAME_BYTES)
  if (count > 0) return { piece: withLines(lines.slice(0, count)), rest: withLines(lines.slice(count)) }

  const [first = '', ...others] = lines
  if (sizeOf(withLines([first])) + FRAME_BYTES <= whole) return undefined
  // A line that starts with backticks costs up to three times its length: itself and the two marks that must be longer.
  const copies = fenceLength([first]) > fenceLength([]) ? 3 : 1
  const [start, end] = cutLine(shownLine(first), Math.floor((room - FRAME_BYTES) / copies))
  return { piece: withLines([start]), rest: withLines([end, ...others]) }
}

/** How many of the lines fit, with the marks that they need. */
function fittingLines(lines: readonly string[], room: number): number {
  let bytes = 0
  let mark = 0
  return countWhile(lines, (line) => {
    bytes += Buffer.byteLength(shownLine(line)) + 1
    mark = Math.max(mark, fenceLength([line]))
    return bytes + 2 * mark <= room
  })
}

function cutLine(line: string, bytes: number): [string, string] {
  const start = startOf(line, bytes)
  return [start + CUT_END, CUT_START + line.slice(start.length)]
}

/** Between lines; a line larger than a part inside it, where an element may stay open: GitHub closes those. */
function cutParagraph(paragraph: Paragraph, room: number, whole: number): Placed | undefined {
  const lines = paragraph.markdown.split('\n')
  const withLines = (some: readonly string[]): Paragraph => ({ kind: 'paragraph', markdown: some.join('\n') })
  let bytes = 0
  const count = countWhile(lines, (line) => {
    bytes += Buffer.byteLength(line) + 1
    return bytes <= room
  })
  if (count > 0) return { piece: withLines(lines.slice(0, count)), rest: withLines(lines.slice(count)) }

  const [first = '', ...others] = lines
  if (Buffer.byteLength(first) < whole) return undefined
  const start = upToLastBreak(startOf(first, room - FRAME_BYTES))
  return { piece: withLines([start + CUT_END]), rest: withLines([CUT_START + first.slice(start.length), ...others]) }
}

/** Up to a space in the second half, else to a tag or reference that may be torn there. */
function upToLastBreak(line: string): string {
  const breaks = [' ', '<', '&'].map((char) => line.lastIndexOf(char))
  return line.slice(
    0,
    breaks.find((at) => at > line.length / 2),
  )
}

/** Between rows, the header repeated. A row larger than a part can't be cut safely: a note says that it is missing. */
function cutTable(table: Table, room: number, whole: number): Placed | undefined {
  const withRows = (rows: Table['rows']): Table => ({ ...table, rows })
  const header = sizeOf(withRows([]))
  const rowBytes = (row: readonly string[]): number => sizeOf(withRows([row])) - header
  let bytes = header
  const count = countWhile(table.rows, (row) => {
    bytes += rowBytes(row)
    return bytes <= room
  })
  if (count > 0) return { piece: withRows(table.rows.slice(0, count)), rest: withRows(table.rows.slice(count)) }

  const [first = [], ...others] = table.rows
  const size = rowBytes(first)
  if (header + size <= whole) return undefined
  const note = withRows([[`(a row of ${size} bytes is not shown)`]])
  return { piece: note, rest: others.length === 0 ? undefined : withRows(others) }
}

/** A fold that is a piece of a larger one. */
interface FoldPiece extends Fold {
  readonly cutFrom: Fold
}

/** Holds the room of the number that {@link numbered} puts there. */
const NUMBER_PLACEHOLDER = ' (9999/9999)'

function cutFold(fold: Fold, room: number, whole: number): Placed | undefined {
  const origin = isPiece(fold) ? fold.cutFrom : withModestSummary(fold, whole)
  const withBlocks = (blocks: readonly Block[]): FoldPiece => ({
    ...origin,
    summary: origin.summary + NUMBER_PLACEHOLDER,
    blocks,
    cutFrom: origin,
  })
  const frame = sizeOf(withBlocks([])) + SEPARATOR.length
  const taken: Block[] = []
  let left = room - frame
  for (const [index, block] of fold.blocks.entries()) {
    const placed = place(block, left, whole - frame)
    if (placed) {
      taken.push(placed.piece)
      left -= sizeOf(placed.piece) + SEPARATOR.length
    }
    const rest = placed ? placed.rest : block
    if (rest)
      return taken.length === 0
        ? undefined
        : { piece: withBlocks(taken), rest: withBlocks([rest, ...fold.blocks.slice(index + 1)]) }
  }
  return { piece: withBlocks(taken), rest: undefined }
}

function isPiece(block: Block): block is FoldPiece {
  return 'cutFrom' in block
}

/** HTML can't be cut anywhere, and every piece repeats it. */
function withModestSummary(fold: Fold, whole: number): Fold {
  const bytes = Buffer.byteLength(fold.summary)
  return bytes <= whole * WORTHWHILE ? fold : { ...fold, summary: `(a summary of ${bytes} bytes is not shown)` }
}

/** Puts "(2/3)" behind the summaries of folds that were cut. */
export function numbered(parts: readonly (readonly Block[])[]): Block[][] {
  const totals = new Map<Fold, number>()
  const seen = new Map<Fold, number>()

  function count(block: Block): void {
    if (block.kind !== 'fold') return
    if (isPiece(block)) increment(totals, block.cutFrom)
    block.blocks.forEach(count)
  }

  function number(block: Block): Block {
    if (block.kind !== 'fold') return block
    const blocks = block.blocks.map(number)
    if (!isPiece(block)) return { ...block, blocks }
    const { cutFrom } = block
    const label = `(${increment(seen, cutFrom)}/${totals.get(cutFrom)})`
    return { ...cutFrom, blocks, summary: label === '(1/1)' ? cutFrom.summary : `${cutFrom.summary} ${label}` }
  }

  parts.flat().forEach(count)
  return parts.map((part) => part.map(number))
}

function increment<Key>(counts: Map<Key, number>, key: Key): number {
  const count = (counts.get(key) ?? 0) + 1
  counts.set(key, count)
  return count
}

function countWhile<Item>(items: readonly Item[], accept: (item: Item) => boolean): number {
  const stop = items.findIndex((item) => !accept(item))
  return stop === -1 ? items.length : stop
}

/** The longest start of at most `bytes` bytes of UTF-8 that tears no character. */
function startOf(text: string, bytes: number): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(text).subarray(0, bytes), { stream: true })
}
