import { alert } from '../../../../lib/markdown/alert.ts'
import { type Block, render, SEPARATOR, shownLine } from '../../../../lib/markdown/blocks.ts'
import { COMMENT_BYTES, split } from '../../../../lib/markdown/split.ts'
import { codeOf, counted, footer, paragraph, prose } from '../../../../lib/markdown/words.ts'
import type { ObjectDiff } from '../diff/diff.ts'
import type { Uncompared } from '../diff/of-validation.ts'
import type { Failure } from '../failure.ts'
import { keyOf } from '../kube/objects.ts'
import { refText } from './words.ts'

/** What a deployment would do: all that the comment and the file of diff mode are made of. */
export interface DiffReport {
  app: string
  namespace: string
  /** `lines` are redacted. */
  diffs: ObjectDiff[]
  uncompared: Uncompared[]
  /** What the server refuses, so that the deployment would fail. */
  problems: Failure[]
  /** Sentences about what else was noticed. */
  notes: string[]
  commit: string
  runUrl: string
}

export interface CommentOptions {
  /** Of one comment; default: what GitHub takes. */
  bytes?: number
  parts: number
  /** Where the whole diff is, as a sentence. */
  fullReport: string
  /** So much of one object's diff is shown, in UTF-16 units. */
  longestDiff?: number
}

type Change = ObjectDiff['change']

/** In the order of a comment's first line and of its folds: the riskiest first. `none` has no fold. */
const LOOKS: Readonly<Record<Change, { symbol: string; words: string; fold: string }>> = {
  delete: { symbol: '🔴', words: 'to prune', fold: 'prune' },
  replace: { symbol: '♻️', words: 'to replace', fold: 'replace' },
  change: { symbol: '🟡', words: 'to change', fold: 'change' },
  create: { symbol: '🟢', words: 'to create', fold: 'create' },
  none: { symbol: '⚪️', words: 'unchanged', fold: '' },
}
const CHANGES = Object.keys(LOOKS) as Change[]

const LONGEST_DIFF = 15_000
/** So many lines of all diffs together are shown without a click. */
const OPEN_LINES = 40
const MOST_PROBLEMS = 20

/** `3 to create, 1 to change, 1 to prune · 12 unchanged`, as plain text. */
export function diffHeadline({ diffs }: DiffReport): string {
  const count = (change: Change): number => diffs.filter((diff) => diff.change === change).length
  const counts = HEADLINE_ORDER.flatMap((change) =>
    count(change) > 0 ? [`${count(change)} ${LOOKS[change].words}`] : [],
  )
  const unchanged = count('none') > 0 ? [`${count('none')} unchanged`] : []
  return [counts.join(', ') || 'nothing to change', ...unchanged].join(' · ')
}

const HEADLINE_ORDER: readonly Change[] = ['create', 'change', 'replace', 'delete']

export function wouldChange({ diffs, uncompared }: DiffReport): boolean {
  return uncompared.length > 0 || diffs.some(({ change }) => change !== 'none')
}

/**
 * Bodies of the comments, each within the limit; where more than `parts` were needed, one with the riskiest changes of it and a word
 * on where the whole is. Takes a redacted report.
 */
export function diffComment(report: DiffReport, options: CommentOptions): string[] {
  const { bytes = COMMENT_BYTES, parts, fullReport, longestDiff = LONGEST_DIFF } = options
  const head = headBlocks(report)
  const folds = foldsOf(report, longestDiff)
  const foot = footerOf(report)
  const title = titleOf(report)
  const whole = split(
    {
      head,
      body: [...folds, ...unchangedBlocks(report)],
      foot: () => foot,
      continuation: (part, of) => `${title} (${part}/${of})`,
    },
    { bytes, parts },
  )
  return whole.kind === 'whole' ? whole.parts : [shortened(head, folds, foot, fullReport, bytes)]
}

/** All of it as a unified diff for a file. Takes a redacted report. */
export function diffText(report: DiffReport): string {
  const remarks = [
    `${report.app} in namespace ${report.namespace}: ${diffHeadline(report)}`,
    ...report.problems.map(({ message }) => `refused: ${message}`),
    ...report.uncompared.map(({ why }) => `not compared: ${why}`),
    ...report.notes,
  ]
  const lines = [...remarks.map((remark) => `# ${remark}`), ...changed(report).flatMap(fileLines)]
  return `${lines.map(shownLine).join('\n')}\n`
}

function fileLines({ object, change, lines }: ObjectDiff): string[] {
  const path = keyOf(object).replace(/^\//, '')
  return [
    '',
    `--- ${change === 'create' ? '/dev/null' : `live/${path}`}`,
    `+++ ${change === 'delete' ? '/dev/null' : `manifests/${path}`}`,
    ...lines,
  ]
}

function titleOf({ app }: DiffReport): string {
  return `## Kubernetes · ${codeOf(app)}`
}

function headBlocks(report: DiffReport): Block[] {
  const counts = CHANGES.flatMap((change) => {
    const count = report.diffs.filter((diff) => diff.change === change).length
    return count === 0 ? [] : [`${LOOKS[change].symbol} ${count} ${LOOKS[change].words}`]
  })
  const isSame = !wouldChange(report) && report.problems.length === 0
  const line = isSame ? '✅ Nothing to change: the cluster is as the manifests say.' : counts.join(' · ')
  return [
    paragraph(titleOf(report)),
    paragraph(`namespace ${codeOf(report.namespace)}`),
    ...problemBlocks(report.problems),
    ...(line === '' ? [] : [paragraph(line)]),
    ...noteBlocks(report),
  ]
}

function problemBlocks(problems: readonly Failure[]): Block[] {
  if (problems.length === 0) return []
  const items = problems.slice(0, MOST_PROBLEMS).map(({ reason, message, remedy, source }) => {
    const where = source === undefined ? '' : ` (${codeOf(`${source.file}:${source.line}`, 600)})`
    return `- ${codeOf(reason)} ${prose(message.replace(/\.$/, ''))}${where}.${remedy === undefined ? '' : ` ${prose(remedy)}`}`
  })
  const more = problems.length > items.length ? [`- and ${problems.length - items.length} more`] : []
  return [alert('CAUTION', ['**This deployment would fail:**', '', ...items, ...more])]
}

function noteBlocks({ uncompared, notes, diffs }: DiffReport): Block[] {
  const hasDigests = diffs.some(({ object, change }) => object.kind === 'Secret' && change !== 'none')
  const lines = [
    ...uncompared.slice(0, MOST_PROBLEMS).map(({ why }) => `Not compared: ${prose(why)}`),
    ...(uncompared.length > MOST_PROBLEMS ? [`${uncompared.length - MOST_PROBLEMS} more are not compared.`] : []),
    ...notes.slice(0, MOST_PROBLEMS).map((note) => prose(note)),
    ...(hasDigests ? ['Values of Secrets are shown as keyed digests: the same digest is the same value.'] : []),
  ]
  return lines.length === 0 ? [] : [paragraph(lines.map((line) => `- ${line}`).join('\n'))]
}

function changed({ diffs }: DiffReport): ObjectDiff[] {
  return CHANGES.filter((change) => change !== 'none').flatMap((change) =>
    diffs.filter((diff) => diff.change === change),
  )
}

function foldsOf(report: DiffReport, longest: number): Block[] {
  const diffs = changed(report)
  const open = diffs.reduce((sum, { lines }) => sum + lines.length, 0) <= OPEN_LINES
  return diffs.map((diff) => foldOf({ ...diff, ...withinLength(diff.lines, longest) }, report.namespace, open))
}

/** `left`: how many lines aren't shown. */
function foldOf(
  { object, change, lines, added, removed, left }: ObjectDiff & { left: number },
  home: string,
  open: boolean,
): Block {
  const { symbol, fold } = LOOKS[change]
  const numbers = [...(added > 0 ? [`+${added}`] : []), ...(removed > 0 ? [`−${removed}`] : [])].join(' ')
  const more = left === 0 ? [] : [paragraph(`${counted(left, 'more line')} of this object are not shown here.`)]
  return {
    kind: 'fold',
    summary: `${symbol} ${refText(object, home)} — ${fold}, ${numbers || 'nothing that is shown'}`,
    open,
    blocks: [{ kind: 'fence', language: 'diff', lines }, ...more],
  }
}

function withinLength(lines: string[], longest: number): { lines: string[]; left: number } {
  let room = longest
  const end = lines.findIndex((line) => {
    room -= line.length + 1
    return room < 0
  })
  return end === -1 ? { lines, left: 0 } : { lines: lines.slice(0, end), left: lines.length - end }
}

function unchangedBlocks({ diffs, namespace }: DiffReport): Block[] {
  const unchanged = diffs.filter(({ change }) => change === 'none')
  if (unchanged.length === 0) return []
  const list = unchanged.map(({ object }) => `- ${refText(object, namespace)}`).join('\n')
  return [
    {
      kind: 'fold',
      summary: `${LOOKS.none.symbol} ${counted(unchanged.length, 'unchanged object')}`,
      blocks: [paragraph(list)],
    },
  ]
}

function shortened(
  head: readonly Block[],
  folds: readonly Block[],
  foot: string,
  fullReport: string,
  bytes: number,
): string {
  const note = (count: number): Block =>
    paragraph(
      `**This comment shows ${count} of ${counted(folds.length, 'object')}, the riskiest first.** ${prose(fullReport)}`,
    )
  const sizeOf = (block: Block): number => Buffer.byteLength(render([block]) + SEPARATOR)
  let room = bytes - Buffer.byteLength(foot) - sizeOf(note(folds.length))
  const taken = (blocks: readonly Block[]): Block[] => {
    const end = blocks.findIndex((block) => {
      room -= sizeOf(block)
      return room < 0
    })
    return end === -1 ? [...blocks] : blocks.slice(0, end)
  }
  const keptHead = taken(head)
  const keptFolds = keptHead.length < head.length ? [] : taken(folds)
  return `${render([...keptHead, note(keptFolds.length), ...keptFolds])}${SEPARATOR}${foot}`
}

function footerOf({ commit, runUrl }: DiffReport): string {
  return footer(['nothing was written'], commit, runUrl)
}
