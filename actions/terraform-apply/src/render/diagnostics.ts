import type { Block } from '../../../../lib/markdown/blocks.ts'
import type { Diagnostic } from '../terraform/diagnostics.ts'
import type { Redact } from './model.ts'
import { codeOf, textOf } from './prose.ts'

/** Longer details are cut; the log has them whole. In UTF-16 units. */
const LONGEST_DETAIL = 4_000

/** Errors with their place and source; warnings after them, in a fold. */
export function diagnosticBlocks(diagnostics: readonly Diagnostic[], redact: Redact): Block[] {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning')
  const blocks = errors.flatMap((diagnostic) => blocksOf(diagnostic, '❌', redact))
  if (warnings.length === 0) return blocks
  const summary = `⚠️ ${warnings.length} warning${warnings.length === 1 ? '' : 's'}`
  return [
    ...blocks,
    { kind: 'fold', summary, blocks: warnings.flatMap((diagnostic) => blocksOf(diagnostic, '⚠️', redact)) },
  ]
}

function blocksOf(diagnostic: Diagnostic, symbol: string, redact: Redact): Block[] {
  const where = [diagnostic.address, placeOf(diagnostic)].flatMap((part) =>
    part === undefined ? [] : [codeOf(part, redact)],
  )
  const heading = `${symbol} **${textOf(diagnostic.summary, redact, 300)}**${where.length > 0 ? ` — ${where.join(' · ')}` : ''}`
  return [
    { kind: 'paragraph', markdown: heading },
    ...fenceOf(diagnostic.code, 'hcl', redact),
    ...fenceOf(diagnostic.detail, 'text', redact),
  ]
}

/** `main.tf:12` */
function placeOf({ file, line }: Diagnostic): string | undefined {
  return file === undefined || line === undefined ? file : `${file}:${line}`
}

function fenceOf(content: string | undefined, language: string, redact: Redact): Block[] {
  if (content === undefined || content.trim() === '') return []
  const shown = redact(content)
  const cut = shown.length > LONGEST_DETAIL ? `${shown.slice(0, LONGEST_DETAIL)} …` : shown
  return [{ kind: 'fence', language, lines: cut.split(/\r?\n/) }]
}
