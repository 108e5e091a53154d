import { alert } from '../../../../lib/markdown/alert.ts'
import { type Block, render, SEPARATOR } from '../../../../lib/markdown/blocks.ts'
import { changesAnything, hasInvocations, putsOff } from '../plan/counts.ts'
import { effectOf, type Plan, resourceChanges } from '../plan/format.ts'
import { beyondBlocks } from './beyond.ts'
import { checkBlocks } from './checks.ts'
import { deltaBlocks } from './delta.ts'
import { driftBlocks } from './drift.ts'
import type { Begun } from './fit.ts'
import { footerOf } from './footer.ts'
import { guardBlocks } from './guard.ts'
import { byRisk, plainCounts, symbolCounts } from './look.ts'
import type { Piece, Redact, Report, ReportFrame, Source } from './model.ts'
import { moveBlocks, onlyMovesOrImports, readBlocks } from './moves.ts'
import { outputChangeBlocks } from './outputs.ts'
import { codeOf, listed, textOf } from './prose.ts'
import { resourceFold } from './resource.ts'
import { type Effort, effortOfReport } from './similarity.ts'
import { statusBlocks, statusDetails, statusTitle } from './status.ts'

const LONGEST_NAME = 100
const MOST_GLOBS = 20

/** The whole report as one Markdown text. */
export function fullReport(report: Report, redact: Redact): string {
  return [...reportText(report, redact)].join('')
}

/**
 * The same block after block: of a large plan it is better not held in memory.
 *
 * @param begun its body, where the beginning of that is there already; it is read to its end
 */
export function* reportText(report: Report, redact: Redact, begun?: Begun): Generator<string> {
  const { head, foot } = frameOf(report, redact)
  yield render(head)
  for (const { block } of begun?.first ?? []) yield SEPARATOR + render([block])
  for (const { block } of begun?.others ?? bodyPieces(report, redact)) yield SEPARATOR + render([block])
  yield `${SEPARATOR}${foot(1, 1)}\n`
}

/** One plain line for check runs and logs: `1 destroy, 1 replace, 2 add, 1 change`. */
export function titleOf({ status, plan }: Report): string {
  return statusTitle(status) ?? (plan ? countsOrWords(plan) : 'No plan')
}

function countsOrWords({ plan, counts }: NonNullable<Report['plan']>): string {
  return plainCounts(counts) || (changesAnything(plan) ? 'No resource and no output changes' : 'No changes')
}

/** All but the body. */
export function frameOf(report: Report, redact: Redact): ReportFrame {
  const { root, footer } = report
  const heading = `## ${textOf(footer.tool.split(' ')[0] ?? '', redact, LONGEST_NAME)} · ${textOf(root.name, redact, LONGEST_NAME)}`
  const place = `${codeOf(root.directory, redact)} · workspace ${codeOf(root.workspace, redact, LONGEST_NAME)}`
  return {
    head: [
      { kind: 'paragraph', markdown: heading },
      { kind: 'paragraph', markdown: place },
      ...messageBlocks(report, redact),
    ],
    foot: (part, of) => footerOf(footer, part, of),
    continuation: (part, of) => `${heading} (${part}/${of})`,
  }
}

/** What a reader is told first: what happened, what is planned, and what is to be watched. */
export function messageBlocks(report: Report, redact: Redact): Block[] {
  const { status, plan, guard, delta } = report
  const planned = [
    ...(plan ? planLines(plan.plan, symbolCounts(plan.counts)) : []),
    ...(delta ? deltaBlocks(delta) : []),
    ...(guard ? guardBlocks(guard, redact) : []),
  ]
  const happened = isIdle(report) ? [] : statusBlocks(status, redact)
  return [
    ...(status.kind === 'planned' ? [...planned, ...happened] : [...happened, ...planned]),
    ...notComparedBlocks(report.notCompared, redact),
  ]
}

/** There is nothing to apply, so nothing is to be said about how. */
export function isIdle({ status, plan }: Report): boolean {
  return status.kind === 'planned' && plan !== undefined && !changesAnything(plan.plan)
}

/**
 * The body, most important first: what happened in detail, then the plan's changes by risk, then the rest. Each piece is
 * made when it is asked for: a comment shows few of many.
 */
export function* bodyPieces({ status, plan, source }: Report, redact: Redact): Generator<Piece> {
  yield* pieces(statusDetails(status, redact))
  if (!plan) return
  const effort = effortOfReport()
  yield* pieces(checkBlocks(plan.plan, redact))
  yield* changePieces(plan.plan, redact, effort, source)
  yield* pieces(beyondBlocks(plan.plan, redact))
  yield* pieces(outputChangeBlocks(plan.plan, redact, effort))
  yield* pieces(driftBlocks(plan.plan, redact, effort))
}

/** Changes that all pieces of the body tell of. */
export function changesIn({ plan }: Report): number {
  if (!plan) return 0
  const { moves, reads, others } = changesByKind(plan.plan)
  return moves.length + reads.length + others.length
}

function* changePieces(plan: Plan, redact: Redact, effort: Effort, source: Source | undefined): Generator<Piece> {
  const { moves, reads, others } = changesByKind(plan)
  for (const resource of others.toSorted(byRisk))
    yield { block: resourceFold(resource, redact, effort, source), changes: 1 }
  yield* pieces(moveBlocks(moves.toSorted(byRisk), redact), moves.length)
  yield* pieces(readBlocks(reads.toSorted(byRisk), redact), reads.length)
}

function changesByKind(plan: Plan) {
  const resources = resourceChanges(plan)
  return {
    moves: resources.filter(onlyMovesOrImports),
    reads: resources.filter(({ change }) => effectOf(change) === 'read'),
    others: resources.filter(({ change }) => !['no-op', 'read'].includes(effectOf(change))),
  }
}

function pieces(blocks: readonly Block[], changes = 0): Piece[] {
  return blocks.map((block) => ({ block, changes }))
}

/** The counts, or in words that there are none; and that the plan isn't the whole story, when it isn't. */
function planLines(plan: Plan, counts: string): Block[] {
  const line = counts || noChanges(plan)
  const partial = partialWords(plan)
  return [{ kind: 'paragraph', markdown: line }, ...(partial === undefined ? [] : [alert('WARNING', [partial])])]
}

/** Of a plan without a counted change. That everything is as it should be is said of a whole plan only. */
function noChanges(plan: Plan): string {
  if (hasInvocations(plan)) return 'No resource and no output changes; the apply invokes actions.'
  if (putsOff(plan)) return 'No changes yet: what there is to do is put off to a later plan.'
  if (changesAnything(plan)) return 'No resource and no output changes; the apply updates the state.'
  if (partialWords(plan) !== undefined) return 'No changes in what was planned.'
  return 'No changes. Everything is as the configuration says.'
}

function partialWords(plan: Plan): string | undefined {
  if (plan.errored === true) return 'Planning failed midway: the plan is incomplete.'
  return plan.complete === false
    ? 'The plan is partial: another plan and apply will be needed after this one.'
    : undefined
}

function notComparedBlocks(globs: readonly string[], redact: Redact): Block[] {
  if (globs.length === 0) return []
  const names = listed(
    globs.map((glob) => codeOf(glob, redact)),
    MOST_GLOBS,
  )
  return [{ kind: 'paragraph', markdown: `Not compared with the reviewed plan: ${names}` }]
}
