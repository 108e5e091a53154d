// npm run docs: the input and output tables in each action's README, made from its action.yml. `--check` only compares.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

interface Described {
  description?: string
  default?: unknown
  required?: boolean
}

/**
 * A README with its tables made afresh.
 *
 * @param readme Markdown with the pairs of lines `<!-- inputs -->`, `<!-- /inputs -->` and the same for outputs
 * @param actionYml text of action.yml
 * @throws Error when a pair of markers is missing
 */
export function withTables(readme: string, actionYml: string): string {
  const { inputs, outputs } = parse(actionYml)
  return between(between(readme, 'inputs', inputTable(inputs ?? {})), 'outputs', outputTable(outputs ?? {}))
}

function between(readme: string, name: string, content: string): string {
  const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`)
  if (!place.test(readme)) throw new Error(`the lines <!-- ${name} --> and <!-- /${name} --> are missing`)
  return readme.replace(place, (_, open: string, close: string) => `${open}\n${content}\n\n${close}`)
}

function inputTable(inputs: Record<string, Described | null>): string {
  const rows = Object.entries(inputs).map(([name, input]) => [`\`${name}\``, defaultCell(input ?? {}), prose(input)])
  return table(['input', 'default', 'meaning'], rows)
}

function outputTable(outputs: Record<string, Described | null>): string {
  return table(
    ['output', 'meaning'],
    Object.entries(outputs).map(([name, output]) => [`\`${name}\``, prose(output)]),
  )
}

/** A longer default would fill the page. */
const LONGEST_LIST = 8

function defaultCell(input: Described): string {
  if (input.required === true && input.default === undefined) return 'required'
  const lines = String(input.default ?? '')
    .split('\n')
    .filter((line) => line !== '')
  const shown = lines.length > LONGEST_LIST ? lines.slice(0, 3) : lines
  const rest = lines.length - shown.length
  const cells = shown.map((line) => `\`${escapePipes(line)}\``)
  return [...cells, ...(rest > 0 ? [`and ${rest} more in [action.yml](action.yml)`] : [])].join('<br>')
}

function prose(described: Described | null): string {
  return escapePipes((described?.description ?? '').trim().replace(/\n\n+/g, '<br><br>').replaceAll('\n', ' '))
}

const escapePipes = (text: string): string => text.replaceAll('|', '\\|')

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

if (import.meta.main) {
  const actions = fileURLToPath(new URL('../actions', import.meta.url))
  const isCheck = argv.includes('--check')
  for (const manifest of globSync('*/action.yml', { cwd: actions })) {
    const file = join(actions, dirname(manifest), 'README.md')
    if (!existsSync(file)) throw new Error(`${file} is missing`)
    const readme = readFileSync(file, 'utf8')
    const fresh = withTables(readme, readFileSync(join(actions, manifest), 'utf8'))
    if (fresh === readme) continue
    if (!isCheck) writeFileSync(file, fresh)
    console.log(`actions/${dirname(manifest)}/README.md ${isCheck ? 'is out of date: npm run docs' : 'written'}`)
    if (isCheck) process.exitCode = 1
  }
}
