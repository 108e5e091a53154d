import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Block } from './block.ts'
import { scanJson } from './json.ts'
import { scanHcl } from './scan.ts'

/** A block and the file that it stands in. */
export interface SourceBlock extends Block {
  /** Absolute, or as the folder was given. */
  file: string
}

/** Whose configuration it is: OpenTofu reads `.tofu` files too, and one of them hides the `.tf` file of the same name. */
export type Dialect = 'terraform' | 'tofu'

/** A generated file beyond this is no configuration that a person wrote, and nobody looks for its lines. */
const LARGEST_BYTES = 4 * 1024 * 1024

/** The top-level blocks of a module: of all its configuration files, in the order of their names. Unreadable files have none. */
export async function readConfiguration(directory: string, dialect: Dialect): Promise<SourceBlock[]> {
  const blocks: SourceBlock[] = []
  for (const name of await configurationFiles(directory, dialect)) {
    const file = join(directory, name)
    const text = textOf(file)
    if (text.length > LARGEST_BYTES) continue
    const found = name.endsWith('.json') ? scanJson(text) : scanHcl(text)
    blocks.push(...found.map((block) => ({ ...block, file })))
  }
  return blocks
}

/** Names of a folder's configuration files, sorted; none, when the folder can't be read. */
export async function configurationFiles(directory: string, dialect: Dialect): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  const names = new Set(entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name))
  return [...names].filter((name) => isLoaded(name, names, dialect)).sort()
}

/** Editors' files (`.main.tf`, `main.tf~`, `#main.tf#`) aren't loaded. */
function isLoaded(name: string, names: ReadonlySet<string>, dialect: Dialect): boolean {
  const [, stem, kind, json = ''] = /^([^.#][^#]*)\.(tf|tofu)(\.json)?$/.exec(name) ?? []
  if (stem === undefined) return false
  if (dialect === 'terraform') return kind === 'tf'
  return kind === 'tofu' || !names.has(`${stem}.tofu${json}`)
}

/** At once: for many small files that takes a twentieth of the time. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
