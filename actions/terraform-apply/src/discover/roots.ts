import { invalidInput } from '../../../../lib/action/errors.ts'
import { isRootName } from '../names.ts'
import type { Codebase } from './codebase.ts'
import { findRoots } from './find-roots.ts'
import { folderMatcher } from './globs.ts'
import { type RootEntry, readOndolFile, wrongLine } from './ondol-file.ts'
import { inOrder } from './order.ts'
import { shownFolder } from './paths.ts'
import { ONDOL_FILE, realPath } from './snapshot.ts'

/** One leg of the matrix: a root module with one of its workspaces. */
export interface Root {
  /** Unique in the repository. */
  name: string
  /** Relative to the repository; the top is `''`. */
  directory: string
  /** Empty for the one that is selected, which in a fresh checkout is the default. */
  workspace: string
}

export interface RepositoryRoots {
  /** In the order in which they are to run. */
  roots: Root[]
  /** Folders of configuration that neither look like a root nor are called by one. */
  unclear: string[]
}

/**
 * The roots of a commit: those that ondol.yml lists, else those that are found.
 *
 * @throws UserError (invalid-input) for an ondol.yml that can't be meant, and for folders that can't be told apart by name
 */
export function rootsOf(codebase: Codebase): RepositoryRoots {
  const file = readOndolFile(codebase.snapshot.texts.get(ONDOL_FILE) ?? '')
  const ignored = folderMatcher(file.ignore)
  if (!file.roots) return foundRoots(codebase, ignored)
  for (const entry of file.roots) requireConfiguration(entry, codebase)
  const roots = inOrder(file.roots)
    .filter(({ directory }) => !ignored(directory))
    .flatMap(legsOf)
  return { roots: distinct(roots), unclear: [] }
}

function foundRoots(codebase: Codebase, ignored: (folder: string) => boolean): RepositoryRoots {
  const { roots, unclear } = findRoots(codebase, ignored)
  return {
    roots: distinct(roots.map((directory) => ({ name: foundName(directory), directory, workspace: '' }))),
    unclear,
  }
}

/** The folder, as a step without the input `name` has it; what such a name can't hold becomes a hyphen. */
function foundName(directory: string): string {
  const name = shownFolder(directory).replace(/[^\w./-]/g, '-')
  if (isRootName(name)) return name
  throw invalidInput(
    `The folder ${JSON.stringify(directory)} is a root, but can't stand for its name; give it one in ${ONDOL_FILE}.`,
  )
}

function legsOf({ name, directory, workspaces }: RootEntry): Root[] {
  const [only = '', ...more] = workspaces
  if (more.length === 0) return [{ name, directory, workspace: only }]
  return workspaces.map((workspace) => ({ name: `${name}-${workspace}`, directory, workspace }))
}

function requireConfiguration({ directory, line }: RootEntry, codebase: Codebase): void {
  if (codebase.modules.has(realPath(directory, codebase.snapshot.links))) return
  throw wrongLine(
    line,
    `the directory ${JSON.stringify(shownFolder(directory))} has no configuration; mend the path, or remove the entry`,
  )
}

/** Names head comments, checks and stored plans; a folder's workspace has one state. */
function distinct(roots: Root[]): Root[] {
  for (const [index, root] of roots.entries()) {
    if (!isRootName(root.name)) throw invalidInput(`${ONDOL_FILE}: the name ${root.name} is too long.`)
    const earlier = roots.slice(0, index)
    const named = earlier.find(({ name }) => name === root.name)
    if (named) throw sameName(named, root)
    if (earlier.some((other) => isSamePlace(other, root))) throw twice(root)
  }
  return roots
}

/** Do they have the same state? */
export function isSamePlace(one: Root, other: Root): boolean {
  return one.directory === other.directory && (one.workspace || 'default') === (other.workspace || 'default')
}

function sameName(one: Root, other: Root): Error {
  const folders = [one, other].map(({ directory }) => JSON.stringify(shownFolder(directory))).join(' and ')
  return invalidInput(`The roots in ${folders} both have the name ${other.name}; give them names in ${ONDOL_FILE}.`)
}

function twice({ directory, workspace }: Root): Error {
  const where = workspace === '' ? '' : ` with the workspace ${workspace}`
  return invalidInput(`${ONDOL_FILE} lists the directory ${shownFolder(directory)}${where} twice.`)
}
