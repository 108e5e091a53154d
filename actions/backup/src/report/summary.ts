import { alert } from '../../../../lib/markdown/alert.ts'
import { type Block, render } from '../../../../lib/markdown/blocks.ts'
import { code } from '../../../../lib/markdown/escape.ts'
import { counted, duration, footer, paragraph, prose } from '../../../../lib/markdown/words.ts'
import type { RunEntry } from '../catalogue/run-log.ts'
import type { Report, ReportTable, Result } from './model.ts'
import { size, unitOf } from './sizes.ts'

const SIGN: Readonly<Record<Result, string>> = { ok: '✅', warning: '⚠️', failed: '❌' }
const MOST_WARNINGS = 20

/** The job's summary, as Markdown. Its texts must have been redacted. */
export function summaryOf(report: Report, runUrl: string): string {
  return render([
    paragraph(`## ${SIGN[report.result]} Backup ${code(report.set)} · ${report.mode}`),
    paragraph(prose(report.headline)),
    ...failureOf(report),
    ...warningsOf(report),
    ...backupOf(report),
    ...report.tables.filter(({ rows }) => rows.length > 0).flatMap(tableOf),
    ...historyOf(report.runs),
    paragraph(footer([code(report.store), duration(report.seconds * 1000)], '', runUrl)),
  ])
}

function failureOf({ failure }: Report): Block[] {
  if (failure === undefined) return []
  const remedy = failure.remedy === undefined ? [] : ['', `**What to do:** ${prose(failure.remedy)}`]
  return [alert('CAUTION', [`**${code(failure.reason)}** · ${prose(failure.message)}`, ...remedy])]
}

function warningsOf({ warnings }: Report): Block[] {
  if (warnings.length === 0) return []
  const unsaid = warnings.length - MOST_WARNINGS
  const shown = warnings.slice(0, MOST_WARNINGS).map((warning) => `- ${prose(warning)}`)
  return [alert('WARNING', [...shown, ...(unsaid > 0 ? [`- and ${unsaid} more`] : [])])]
}

function backupOf({ backup }: Report): Block[] {
  if (backup === undefined) return []
  const { id, type, parent, because, files, bytesRead, bytesStored } = backup
  const facts = [
    `${type[0]?.toUpperCase()}${type.slice(1)} backup ${code(id)}`,
    ...(parent === undefined ? [] : [`upon ${code(parent)}`]),
    counted(files, 'file'),
    `${size(bytesRead)} read, ${size(bytesStored)} stored`,
  ]
  return [paragraph([facts.join(' · '), ...(because === undefined ? [] : [prose(because)])].join('<br>'))]
}

function tableOf({ title, columns, align, rows, more = 0 }: ReportTable): Block[] {
  const all = [...rows, ...(more > 0 ? [[`and ${more} more`]] : [])]
  return [
    paragraph(`### ${prose(title)}`),
    {
      kind: 'table',
      header: columns.map((column) => prose(column)),
      rows: all.map((row) => row.map((cell) => prose(cell))),
      align,
    },
  ]
}

function historyOf(runs: readonly RunEntry[]): Block[] {
  const backups = runs.filter(({ mode }) => mode === 'backup')
  if (runs.length === 0) return []
  return [
    paragraph('### The last runs'),
    ...(backups.length > 1 ? [trend(backups)] : []),
    {
      kind: 'table',
      header: ['When', 'Mode', 'Result', 'Type', 'Files', 'Read', 'Stored', 'Took'],
      align: 'llllrrrr',
      rows: runs.toReversed().map(historyRow),
    },
  ]
}

function historyRow({ at, mode, result, reason, type, files, bytesRead, bytesStored, seconds }: RunEntry): string[] {
  return [
    prose(at.slice(0, 16).replace('T', ' ')),
    prose(mode),
    `${SIGN[result]} ${prose(reason ?? result)}`,
    prose(type ?? ''),
    files === undefined ? '' : files.toLocaleString('en-US'),
    bytesRead === undefined ? '' : size(bytesRead),
    bytesStored === undefined ? '' : size(bytesStored),
    duration(seconds * 1000),
  ]
}

/** Bars of what each backup stored, drawn by GitHub from Mermaid. Only numbers and days go into it. */
function trend(backups: readonly RunEntry[]): Block {
  const days = backups.map(({ at }) => `"${at.slice(5, 10)}"`)
  const largest = Math.max(...backups.map(({ bytesStored = 0 }) => bytesStored))
  const { unit, bytes } = unitOf(largest)
  const stored = backups.map(({ bytesStored = 0 }) => (bytesStored / bytes).toFixed(2))
  return {
    kind: 'fence',
    language: 'mermaid',
    lines: [
      'xychart-beta',
      '  title "Stored by each backup"',
      `  x-axis [${distinct(days).join(', ')}]`,
      `  y-axis "${unit}" 0 --> ${Math.max(1, Math.ceil((largest / bytes) * 1.1))}`,
      `  bar [${stored.join(', ')}]`,
    ],
  }
}

/** Mermaid draws equal names of an axis at one place. */
function distinct(names: readonly string[]): string[] {
  const counts = new Map<string, number>()
  return names.map((name) => {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count === 1 ? name : `"${name.slice(1, -1)} #${count}"`
  })
}
