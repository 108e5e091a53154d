const DELIMITERS: Readonly<Record<string, string>> = { l: ':--', r: '--:', c: ':-:', '-': '---' }

/**
 * A GFM table.
 *
 * @param header safe inline Markdown, as of `text()` and `code()`; at least one cell
 * @param rows as the header; a missing cell is empty. A pipe in a cell is escaped, a line end becomes `<br>`
 * @param align a letter per column: l, r, c, or `-` for the default, which is also that of columns without a letter
 * @throws RangeError for a row with more cells than the header, which GFM would drop silently
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[], align = ''): string {
  const delimiters = header.map((_, column) => DELIMITERS[align[column] ?? '-'] ?? '---')
  return [row(header), row(delimiters), ...rows.map((cells) => row(padded(cells, header.length)))].join('\n')
}

function padded(cells: readonly string[], columns: number): readonly string[] {
  if (cells.length > columns) throw new RangeError(`a row has ${cells.length} cells, its table ${columns} columns`)
  return [...cells, ...Array<string>(columns - cells.length).fill('')]
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`
}

/** GFM takes the backslash off `\|` before anything else, so this also serves inside backticks. */
function cell(markdown: string): string {
  return markdown.replace(/\r\n?|\n/g, '<br>').replace(/(?<!\\)((?:\\\\)*)\|/g, '$1\\|')
}
