import { findReferences, type Reference } from '../closure/references.ts'
import { attribute, type Block, literalText } from '../hcl/block.ts'
import { scanJson } from '../hcl/json.ts'
import { scanHcl } from '../hcl/scan.ts'
import { folderOf } from './paths.ts'
import type { Snapshot } from './snapshot.ts'

/** The folder of a module, as its own files describe it. */
export interface Module {
  /** A real path. */
  folder: string
  /** Its configuration files, links among them. */
  files: string[]
  calls: Call[]
  /** Does one of its files say where its state lies (`backend` or `cloud`)? */
  backend: boolean
  /** Does one of its files configure a provider? */
  provider: boolean
}

/** A `module` block with a local source. */
export interface Call {
  /** The file that it stands in. */
  file: string
  /** As it is written: starts with `./` or `../`. */
  source: string
}

/** A commit's configuration: its modules by their folders, and what its files name by upward paths. */
export interface Codebase {
  snapshot: Snapshot
  modules: ReadonlyMap<string, Module>
  /** Upward paths by file, sources of modules not among them. */
  references: ReadonlyMap<string, readonly Reference[]>
}

/** Of both programs, because a matrix's legs may use either; an editor's files (`.main.tf`, `#main.tf#`) aren't loaded. */
const CONFIGURATION = /(^|\/)[^.#/][^#/]*\.(tf|tofu)(\.json)?$/

export function readCodebase(snapshot: Snapshot): Codebase {
  const modules = new Map<string, Module>()
  const references = new Map<string, readonly Reference[]>()
  for (const [path, text] of snapshot.texts) {
    const blocks = CONFIGURATION.test(path) ? blocksOf(path, text) : []
    const calls = localCalls(path, blocks)
    const sources = new Set(calls.map(({ source }) => withoutSlash(source)))
    references.set(
      path,
      findReferences(text).filter((reference) => !sources.has(withoutSlash(reference.path))),
    )
    if (CONFIGURATION.test(path)) addFile(modules, path, blocks, calls)
  }
  return { snapshot, modules, references }
}

function blocksOf(path: string, text: string): Block[] {
  return path.endsWith('.json') ? scanJson(text) : scanHcl(text)
}

function addFile(modules: Map<string, Module>, file: string, blocks: readonly Block[], calls: readonly Call[]): void {
  const folder = folderOf(file)
  const module = modules.get(folder) ?? { folder, files: [], calls: [], backend: false, provider: false }
  modules.set(folder, {
    folder,
    files: [...module.files, file],
    calls: [...module.calls, ...calls],
    backend: module.backend || blocks.some(saysBackend),
    provider: module.provider || blocks.some(({ type }) => type === 'provider'),
  })
}

function saysBackend({ type, blocks }: Block): boolean {
  return type === 'terraform' && blocks.some((inner) => inner.type === 'backend' || inner.type === 'cloud')
}

function localCalls(file: string, blocks: readonly Block[]): Call[] {
  return blocks.flatMap((block) => {
    const source = block.type === 'module' ? literalText(attribute(block, 'source')) : undefined
    return source !== undefined && /^\.\.?\//.test(source) ? [{ file, source }] : []
  })
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '')
}
