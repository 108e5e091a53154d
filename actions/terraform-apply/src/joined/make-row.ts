import type { Block } from '../../../../lib/markdown/blocks.ts'
import { text } from '../../../../lib/markdown/escape.ts'
import { firstOf } from '../render/fit.ts'
import { symbolCounts } from '../render/look.ts'
import type { Redact, Report, Status } from '../render/model.ts'
import { bodyPieces, changesIn, isIdle, messageBlocks, titleOf } from '../render/report.ts'
import type { Row } from './row.ts'

const SYMBOLS: Readonly<Record<Status['kind'], string>> = {
  planned: '📝',
  applying: '⏳',
  applied: '✅',
  'nothing-left': '✅',
  refused: '⛔',
  failed: '❌',
}

/** What a row keeps for later runs, and how large it may be: pieces beyond `bytes` no comment could show. */
export type RowOptions = Pick<Row, 'reviewed' | 'kept' | 'fullReport'> & { bytes: number }

/** A root's report as its row. */
export function makeRow(report: Report, redact: Redact, { reviewed, kept, fullReport, bytes }: RowOptions): Row {
  const { root, status, footer } = report
  const { first } = firstOf(bodyPieces(report, redact), bytes)
  return {
    version: 1,
    root,
    run: footer.runId,
    status: status.kind,
    tool: footer.tool,
    plan: planCell(report, redact),
    state: `${SYMBOLS[status.kind]} ${text(redact(stateWords(report)))}`,
    idle: isIdle(report) || status.kind === 'nothing-left',
    fingerprint: footer.fingerprint,
    reviewed,
    kept,
    message: redacted(messageBlocks(report, redact), redact),
    pieces: first.map((piece) => ({ ...piece, block: redactedBlock(piece.block, redact) })),
    changes: changesIn(report),
    fullReport,
  }
}

/** With it a report's title speaks of the plan. */
const PLANNED: Status = { kind: 'planned', apply: { kind: 'possible', how: '' } }

function planCell(report: Report, redact: Redact): string {
  if (!report.plan) return ''
  const counts = symbolCounts(report.plan.counts) || text(redact(titleOf({ ...report, status: PLANNED })))
  return (report.guard?.protected.length ?? 0) > 0 ? `${counts} · ⚠️ protected` : counts
}

function stateWords(report: Report): string {
  const { status } = report
  if (status.kind !== 'planned') return titleOf(report)
  if (isIdle(report)) return 'nothing to do'
  return status.apply.kind === 'possible' ? 'planned' : "planned, can't be applied"
}

/** Each text was redacted before it became Markdown; the second time is for what only the whole gives away. */
function redacted(blocks: readonly Block[], redact: Redact): Block[] {
  return blocks.map((block) => redactedBlock(block, redact))
}

function redactedBlock(block: Block, redact: Redact): Block {
  switch (block.kind) {
    case 'paragraph':
      return { ...block, markdown: redact(block.markdown) }
    case 'fence':
      return { ...block, lines: redact(block.lines.join('\n')).split('\n') }
    case 'table':
      return { ...block, header: block.header.map(redact), rows: block.rows.map((cells) => cells.map(redact)) }
    case 'fold':
      return { ...block, summary: redact(block.summary), blocks: redacted(block.blocks, redact) }
  }
}
