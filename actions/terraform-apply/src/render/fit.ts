import { type Block, render, SEPARATOR } from '../../../../lib/markdown/blocks.ts'
import type { Piece } from './model.ts'

/** No block takes more than this share of a shortened comment. */
const LARGEST_SHARE = 2

/** The first pieces that fit, one after the other; a piece too large for its share keeps its first line only. */
export function fitting(pieces: readonly Piece[], bytes: number): Piece[] {
  const kept: Piece[] = []
  let left = bytes
  for (const piece of pieces) {
    const next = sizeOf([piece.block]) <= bytes / LARGEST_SHARE ? piece : condensed(piece)
    left -= sizeOf([next.block])
    if (left < 0) return kept
    kept.push(next)
  }
  return kept
}

/** A body whose first pieces are made, so that several readers may share them. */
export interface Begun {
  first: Piece[]
  complete: boolean
  /** The others, each made when it is asked for; they can be read once. */
  others: Iterable<Piece>
}

/**
 * The first pieces, as many as `parts` comments of so many bytes could show anything of; `complete`: there are no others.
 * None counts for more than a shortened comment would give it.
 */
export function firstOf(pieces: Generator<Piece>, bytes: number, parts = 1): Begun {
  const first: Piece[] = []
  let left = bytes * parts
  // Not `for … of`, which would end the generator with the loop.
  for (let next = pieces.next(); !next.done; next = pieces.next()) {
    if (left <= 0) return { first, complete: false, others: following(next.value, pieces) }
    first.push(next.value)
    left -= Math.min(sizeOf([next.value.block]), bytes / LARGEST_SHARE)
  }
  return { first, complete: true, others: [] }
}

function* following(piece: Piece, others: Iterable<Piece>): Generator<Piece> {
  yield piece
  yield* others
}

/** Counts as left out, though its first line stays. */
function condensed({ block }: Piece): Piece {
  const summary = block.kind === 'fold' ? block.summary : 'Details'
  const blocks: Block[] = [{ kind: 'paragraph', markdown: 'Too long for this comment.' }]
  return { block: { kind: 'fold', summary, blocks }, changes: 0 }
}

/** Changes that the pieces tell of. */
export function countOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { changes }) => sum + changes, 0)
}

export function blocksOf(pieces: readonly Piece[]): Block[] {
  return pieces.map(({ block }) => block)
}

/** Bytes of the blocks, with what parts each from the next. */
export function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + Buffer.byteLength(render([block])) + SEPARATOR.length, 0)
}
