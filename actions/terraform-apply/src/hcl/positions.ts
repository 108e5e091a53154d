import { readFile, realpath } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { isInside, toPosix } from '../closure/files.ts'
import { realOrGiven } from '../closure/modules.ts'
import { configurationAddress } from '../plan/address.ts'
import { isMap } from '../plan/json.ts'
import { attribute, literalText } from './block.ts'
import { type Dialect, readConfiguration, type SourceBlock } from './configuration.ts'

/** Where an object is declared. */
export interface Position {
  /** Relative to the repository's top, divided by `/`. */
  file: string
  /** From 1. */
  line: number
  /** The downloaded module that holds the object; file and line are those of its call. */
  module?: string
}

/** By address in the configuration, without instance keys. Objects that aren't in the configuration have none. */
export type Positions = ReadonlyMap<string, Position>

/** The position of an object or an instance of it. */
export function positionOf(positions: Positions, address: string): Position | undefined {
  return positions.get(configurationAddress(address))
}

export interface Configuration {
  repository: string
  /** The root module's folder. Absolute, as `repository`. */
  root: string
  /** TF_DATA_DIR as it is set. */
  dataDirectory: string | undefined
  dialect: Dialect
}

/**
 * Finds where resources and data sources are declared, by scanning the folders of the modules that hold one of them.
 * Positions are a help to readers: what can't be read or found has none, and this never throws.
 */
export async function findPositions(addresses: Iterable<string>, configuration: Configuration): Promise<Positions> {
  const wanted = new Set(Array.from(addresses, configurationAddress))
  const positions = new Map<string, Position>()
  if (wanted.size === 0) return positions
  try {
    const scan = await openScan(configuration)
    for (const address of wanted) {
      const position = await scan.position(address)
      if (position) positions.set(address, position)
    }
  } catch {
    return positions
  }
  return positions
}

/** Where the blocks of a module are to be looked for. */
type Folder = { kind: 'here'; directory: string } | { kind: 'downloaded'; call: Position }

async function openScan({ repository, root, dataDirectory, dialect }: Configuration) {
  const [top, rootFolder] = await Promise.all([realpath(repository), realpath(root)])
  const data = await realOrGiven(resolve(rootFolder, dataDirectory || '.terraform'))
  const installed = await installedFolders(rootFolder, data)
  const folders = new Map<string, Promise<Folder | undefined>>()
  const blocks = new Map<string, Promise<ReadonlyMap<string, SourceBlock>>>()

  const blocksIn = cached(blocks, async (directory: string) =>
    isInside(directory, top) ? byAddress(await readConfiguration(directory, dialect)) : new Map(),
  )
  const folderOf = cached(folders, async (module: string): Promise<Folder | undefined> => {
    if (module === '') return { kind: 'here', directory: rootFolder }
    const names = module.split('.')
    const parent = await folderOf(names.slice(0, -1).join('.'))
    if (parent?.kind !== 'here') return parent
    const name = `module.${names.at(-1)}`
    const call = (await blocksIn(parent.directory)).get(name)
    const directory = installed.get(module) ?? localSource(parent.directory, call)
    if (directory !== undefined && !isInside(directory, join(data, 'modules')))
      return { kind: 'here', directory: await realOrGiven(directory) }
    return call && { kind: 'downloaded', call: { ...positionIn(top, call), module: name } }
  })
  return {
    async position(address: string): Promise<Position | undefined> {
      const { module, object } = divided(address)
      const folder = await folderOf(module)
      if (folder?.kind !== 'here') return folder?.call
      const block = (await blocksIn(folder.directory)).get(object)
      return block && positionIn(top, block)
    },
  }
}

function cached<T>(known: Map<string, Promise<T>>, find: (key: string) => Promise<T>): (key: string) => Promise<T> {
  return (key) => {
    const found = known.get(key) ?? find(key)
    known.set(key, found)
    return found
  }
}

/** `module.a.module.b.data.c.d` → the module `a.b` and in it `data.c.d`. */
function divided(address: string): { module: string; object: string } {
  const [, modules = '', object = ''] = /^((?:module\.[^.]+\.)*)(.*)$/s.exec(address) ?? []
  return { module: modules.replaceAll(/module\.([^.]+\.)/g, '$1').slice(0, -1), object }
}

/** Blocks that an object's address leads to. An override file only adds to a block that stands elsewhere. */
function byAddress(blocks: readonly SourceBlock[]): ReadonlyMap<string, SourceBlock> {
  const found = new Map<string, SourceBlock>()
  for (const block of blocks.toSorted((left, right) => Number(isOverride(left)) - Number(isOverride(right)))) {
    const address = addressOf(block)
    if (address !== undefined && !found.has(address)) found.set(address, block)
  }
  return found
}

function addressOf({ type, labels }: SourceBlock): string | undefined {
  if (type === 'resource') return labels.join('.')
  return type === 'data' || type === 'module' ? [type, ...labels].join('.') : undefined
}

function isOverride({ file }: SourceBlock): boolean {
  return /(?:^|[/\\_])override\.(?:tf|tofu)(?:\.json)?$/.test(file)
}

/** The folder that a call names by a path, as without `init` (mode: render). */
function localSource(caller: string, call: SourceBlock | undefined): string | undefined {
  const source = call && literalText(attribute(call, 'source'))
  return source !== undefined && /^\.\.?(?:\/|$)/.test(source) ? resolve(caller, source) : undefined
}

function positionIn(top: string, { file, line }: SourceBlock): Position {
  return { file: toPosix(relative(top, file)), line }
}

/** Absolute folders by module (`a.b`), as the manifest of `terraform init` lists them. */
async function installedFolders(root: string, data: string): Promise<ReadonlyMap<string, string>> {
  const manifest: unknown = JSON.parse(await readFile(join(data, 'modules', 'modules.json'), 'utf8').catch(() => '{}'))
  const modules = isMap(manifest) && Array.isArray(manifest['Modules']) ? manifest['Modules'] : []
  const entries = modules.flatMap((module): [string, string][] => {
    if (!isMap(module)) return []
    const { Key: key, Dir: directory } = module
    return typeof key === 'string' && typeof directory === 'string' ? [[key, resolve(root, directory)]] : []
  })
  return new Map(entries)
}
