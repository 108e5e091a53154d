import { alert } from '../../../../lib/markdown/alert.ts'
import type { Block } from '../../../../lib/markdown/blocks.ts'
import { diagnosticBlocks } from './diagnostics.ts'
import { cutLine } from './literal.ts'
import type { Redact, Status } from './model.ts'
import { outputValueBlocks } from './outputs.ts'
import { progressBlocks, progressWords } from './progress.ts'
import { codeOf, prose, proseLines } from './prose.ts'
import { differenceBlocks } from './refusal.ts'

const MOST_HINTS = 10
const LONGEST_HINT = 400

/** What happened, in a few lines for the head of a comment. */
export function statusBlocks(status: Status, redact: Redact): Block[] {
  switch (status.kind) {
    case 'planned':
      return status.apply.kind === 'possible'
        ? [paragraph(`**Apply:** ${prose(status.apply.how, redact)}`)]
        : [alert('WARNING', [`This plan can't be applied: ${prose(status.apply.why, redact)}`])]
    case 'applying':
      return [alert('IMPORTANT', [`**Applying:** ${progressWords(status.progress)}`])]
    case 'applied':
      return [paragraph(`✅ **Applied:** ${progressWords(status.progress)}`)]
    case 'nothing-left':
      return [paragraph('✅ **Nothing left to apply:** everything already is as the reviewed plan says.')]
    case 'refused':
      return [
        trouble('Refused', status, redact),
        ...(isBrief(status.differences) ? differenceBlocks(status.differences, redact) : []),
        ...hintBlocks(status.hints, redact),
        ...offerBlocks(status.offer),
      ]
    case 'failed':
      return [trouble('Failed', status, redact), ...offerBlocks(status.offer)]
  }
}

/** A few differences stand right beneath the refusal; many would push everything else out of sight. */
function isBrief(differences: readonly unknown[]): boolean {
  return differences.length <= 10
}

/** What belongs to the status and may be long. */
export function statusDetails(status: Status, redact: Redact): Block[] {
  switch (status.kind) {
    case 'planned':
    case 'nothing-left':
      return []
    case 'applying':
      return progressBlocks(status.progress, redact)
    case 'applied':
      return [
        ...progressBlocks(status.progress, redact),
        ...outputValueBlocks(status.outputs, status.hiddenOutputs, redact),
      ]
    case 'refused':
      return isBrief(status.differences) ? [] : differenceBlocks(status.differences, redact)
    case 'failed':
      return [
        ...diagnosticBlocks(status.diagnostics, redact),
        ...(status.progress ? progressBlocks(status.progress, redact) : []),
      ]
  }
}

/** The status in a few plain words; undefined while it is only planned. */
export function statusTitle(status: Status): string | undefined {
  switch (status.kind) {
    case 'planned':
      return undefined
    case 'applying':
      return `Applying: ${progressWords(status.progress)}`
    case 'applied':
      return `Applied: ${progressWords(status.progress)}`
    case 'nothing-left':
      return 'Nothing left to apply'
    case 'refused':
      return `Refused: ${status.reason}`
    case 'failed':
      return `Failed: ${status.reason}`
  }
}

function trouble(word: string, { reason, message }: { reason: string; message: string }, redact: Redact): Block {
  const [first = '', ...others] = proseLines(message, redact)
  return alert('CAUTION', [
    `**${word}** (${codeOf(reason, redact)}): ${first}`,
    ...others.flatMap((line) => ['', line]),
  ])
}

function hintBlocks(hints: readonly string[], redact: Redact): Block[] {
  if (hints.length === 0) return []
  const items = hints.slice(0, MOST_HINTS).map((hint) => `- ${prose(hint, redact, LONGEST_HINT)}`)
  return [paragraph(items.join('\n'))]
}

function offerBlocks(offer: { command: string } | undefined): Block[] {
  if (!offer) return []
  return [
    paragraph('To apply the plan below instead, somebody with the permission comments:'),
    { kind: 'fence', language: 'text', lines: [cutLine(offer.command)] },
  ]
}

function paragraph(markdown: string): Block {
  return { kind: 'paragraph', markdown }
}
