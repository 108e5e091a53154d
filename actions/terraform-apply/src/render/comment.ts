import { type Block, render, SEPARATOR } from '../../../../lib/markdown/blocks.ts'
import { split } from '../../../../lib/markdown/split.ts'
import { bodyPieces, frameOf, type Piece } from './document.ts'
import { thousands } from './literal.ts'
import type { CommentBodies, CommentOptions, Redact, Report, ReportDocument } from './model.ts'
import { prose } from './prose.ts'

/** No block takes more than this share of a shortened comment. */
const LARGEST_SHARE = 2

/**
 * Comment bodies, each within the limits: the whole report, or, where that would need more comments than allowed, one
 * with the riskiest changes of it, how many are left out, and where the whole is.
 */
export function commentBodies(report: Report, redact: Redact, options: CommentOptions): CommentBodies {
  const frame = frameOf(report, redact)
  const pieces = bodyPieces(report, redact)
  const whole = split({ ...frame, body: blocksOf(pieces) }, options)
  if (whole.kind === 'whole') return { kind: 'whole', bodies: whole.parts }
  return { kind: 'shortened', bodies: [shortened(frame, pieces, redact, options)] }
}

function shortened(
  { head, foot }: Omit<ReportDocument, 'body'>,
  body: readonly Piece[],
  redact: Redact,
  options: CommentOptions,
): string {
  const total = countOf(body)
  const note = (kept: number): Block => noteOf(kept, total, prose(options.fullReport, redact))
  const frame = sizeOf([note(0)]) + sizeOf([{ kind: 'paragraph', markdown: foot(1, 1) }])
  const room = options.bytes - frame - thousands(total).length
  const keptHead = blocksOf(
    fitting(
      head.map((block) => ({ block, changes: 0 })),
      room,
    ),
  )
  const kept = fitting(body, room - sizeOf(keptHead))
  return `${render([...keptHead, note(countOf(kept)), ...blocksOf(kept)])}${SEPARATOR}${foot(1, 1)}`
}

/** The first pieces that fit, one after the other; a piece too large for its share keeps its first line only. */
function fitting(pieces: readonly Piece[], bytes: number): Piece[] {
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

/** Counts as left out, though its first line stays. */
function condensed({ block }: Piece): Piece {
  const summary = block.kind === 'fold' ? block.summary : 'Details'
  const blocks: Block[] = [{ kind: 'paragraph', markdown: 'Too long for this comment.' }]
  return { block: { kind: 'fold', summary, blocks }, changes: 0 }
}

function noteOf(kept: number, total: number, fullReport: string): Block {
  const numbers = `${thousands(kept)} of ${thousands(total)} changes, riskiest first; ${thousands(total - kept)} are left out.`
  return { kind: 'paragraph', markdown: `**This comment shows ${numbers}** The whole report: ${fullReport}` }
}

function countOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { changes }) => sum + changes, 0)
}

function blocksOf(pieces: readonly Piece[]): Block[] {
  return pieces.map(({ block }) => block)
}

/** Bytes of the blocks, with what parts each from the next. */
function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + Buffer.byteLength(render([block])) + SEPARATOR.length, 0)
}
