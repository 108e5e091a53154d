import { visible } from './escape.ts'
import { table } from './table.ts'

export type Block = Paragraph | Fence | Table | Fold

/** Safe Markdown of any kind without unclosed constructs. */
export interface Paragraph {
  readonly kind: 'paragraph'
  readonly markdown: string
}

/** Raw lines, shown literally, invisible characters made visible. An unfit language is left out. */
export interface Fence {
  readonly kind: 'fence'
  readonly language: string
  readonly lines: readonly string[]
}

/** Arguments of `table()`. */
export interface Table {
  readonly kind: 'table'
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly align?: string
}

/** `summary` is safe inline HTML, as of `text()` and `code()`: Markdown isn't interpreted there. */
export interface Fold {
  readonly kind: 'fold'
  readonly summary: string
  readonly open?: boolean
  readonly blocks: readonly Block[]
}

/** What stands between two blocks: without the empty line, Markdown inside `<details>` would stay raw. */
export const SEPARATOR = '\n\n'

/** Markdown of the blocks, without a line end at the end. */
export function render(blocks: readonly Block[]): string {
  return blocks.map(renderBlock).join(SEPARATOR)
}

/** A fence line as it is shown: tabs stay, and what was shown is shown again the same. */
export function shownLine(line: string): string {
  if (PLAIN.test(line)) return line
  return line.split('\t').map(visible).join('\t')
}

/** Length of the marks around the lines: longer than any run of backticks that starts one of them, which could close it. */
export function fenceLength(lines: Iterable<string>): number {
  let longest = 2
  for (const line of lines)
    if (line.includes('```')) longest = Math.max(longest, LEADING_BACKTICKS.exec(line)?.[1]?.length ?? 0)
  return longest + 1
}

/** As nearly every line is. */
const PLAIN = /^[\t\x20-\x7e]*$/
const LEADING_BACKTICKS = /^\s*(`{3,})/
const LANGUAGE = /^[a-z0-9+-]{1,20}$/

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return block.markdown
    case 'fence':
      return renderFence(block)
    case 'table':
      return table(block.header, block.rows, block.align)
    case 'fold':
      return renderFold(block)
  }
}

function renderFence({ language, lines }: Fence): string {
  const mark = '`'.repeat(fenceLength(lines))
  return [mark + (LANGUAGE.test(language) ? language : ''), ...lines.map(shownLine), mark].join('\n')
}

/** A line end in the summary could end the HTML block and let Markdown begin. */
function renderFold({ summary, open, blocks }: Fold): string {
  const oneLine = summary.replace(/\s+/g, (space) => (/[\r\n]/.test(space) ? ' ' : space))
  const start = `<details${open ? ' open' : ''}><summary>${oneLine}</summary>`
  return [start, ...blocks.map(renderBlock), '</details>'].join(SEPARATOR)
}
