import { alert } from '../../../../lib/markdown/alert.ts'
import { type Block, render, SEPARATOR } from '../../../../lib/markdown/blocks.ts'
import { COMMENT_BYTES, split } from '../../../../lib/markdown/split.ts'
import { codeOf, counted, footer, paragraph, prose } from '../../../../lib/markdown/words.ts'
import type { ObjectDiff } from '../diff/diff.ts'
import type { Failure } from '../failure.ts'
import { type Change, changedOf, HOOK_SYMBOL, LOOKS, wouldChange } from './diff-headline.ts'
import type { DiffReport, HookDiff } from './diff-model.ts'
import { hookWords, refText } from './words.ts'

export interface CommentOptions {
  /** Of one comment; default: what GitHub takes. */
  bytes?: number
  parts: number
  /** Where the whole diff is, as a sentence. */
  fullReport: string
  /** So much of one object's diff is shown, in UTF-16 units. */
  longestDiff?: number
}

const LONGEST_DIFF = 15_000
/** So many lines of all diffs together are shown without a click. */
const OPEN_LINES = 40
const MOST_PROBLEMS = 20

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

function titleOf({ app }: DiffReport): string {
  return `## Kubernetes · ${codeOf(app)}`
}

function headBlocks(report: DiffReport): Block[] {
  const { namespace, target, problems } = report
  const line = countsLine(report)
  const place = [`namespace ${codeOf(namespace)}`, ...(target ? [`${target.kind} ${codeOf(target.name)}`] : [])]
  return [
    paragraph(titleOf(report)),
    paragraph(place.join(' · ')),
    ...problemBlocks(problems),
    ...(line === '' ? [] : [paragraph(line)]),
    ...noteBlocks(report),
  ]
}

function countsLine(report: DiffReport): string {
  const { diffs, hooks } = report
  const run = hooks.length === 0 ? [] : [`${HOOK_SYMBOL} ${counted(hooks.length, 'hook')} to run`]
  if (!wouldChange(report)) {
    return ['✅ Nothing to change: the cluster is as the manifests say.', ...run].join(' ')
  }
  const counts = (Object.keys(LOOKS) as Change[]).flatMap((change) => {
    const count = diffs.filter((diff) => diff.change === change).length
    return count === 0 ? [] : [`${LOOKS[change].symbol} ${count} ${LOOKS[change].words}`]
  })
  return [...run, ...counts].join(' · ')
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

function noteBlocks({ uncompared, notes, diffs, hooks }: DiffReport): Block[] {
  const hasDigests = [...diffs, ...hooks.map(({ diff }) => diff)].some(
    ({ object, change }) => object.kind === 'Secret' && change !== 'none',
  )
  const lines = [
    ...uncompared.slice(0, MOST_PROBLEMS).map(({ why }) => `Not compared: ${prose(why)}`),
    ...(uncompared.length > MOST_PROBLEMS ? [`${uncompared.length - MOST_PROBLEMS} more are not compared.`] : []),
    ...notes.slice(0, MOST_PROBLEMS).map((note) => prose(note)),
    ...(hasDigests ? ['Values of Secrets are shown as keyed digests: the same digest is the same value.'] : []),
  ]
  return lines.length === 0 ? [] : [paragraph(lines.map((line) => `- ${line}`).join('\n'))]
}

function foldsOf(report: DiffReport, longest: number): Block[] {
  const { hooks, namespace } = report
  const diffs = changedOf(report)
  const all = [...hooks.map(({ diff }) => diff), ...diffs]
  const open = all.reduce((sum, { lines }) => sum + lines.length, 0) <= OPEN_LINES
  return [
    ...hooks.map((hook) => hookFold(hook, { home: namespace, open, longest })),
    ...diffs.map((diff) => objectFold(diff, { home: namespace, open, longest })),
  ]
}

interface FoldOptions {
  home: string
  open: boolean
  longest: number
}

function objectFold(diff: ObjectDiff, options: FoldOptions): Block {
  const { symbol, fold } = LOOKS[diff.change]
  const side = diff.side === undefined ? '' : ` (new side ${codeOf(diff.side)})`
  const summary = `${symbol} ${refText(diff.object, options.home)}${side} — ${fold}, ${numbersOf(diff)}`
  return { kind: 'fold', summary, open: options.open, blocks: diffBlocks(diff, options) }
}

function hookFold(hook: HookDiff, options: FoldOptions): Block {
  const { diff } = hook
  const isSame = diff.change === 'none'
  const summary = `${HOOK_SYMBOL} ${refText(diff.object, options.home)} ${hookWords(hook)} — ${isSame ? 'unchanged' : numbersOf(diff)}`
  const blocks = isSame ? [paragraph('It runs with every deployment.')] : diffBlocks(diff, options)
  return { kind: 'fold', summary, open: options.open && !isSame, blocks }
}

function numbersOf({ added, removed }: ObjectDiff): string {
  const numbers = [...(added > 0 ? [`+${added}`] : []), ...(removed > 0 ? [`−${removed}`] : [])]
  return numbers.join(' ') || 'nothing that is shown'
}

function diffBlocks(diff: ObjectDiff, { longest }: FoldOptions): Block[] {
  const { lines, left } = withinLength(diff.lines, longest)
  const more = left === 0 ? [] : [paragraph(`${counted(left, 'more line')} of this object are not shown here.`)]
  return [{ kind: 'fence', language: 'diff', lines }, ...more]
}

/** `left`: how many lines aren't shown. */
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
