import { type Block, render, SEPARATOR } from '../../../../lib/markdown/blocks.ts'
import { type SplitLimits, split } from '../../../../lib/markdown/split.ts'
import { bodyPieces, changesIn, frameOf } from './document.ts'
import { type Begun, blocksOf, countOf, firstOf, fitting, sizeOf } from './fit.ts'
import { thousands } from './literal.ts'
import type { CommentBodies, CommentOptions, Piece, Redact, Report, ReportFrame } from './model.ts'
import { prose } from './prose.ts'

/**
 * Comment bodies, each within the limits: the whole report, if need be without the places of its objects; or, where that
 * would need more comments than allowed, one with the riskiest changes of it, how many are left out, and where the whole is.
 *
 * @param begun of the same report and limits, where it is there already
 */
export function commentBodies(
  report: Report,
  redact: Redact,
  options: CommentOptions,
  { first, complete }: Begun = beginBody(report, redact, options),
): CommentBodies {
  const frame = frameOf(report, redact)
  if (complete) {
    const whole = split({ ...frame, body: blocksOf(first) }, options)
    if (whole.kind === 'whole') return { kind: 'whole', bodies: whole.parts }
    const { source, ...placeless } = report
    if (source) return commentBodies(placeless, redact, options)
  }
  return { kind: 'shortened', bodies: [shortened(frame, first, changesIn(report), redact, options)] }
}

/** As much of the body as comments within the limits may need. */
export function beginBody(report: Report, redact: Redact, { bytes, parts }: SplitLimits): Begun {
  // Twice as much as there may be, because places are less than half of any report.
  return firstOf(bodyPieces(report, redact), bytes, 2 * parts)
}

function shortened(
  { head, foot }: ReportFrame,
  body: readonly Piece[],
  total: number,
  redact: Redact,
  options: CommentOptions,
): string {
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

function noteOf(kept: number, total: number, fullReport: string): Block {
  const numbers = `${thousands(kept)} of ${thousands(total)} changes, riskiest first; ${thousands(total - kept)} are left out.`
  return { kind: 'paragraph', markdown: `**This comment shows ${numbers}** The whole report: ${fullReport}` }
}
