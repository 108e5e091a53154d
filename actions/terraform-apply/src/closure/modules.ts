import { readFile, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isInside } from './files.ts'

export interface InstalledModules {
  /** Absolute folders of the root and of every module that the repository itself holds, each once. */
  local: string[]
  /** Modules that `init` downloaded, with the folder they were put into. */
  downloaded: { key: string; source: string; version: string; directory: string }[]
}

/**
 * The modules of a root after `terraform init`, as its manifest (.terraform/modules/modules.json, or the same beneath
 * TF_DATA_DIR) lists them. A root without modules has no manifest. `root` and `data` are real paths, as are the results.
 */
export async function installedModules(root: string, data: string): Promise<InstalledModules> {
  const text = await readFile(join(data, 'modules', 'modules.json'), 'utf8').catch(() => '{"Modules":[]}')
  const { Modules = [] } = JSON.parse(text) as {
    Modules?: { Key: string; Source: string; Version?: string; Dir: string }[]
  }
  const local = new Set([root])
  const downloaded: InstalledModules['downloaded'] = []
  for (const module of Modules.filter(({ Key }) => Key !== '')) {
    const directory = await realOrGiven(resolve(root, module.Dir))
    if (isInside(directory, join(data, 'modules'))) {
      downloaded.push({ key: module.Key, source: module.Source, version: module.Version ?? '', directory })
    } else local.add(directory)
  }
  return { local: [...local], downloaded }
}

/** The path with every symbolic link resolved; as it is where nothing is there. */
export function realOrGiven(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}
