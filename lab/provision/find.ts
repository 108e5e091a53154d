// Is a part there? On PATH in a version that will do, or as the lab's own copy.
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { execute } from './execute.ts'
import { type PartName, parts } from './parts.ts'

/** Folder of the lab's own copy of a part; its name holds the version. */
export function cacheFolder(name: PartName): string {
  const { recipe } = parts[name]
  const version = 'version' in recipe ? recipe.version.replace(/^v/, '') : 'system'
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ondol-lab', `${name}-${version}`)
}

/** Absolute path of a part's program or file, or undefined. Nothing is installed. */
export async function findPart(name: PartName): Promise<string | undefined> {
  const { program, folder = 'bin', onPath, file: lying } = parts[name]
  if (lying !== undefined) return existsSync(lying) ? lying : undefined
  const own = join(cacheFolder(name), folder, program)
  if (isProgram(own)) return own
  if (onPath === undefined) return undefined
  for (const onePath of (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const file = join(onePath, program)
    if (isProgram(file) && (await isNewEnough(file, onPath.versionArgs, onPath.minimum))) return file
  }
  return undefined
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

async function isNewEnough(file: string, versionArgs: readonly string[], minimum: string): Promise<boolean> {
  try {
    const version = /\d+(\.\d+)+/.exec(await execute(file, versionArgs))?.[0]
    return version !== undefined && compareVersions(version, minimum) >= 0
  } catch {
    // A shim for a program that isn't installed, say.
    return false
  }
}

/** Negative, zero or positive, as dotted numbers compare; a missing number counts as 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  const different = Array.from(
    { length: Math.max(left.length, right.length) },
    (_, i) => (left[i] ?? 0) - (right[i] ?? 0),
  )
  return different.find((difference) => difference !== 0) ?? 0
}
