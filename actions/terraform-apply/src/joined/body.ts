import type { Block, Table } from '../../../../lib/markdown/blocks.ts'
import { render, SEPARATOR } from '../../../../lib/markdown/blocks.ts'
import { code, text } from '../../../../lib/markdown/escape.ts'
import { split } from '../../../../lib/markdown/split.ts'
import { blocksOf, countOf, fitting, sizeOf } from '../render/fit.ts'
import { footerLine, runLink } from '../render/footer.ts'
import { thousands } from '../render/literal.ts'
import type { CommentBodies, Piece } from '../render/model.ts'
import { codeOf, prose } from '../render/prose.ts'
import type { Row } from './row.ts'

/** What a joined comment shows. */
export interface Joined {
  group: string
  headSha: string
  /** Where runs are shown: a run's address is this, `/` and its number. */
  runsUrl: string
  rows: readonly Row[]
  /** Roots whose row has gone (its artifact has expired), with the run that wrote it. */
  gone: readonly { name: string; run: number }[]
}

export interface JoinedOptions {
  /** Per comment, UTF-8. */
  bytes: number
  parts: number
}

const collator = new Intl.Collator('en', { numeric: true })

/**
 * The comment that several roots share: a table with a row for each, then a section for each that has something to say.
 * Where that would need more comments than allowed, one with a share of the room for each section. The same rows give
 * the same text, whoever writes it.
 */
export function joinedBodies(joined: Joined, options: JoinedOptions): CommentBodies {
  const rows = joined.rows.toSorted((left, right) => collator.compare(nameOf(left), nameOf(right)))
  const heading = `## ${toolOf(rows)} · ${text(joined.group)}`
  const title: Block = { kind: 'paragraph', markdown: heading }
  const table = tableOf(rows, joined)
  const frame = {
    foot: (part: number, of: number) => footOf(joined, part, of),
    continuation: (part: number, of: number) => `${heading} (${part}/${of})`,
  }
  const speaking = rows.filter(({ idle }) => !idle)
  const sections = speaking.map((row) => [...titled(row), ...blocksOf(row.pieces), ...leftOut(row, row.pieces)])
  const whole = split({ ...frame, head: [title, table], body: sections.flat() }, options)
  if (whole.kind === 'whole') return { kind: 'whole', bodies: whole.parts }
  return { kind: 'shortened', bodies: [shortened(title, table, speaking, frame.foot(1, 1), options.bytes)] }
}

/** Of a root under its default workspace, the name alone. */
function nameOf({ root }: Row): string {
  return root.workspace === 'default' ? root.name : `${root.name} (${root.workspace})`
}

/** The program, if all rows have the same. */
function toolOf(rows: readonly Row[]): string {
  const tools = new Set(rows.map(({ tool }) => tool.split(' ')[0] ?? ''))
  return tools.size === 1 ? text([...tools][0] ?? '') : 'Terraform'
}

function tableOf(rows: readonly Row[], { gone, runsUrl }: Joined): Table {
  return {
    kind: 'table',
    header: ['Root', 'Plan', 'State', 'Fingerprint', 'Run'],
    rows: [
      ...rows.map((row) => [
        text(nameOf(row)),
        row.plan,
        row.state,
        row.fingerprint === '' ? '' : code(row.fingerprint.slice(0, 12)),
        runLink(`${runsUrl}/${row.run}`, row.run),
      ]),
      ...gone.map(({ name, run }) => [text(name), '', 'no longer kept', '', String(run)]),
    ],
  }
}

function titled(row: Row): Block[] {
  return [{ kind: 'paragraph', markdown: `### ${text(nameOf(row))}` }, ...row.message]
}

/** How much of a row's plan isn't shown, and where it is. */
function leftOut(row: Row, shown: readonly Piece[]): Block[] {
  const missing = row.changes - countOf(shown)
  if (missing <= 0) return []
  const note = `${thousands(missing)} of ${thousands(row.changes)} changes are left out.`
  return [{ kind: 'paragraph', markdown: `**${note}** The whole report: ${prose(row.fullReport, (same) => same)}` }]
}

function footOf({ headSha, rows }: Joined, part: number, of: number): string {
  return footerLine([
    `commit ${codeOf(headSha.slice(0, 12), (same) => same)}`,
    `${rows.length} root${rows.length === 1 ? '' : 's'}`,
    ...(of > 1 ? [`part ${part} of ${of}`] : []),
  ])
}

/** The table, and of each section as much as its share of the room takes; what one leaves goes to those after it. */
function shortened(title: Block, table: Table, rows: readonly Row[], foot: string, bytes: number): string {
  let left = bytes - Buffer.byteLength(foot) - SEPARATOR.length - sizeOf([title])
  const head = [title, ...shortTable(table, Math.floor(left / 2))]
  left -= sizeOf(head.slice(1))
  const sections = rows.map((row, index) => {
    const section = shortSection(row, Math.floor(left / (rows.length - index)))
    left -= sizeOf(section)
    return section
  })
  return `${render([...head, ...sections.flat()])}${SEPARATOR}${foot}`
}

/** The first rows that there is room for, and how many others there are. */
function shortTable(table: Table, room: number): Block[] {
  if (sizeOf([table]) <= room) return [table]
  const note = (missing: number): Block => ({
    kind: 'paragraph',
    markdown: `**${thousands(missing)} more roots have no room here;** their checks and their runs' summaries tell of them.`,
  })
  let left = room - sizeOf([{ ...table, rows: [] }, note(table.rows.length)])
  const first = table.rows.findIndex((row) => {
    left -= sizeOf([{ ...table, rows: [row] }]) - sizeOf([{ ...table, rows: [] }])
    return left < 0
  })
  const rows = table.rows.slice(0, Math.max(first, 0))
  return [{ ...table, rows }, note(table.rows.length - rows.length)]
}

function shortSection(row: Row, room: number): Block[] {
  const note = leftOut(row, [])
  const titles = titled(row)
  const head = blocksOf(fitting(titles.map(asPiece), room - sizeOf(note)))
  if (head.length < titles.length) return head
  const shown = fitting(row.pieces, room - sizeOf([...note, ...head]))
  return [...head, ...blocksOf(shown), ...leftOut(row, shown)]
}

function asPiece(block: Block): Piece {
  return { block, changes: 0 }
}
