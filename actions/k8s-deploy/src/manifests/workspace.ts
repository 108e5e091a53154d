import { globSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { insideWorkspace } from '../../../../lib/action/workspace.ts'

/** A file or folder of the workspace. */
export interface Place {
  kind: 'file' | 'folder'
  /** Absolute. */
  path: string
  /** Relative to the workspace, with `/`: as annotations want it. */
  name: string
}

/** `undefined` where there is neither a file nor a folder. Throws `invalid-input` for what lies outside of the workspace, links followed. */
export function placeAt(input: string, entry: string, workspace: string): Place | undefined {
  const path = insideWorkspace(input, entry, workspace)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  insideWorkspace(input, realpathSync(path), realpathSync(workspace))
  if (!stat.isFile() && !stat.isDirectory()) return undefined
  const name = relative(workspace, path).split(sep).join('/')
  return { kind: stat.isDirectory() ? 'folder' : 'file', path, name: name === '' ? '.' : name }
}

/**
 * Refuses a folder from which a link leads out of the workspace: Helm follows it, and its templates show what they like.
 *
 * @throws UserError `invalid-input`
 */
export function refuseLinksOutside(input: string, folder: Place, workspace: string): void {
  const inside = realpathSync(workspace)
  const seen = new Set<string>()

  function visit(path: string): void {
    const real = realpath(path)
    if (real === undefined || seen.has(real)) return
    seen.add(real)
    if (real !== inside && !real.startsWith(inside + sep)) {
      throw invalidInput(
        `The input ${input} names ${JSON.stringify(folder.name)}, from which the link ${JSON.stringify(relative(workspace, path))} leads out of the workspace.`,
      )
    }
    if (!statSync(real).isDirectory()) return
    for (const name of readdirSync(real)) visit(join(path, name))
  }

  visit(folder.path)
}

/** `undefined` for a link to nothing. */
function realpath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

const MANIFEST_FILE = /\.(?:ya?ml|json)$/

export function isManifestFile(name: string): boolean {
  return MANIFEST_FILE.test(name)
}

/** The YAML and JSON files that a glob matches, sorted. Neither `node_modules` nor `.git` is looked into. */
export function filesMatching(input: string, pattern: string, workspace: string): Place[] {
  if (!/[*?[{]/.test(pattern)) return []
  if (pattern.split(/[/\\]/).includes('..')) {
    throw invalidInput(`The input ${input} has the glob ${JSON.stringify(pattern)}; ".." isn't allowed in one.`)
  }
  return globSync(pattern, { cwd: workspace, exclude: ['**/node_modules', '**/.git'] })
    .filter(isManifestFile)
    .sort()
    .flatMap((name) => placeAt(input, name, workspace) ?? [])
    .filter(({ kind }) => kind === 'file')
}
