import { digest } from '../../../../lib/crypto/fingerprint.ts'
import { type Block, render, SEPARATOR } from '../../../../lib/markdown/blocks.ts'
import { text } from '../../../../lib/markdown/escape.ts'
import { type Counts, countChanges } from '../plan/counts.ts'
import { effectOf, type ResourceChange } from '../plan/format.ts'
import { diffAttributes, unchangedLine } from '../render/diff.ts'
import { blocksOf, countOf, fitting, sizeOf } from '../render/fit.ts'
import { footerLine, footerOf } from '../render/footer.ts'
import { NOTHING_FORCED } from '../render/forced.ts'
import { thousands } from '../render/literal.ts'
import { byRisk, symbolCounts } from '../render/look.ts'
import type { Footer, Piece, Redact, Report, Source } from '../render/model.ts'
import { positionBlocks } from '../render/position.ts'
import { codeOf, prose } from '../render/prose.ts'
import { bodyPieces } from '../render/report.ts'
import { sidesOf } from '../render/resource.ts'
import { type Effort, effortOfReport } from '../render/similarity.ts'
import { type Drifted, type Findings, isUnapplied } from './findings.ts'

/** What the issue of a root tells. */
export interface DriftDocument {
  head: Block[]
  pieces: Piece[]
  advice: Block[]
  /** Of all that is told, without run, commit and time: another one means that something else is the matter. */
  digest: string
}

/** Since when, in plain words. */
export interface Times {
  first: string
  last: string
}

export interface BodyOptions {
  /** UTF-8, without the marker's line. */
  bytes: number
  /** Where the whole report is, in plain words. */
  fullReport: string
}

export function driftDocument(findings: Findings, report: Report, redact: Redact): DriftDocument {
  const { source: _, ...unlinked } = report
  const head = headBlocks(findings, report, redact)
  const advice = adviceBlocks(findings, report, redact)
  // Links to the lines of a file name the commit, which changes nothing of what is the matter.
  const told = [...head, ...blocksOf(changePieces(findings, unlinked, redact)), ...advice]
  return { head, pieces: changePieces(findings, report, redact), advice, digest: digest(render(told)) }
}

/** The issue's text within the limit: the drift first, then what isn't applied, the riskiest of each before the rest. */
export function issueBody(
  { head, pieces, advice }: DriftDocument,
  { footer }: Report,
  times: Times,
  redact: Redact,
  { bytes, fullReport }: BodyOptions,
): string {
  const total = countOf(pieces)
  const foot = [
    footerLine([`first seen ${text(times.first)}`, `as it is told here since ${text(times.last)}`]),
    footerOf(footer, 1, 1),
  ].join('<br>')
  const frame = [
    ...head,
    noteOf(total, total, fullReport, redact),
    ...advice,
    { kind: 'paragraph', markdown: foot } as const,
  ]
  const kept = fitting(pieces, bytes - sizeOf(frame))
  const note = countOf(kept) < total ? [noteOf(countOf(kept), total, fullReport, redact)] : []
  return `${render([...head, ...note, ...blocksOf(kept), ...advice])}${SEPARATOR}${foot}`
}

function headBlocks(findings: Findings, { root, footer }: Report, redact: Redact): Block[] {
  const { drifted, unapplied } = findings
  const place = `${codeOf(root.directory, redact)} · workspace ${codeOf(root.workspace, redact)}`
  const facts = [
    ...(drifted.length > 0 ? [`- 🌊 ${objects(drifted.length)} changed outside ${toolOf(footer)}`] : []),
    ...(isUnapplied(findings) ? [`- ⏳ not applied: ${unappliedWords(countChanges(unapplied))}`] : []),
  ]
  return [paragraph(place), paragraph(facts.join('\n'))]
}

function unappliedWords(counts: Counts): string {
  return symbolCounts(counts) || 'no resource, but what stands below'
}

function changePieces(findings: Findings, report: Report, redact: Redact): Piece[] {
  const { drifted, unapplied } = findings
  const plan = { plan: unapplied, counts: countChanges(unapplied) }
  return [
    ...section(`Changed outside ${toolOf(report.footer)}`, driftPieces(drifted, redact, report.source)),
    ...section('Not applied', isUnapplied(findings) ? [...bodyPieces({ ...report, plan }, redact)] : []),
  ]
}

function section(heading: string, pieces: readonly Piece[]): Piece[] {
  return pieces.length === 0 ? [] : [{ block: paragraph(`### ${heading}`), changes: 0 }, ...pieces]
}

function driftPieces(drifted: readonly Drifted[], redact: Redact, source: Source | undefined): Piece[] {
  const effort = effortOfReport()
  return drifted
    .toSorted((left, right) => byRisk(left.object, right.object))
    .map((one) => ({ block: driftFold(one, redact, effort, source), changes: 1 }))
}

function driftFold(drifted: Drifted, redact: Redact, effort: Effort, source: Source | undefined): Block {
  const { address, previous_address, change } = drifted.object
  const what = effectOf(change) === 'delete' ? 'no longer exists' : 'changed'
  const moved = previous_address === undefined ? [] : [`was ${codeOf(previous_address, redact)}`]
  return {
    kind: 'fold',
    summary: `🌊 ${codeOf(address, redact)} — ${[what, ...moved, nextWords(drifted)].join(', ')}`,
    blocks: [
      ...(source ? positionBlocks(address, source, redact) : []),
      { kind: 'fence', language: 'diff', lines: driftLines(drifted.object, redact, effort) },
    ],
  }
}

const UNDOING: Readonly<Record<string, string>> = {
  create: 'the next apply creates it again',
  update: 'the next apply takes that back',
  replace: 'the next apply replaces it to take that back',
}

function nextWords({ planned, undone }: Drifted): string {
  if (!planned) return 'no apply changes that'
  return (undone && UNDOING[effectOf(planned.change)]) || 'the next apply does something else: see below'
}

function driftLines({ change }: ResourceChange, redact: Redact, effort: Effort): string[] {
  const { before, after } = sidesOf(change)
  const { lines, unchanged } = diffAttributes(before, after, { redact, forced: NOTHING_FORCED, effort })
  return [...lines, ...(effectOf(change) === 'delete' ? [] : unchangedLine(unchanged, 'attribute'))]
}

/** How things come right again. */
function adviceBlocks(findings: Findings, { root, footer }: Report, redact: Redact): Block[] {
  const { drifted } = findings
  const program = toolOf(footer) === 'OpenTofu' ? 'tofu' : 'terraform'
  const isToBeApplied = isUnapplied(findings) || drifted.some(({ planned }) => planned !== undefined)
  const steps = [
    step(
      isToBeApplied,
      'Apply',
      `comment \`/plan ${root.name}\` on the pull request that was merged last; its plan says how.`,
    ),
    step(drifted.length > 0, 'Keep the change', 'let the configuration say the same.'),
    step(drifted.length > 0, 'Leave an attribute to others', 'name it in `ignore_changes` of the resource.'),
    step(
      drifted.some(({ planned }) => planned === undefined),
      'What no apply changes',
      `only has to be noted in the state: the next apply of anything does that, or \`${program} apply -refresh-only\`.`,
    ),
  ].flat()
  const items = steps.map(({ title, how }) => `- **${title}:** ${prose(how, redact)}`)
  return [paragraph('### What to do'), paragraph(items.join('\n'))]
}

/** `how`: plain text, in which backticks make code. */
function step(isMeant: boolean, title: string, how: string): { title: string; how: string }[] {
  return isMeant ? [{ title, how }] : []
}

function noteOf(kept: number, total: number, fullReport: string, redact: Redact): Block {
  const left = thousands(total - kept)
  return paragraph(
    `**${left} of ${thousands(total)} changes are left out here.** All of them: ${prose(fullReport, redact)}`,
  )
}

/** `Terraform` or `OpenTofu` */
function toolOf({ tool }: Footer): string {
  return tool.split(' ', 1)[0] ?? ''
}

function objects(count: number): string {
  return `${thousands(count)} object${count === 1 ? '' : 's'}`
}

function paragraph(markdown: string): Block {
  return { kind: 'paragraph', markdown }
}
