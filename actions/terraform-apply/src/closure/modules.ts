import { readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { isInside, isWorkingData, toPosix } from './files.ts'

export interface InstalledModules {
  /** Absolute folders of the root and of every module that the repository itself holds. */
  local: string[]
  /** Modules that `init` downloaded, with the folder they were put into. */
  downloaded: { key: string; source: string; version: string; directory: string }[]
}

/**
 * The modules of a root after `terraform init`, as its manifest (.terraform/modules/modules.json, or the same beneath
 * TF_DATA_DIR) lists them. A root without modules has no manifest.
 */
export async function installedModules(root: string, dataDirectory: string | undefined): Promise<InstalledModules> {
  const data = resolve(root, dataDirectory || '.terraform')
  const text = await readFile(join(data, 'modules', 'modules.json'), 'utf8').catch(() => '{"Modules":[]}')
  const { Modules = [] } = JSON.parse(text) as {
    Modules?: { Key: string; Source: string; Version?: string; Dir: string }[]
  }
  const local = [resolve(root)]
  const downloaded: InstalledModules['downloaded'] = []
  for (const module of Modules.filter(({ Key }) => Key !== '')) {
    const directory = resolve(root, module.Dir)
    if (isInside(directory, join(data, 'modules'))) {
      downloaded.push({ key: module.Key, source: module.Source, version: module.Version ?? '', directory })
    } else local.push(directory)
  }
  return { local: outermost(local), downloaded }
}

/** Folders that none of the others brings along: one amid working data is not looked for from above. */
function outermost(directories: readonly string[]): string[] {
  const unique = [...new Set(directories)]
  const brings = (other: string, directory: string): boolean =>
    other !== directory && isInside(directory, other) && !isWorkingData(toPosix(relative(other, directory)))
  return unique.filter((directory) => !unique.some((other) => brings(other, directory)))
}
