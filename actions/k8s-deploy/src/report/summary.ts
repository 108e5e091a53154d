import { SUMMARY_LIMIT_BYTES } from '../../../../lib/action/summary.ts'
import { alert } from '../../../../lib/markdown/alert.ts'
import { type Block, render } from '../../../../lib/markdown/blocks.ts'
import { codeOf, counted, duration, footer, paragraph, prose, textOf } from '../../../../lib/markdown/words.ts'
import { clock, evidenceBlocks } from './evidence.ts'
import { FATE_WORDS, fatesOf, headline, isGood } from './headline.ts'
import type { Fate, ObjectReport, Report } from './model.ts'
import { refText } from './words.ts'

/** How much is told. */
interface Detail {
  logLines: number
  /** Rows of a table of objects. */
  objects: number
  moments: number
  notes: number
}

/** Tried one after the other until the summary fits. */
const DETAILS: readonly [Detail, ...Detail[]] = [
  { logLines: 1_000, objects: 2_000, moments: 500, notes: 100 },
  { logLines: 50, objects: 500, moments: 100, notes: 50 },
  { logLines: 10, objects: 100, moments: 50, notes: 20 },
  { logLines: 0, objects: 20, moments: 20, notes: 10 },
]

const LONGEST_MESSAGE = 300

const FATE_SYMBOLS: Readonly<Record<Fate, string>> = {
  left: '⚠️',
  restored: '↩️',
  deleted: '🗑️',
  pruned: '🔴',
  retired: '🧹',
  ran: '▶️',
  created: '🟢',
  changed: '🟡',
  'not-reached': '⏭️',
  unchanged: '⚪️',
}

const STATE_SYMBOLS: Readonly<Record<string, string>> = { ready: '✅', failed: '❌', 'in-progress': '⏳' }

/**
 * The whole report as Markdown: first what happened and what to do, then what became of each object, then what shows why.
 * Takes a redacted report. Where it would be longer than `limitBytes` of UTF-8, logs and tables get shorter.
 */
export function summaryOf(report: Report, limitBytes = SUMMARY_LIMIT_BYTES - 1): string {
  let markdown = ''
  for (const detail of DETAILS) {
    markdown = render(blocksOf(report, detail))
    if (Buffer.byteLength(markdown) <= limitBytes) return markdown
  }
  return markdown
}

function blocksOf(report: Report, detail: Detail): Block[] {
  return [
    paragraph(`### ${isGood(report) ? '✅' : '❌'} ${prose(headline(report))}`),
    ...remedyBlocks(report),
    ...leftBlocks(report, detail),
    ...noteBlocks(report, detail),
    ...countBlocks(report),
    ...objectBlocks(report, detail),
    ...evidenceSection(report, detail),
    ...timelineBlocks(report, detail),
    paragraph(footerOf(report)),
  ]
}

function remedyBlocks({ failure }: Report): Block[] {
  if (failure === undefined) return []
  const { reason, remedy, source } = failure
  const where = source === undefined ? [] : [`Written in ${codeOf(`${source.file}:${source.line}`, 600)}.`]
  const todo = remedy === undefined ? [] : [`**What to do:** ${prose(remedy)}`]
  return [alert('CAUTION', [`Reason: ${codeOf(reason)}`, ...[...todo, ...where].flatMap((line) => ['', line])])]
}

/** Whoever has to clean up needs to know what. */
function leftBlocks({ result, objects, namespace }: Report, detail: Detail): Block[] {
  const left = objects.filter(({ fate }) => fate === 'left')
  if (left.length === 0) return []
  const items = left.slice(0, detail.objects).map(({ object, message }) => {
    const why = message === undefined ? '' : `: ${prose(message, LONGEST_MESSAGE)}`
    return `- ${refText(object, namespace)}${why}`
  })
  const more = left.length > items.length ? [`- and ${left.length - items.length} more`] : []
  const kind = result === 'rollback-failed' ? 'WARNING' : 'NOTE'
  return [
    alert(kind, [`${counted(left.length, 'object')} still as the failed deployment wrote:`, '', ...items, ...more]),
  ]
}

function noteBlocks({ notes }: Report, { notes: most }: Detail): Block[] {
  if (notes.length === 0) return []
  const items = notes.slice(0, most).map((note) => `- ${prose(note)}`)
  const more = notes.length > most ? [`- and ${notes.length - most} more`] : []
  return [paragraph([...items, ...more].join('\n'))]
}

/** What went well says so in its first line. */
function countBlocks(report: Report): Block[] {
  if (isGood(report)) return []
  const counts = fatesOf(report).map(({ fate, count }) => `${FATE_SYMBOLS[fate]} ${count} ${FATE_WORDS[fate]}`)
  return counts.length === 0 ? [] : [paragraph(counts.join(' · '))]
}

/** What is unchanged and well is folded away. */
function objectBlocks({ failure, objects, namespace }: Report, { objects: most }: Detail): Block[] {
  const isDull = ({ fate, state }: ObjectReport): boolean =>
    fate === 'unchanged' && (state === undefined || state === 'ready')
  const dull = objects.filter(isDull)
  // What the first line says needn't be said again.
  const telling = objects
    .filter((one) => !isDull(one))
    .map((one) => (one.message === failure?.message ? { ...one, message: '' } : one))
  const fold: Block = {
    kind: 'fold',
    summary: `${FATE_SYMBOLS.unchanged} ${counted(dull.length, 'unchanged object')}`,
    blocks: tableBlocks(dull, namespace, most),
  }
  return [...tableBlocks(telling, namespace, most), ...(dull.length === 0 ? [] : [fold])]
}

function tableBlocks(objects: readonly ObjectReport[], home: string, most: number): Block[] {
  if (objects.length === 0) return []
  const shown = objects.slice(0, most)
  const hasMessages = shown.some(({ message }) => message)
  const rows = shown.map(({ object, fate, state, message = '' }) => [
    FATE_SYMBOLS[fate],
    refText(object, home),
    FATE_WORDS[fate],
    state === undefined ? '' : `${STATE_SYMBOLS[state] ?? '▫️'} ${textOf(state, 40)}`,
    ...(hasMessages ? [prose(message, LONGEST_MESSAGE)] : []),
  ])
  const header = ['', 'Object', 'Fate', 'State', ...(hasMessages ? ['Message'] : [])]
  const more = objects.length > most ? [paragraph(`and ${objects.length - most} more`)] : []
  return [{ kind: 'table', header, rows, align: 'cllll' }, ...more]
}

function evidenceSection({ evidence, namespace }: Report, { logLines }: Detail): Block[] {
  if (evidence.length === 0) return []
  return [paragraph('#### Evidence'), ...evidenceBlocks(evidence, namespace, logLines)]
}

function timelineBlocks({ timeline, durationMs }: Report, { moments: most }: Detail): Block[] {
  const [first] = timeline
  if (first === undefined) return []
  const rows = timeline
    .slice(-most)
    .map(({ at, what }) => [
      clock(at),
      `+${Math.max(0, (at.getTime() - first.at.getTime()) / 1000).toFixed(1)} s`,
      prose(what, LONGEST_MESSAGE),
    ])
  const table: Block = { kind: 'table', header: ['Time (UTC)', 'After', 'What'], rows, align: 'lrl' }
  return [
    {
      kind: 'fold',
      summary: `🕑 Timeline: ${counted(timeline.length, 'step')} in ${duration(durationMs)}`,
      blocks: [table],
    },
  ]
}

function footerOf(report: Report): string {
  const { app, namespace, strategy, revision, previousRevision, actor, durationMs, commit, runUrl } = report
  const place = `${codeOf(app)} in ${codeOf(namespace)}`
  if (report.mode === 'status') return footer([place, ...deployedFacts(report)], commit, runUrl)
  const before = previousRevision === undefined ? '' : ` (before: ${previousRevision})`
  const facts = [
    place,
    ...(revision === undefined ? [] : [`revision ${revision}${before}`]),
    strategy,
    `by ${codeOf(actor)}`,
    duration(durationMs),
  ]
  return footer(facts, commit, runUrl)
}

/** Of the deployment that is looked at, not of the look. */
function deployedFacts({ revision, actor, deployedAt }: Report): string[] {
  if (revision === undefined) return []
  const by = actor === '' ? '' : `, deployed by ${codeOf(actor)}`
  const at = deployedAt === undefined ? '' : ` on ${deployedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return [`revision ${revision}${by}${at}`]
}
