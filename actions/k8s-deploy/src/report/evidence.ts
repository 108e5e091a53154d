import { stripVTControlCharacters } from 'node:util'
import type { Block } from '../../../../lib/markdown/blocks.ts'
import { shorten } from '../../../../lib/markdown/escape.ts'
import { codeOf, counted, textOf } from '../../../../lib/markdown/words.ts'
import type { Evidence } from './model.ts'
import { refText } from './words.ts'

const LONGEST_LOG_LINE = 2_000
const MOST_FACTS = 100
const MOST_EVENTS = 50

type Log = Evidence['logs'][number]

/** What shows why objects failed, each in a fold; the first one, which the failure is about, is open. */
export function evidenceBlocks(evidence: readonly Evidence[], home: string, logLines: number): Block[] {
  return evidence.map((one, index) => ({
    kind: 'fold',
    summary: `🔎 ${refText(one.object, home)}`,
    open: index === 0,
    blocks: [...factBlocks(one), ...eventBlocks(one), ...logBlocks(one.logs, logLines, index === 0)],
  }))
}

function factBlocks({ facts }: Evidence): Block[] {
  if (facts.length === 0) return []
  const lines = facts.slice(0, MOST_FACTS).map((fact) => shorten(oneLine(fact), LONGEST_LOG_LINE))
  return [{ kind: 'fence', language: 'text', lines }]
}

function eventBlocks({ events }: Evidence): Block[] {
  if (events.length === 0) return []
  const rows = events.slice(-MOST_EVENTS).map(({ at, type, reason, message, count, about }) => [
    at === undefined ? '' : clock(at),
    `${type === 'Warning' ? '⚠️ ' : ''}${textOf(reason, 100)}`,
    // Names and addresses in it are copied.
    `${codeOf(oneLine(message), 600)}${count > 1 ? ` (${count}×)` : ''}`,
    codeOf(about, 300),
  ])
  return [{ kind: 'table', header: ['Time', 'Event', 'Message', 'About'], rows, align: 'llll' }]
}

/** The last lines of each log; the first log is open, since it is the run before a crash where there is one. */
function logBlocks(logs: readonly Log[], most: number, isFirst: boolean): Block[] {
  if (most === 0) return []
  return logs.map(({ pod, container, previous, text }, index) => {
    const lines = stripVTControlCharacters(text).trimEnd().split(/\r?\n/)
    const shown = lines.slice(-most).map((line) => shorten(line, LONGEST_LOG_LINE))
    const when = previous ? ' before it was restarted' : ''
    return {
      kind: 'fold',
      summary: `📜 Log of container ${codeOf(container)} of ${codeOf(pod)}${when}, last ${counted(shown.length, 'line')}`,
      open: isFirst && index === 0,
      blocks: [{ kind: 'fence', language: 'text', lines: shown }],
    }
  })
}

function oneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/\s*\r?\n\s*/g, ' ')
}

/** `16:33:04`, UTC */
export function clock(at: Date): string {
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(11, 19)
}
