import type { Codebase, Module } from './codebase.ts'
import { folderOf, pathFrom } from './paths.ts'
import { realPath } from './snapshot.ts'

/** Folders of roots, found by their own look, and folders of configuration that neither look like a root nor are called. */
export interface FoundRoots {
  roots: string[]
  unclear: string[]
}

/** Under these names lie parts and trials, which call what they show or test. */
const NOT_DEPLOYED = new Set(['examples', 'tests', 'fixtures'])
const NOT_A_ROOT = new Set([...NOT_DEPLOYED, 'modules'])

/** Terraform reads these by itself in a root only. */
const VALUES = /^(terraform|.*\.auto)\.tfvars(\.json)?$/

/**
 * Which folders are roots, when nothing says so:
 *
 * - one with a `backend` or `cloud` block, unless another module calls it (callers beneath `examples`, `tests` and
 *   `fixtures` don't count, because they call what they show);
 * - one with a lock file, a file of values that Terraform reads by itself, or a `provider` block, unless another module
 *   calls it, or it lies beneath `modules`, `examples`, `tests` or `fixtures`.
 *
 * Two modules that call each other by mistake don't hide each other. Passed over are hidden folders, and those of shared
 * files: every one of which another folder links to, without a lock file or values of their own.
 */
export function findRoots(codebase: Codebase, ignored: (folder: string) => boolean): FoundRoots {
  const searched = [...codebase.modules.values()]
    .filter(({ folder }) => !isHidden(folder) && !ignored(folder))
    .sort((one, other) => (one.folder < other.folder ? -1 : 1))
  const values = foldersWithValues(codebase)
  const shared = linkedFiles(codebase)
  const calls = callGraph(searched, codebase)
  const callers = callersIn(calls)
  const isRoot = (module: Module): boolean => {
    const { folder, files, backend, provider } = module
    if (!values.has(folder) && files.every((file) => shared.has(file))) return false
    const outer = (callers.get(folder) ?? []).filter((caller) => !reaches(calls, folder, caller))
    if (backend) return outer.every((caller) => hasName(caller, NOT_DEPLOYED))
    return (provider || values.has(folder)) && outer.length === 0 && !hasName(folder, NOT_A_ROOT)
  }
  const roots = searched.filter(isRoot).map(({ folder }) => folder)
  const unclear = searched
    .map(({ folder }) => folder)
    .filter((folder) => !roots.includes(folder) && !callers.has(folder) && !hasName(folder, NOT_A_ROOT))
  return { roots, unclear }
}

function isHidden(folder: string): boolean {
  return folder.split('/').some((name) => name.startsWith('.'))
}

function hasName(folder: string, names: ReadonlySet<string>): boolean {
  return folder.split('/').some((name) => names.has(name))
}

/** Folders with a lock file, or with values that Terraform reads by itself. */
function foldersWithValues({ snapshot }: Codebase): ReadonlySet<string> {
  const isSign = (name: string): boolean => name === '.terraform.lock.hcl' || VALUES.test(name)
  const paths = [...snapshot.files.keys()].filter((path) => isSign(path.slice(path.lastIndexOf('/') + 1)))
  return new Set(paths.map(folderOf))
}

/** Files that links of other folders lead to. */
function linkedFiles({ snapshot }: Codebase): ReadonlySet<string> {
  const targets = [...snapshot.links.keys()].map((link) => ({ link, target: realPath(link, snapshot.links) }))
  return new Set(targets.filter(({ link, target }) => folderOf(link) !== folderOf(target)).map(({ target }) => target))
}

type Graph = ReadonlyMap<string, readonly string[]>

/** The folders that each module calls, itself apart. */
function callGraph(modules: readonly Module[], { snapshot }: Codebase): Graph {
  const calledBy = ({ folder, calls }: Module): string[] =>
    calls
      .map(({ source }) => pathFrom(folder, source))
      .filter((path) => path !== undefined)
      .map((path) => realPath(path, snapshot.links))
      .filter((called) => called !== folder)
  return new Map(modules.map((module) => [module.folder, calledBy(module)]))
}

function callersIn(calls: Graph): ReadonlyMap<string, string[]> {
  const callers = new Map<string, string[]>()
  for (const [caller, called] of calls) {
    for (const folder of called) callers.set(folder, [...(callers.get(folder) ?? []), caller])
  }
  return callers
}

function reaches(calls: Graph, from: string, to: string): boolean {
  const seen = new Set<string>()
  const pending = [from]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (folder === to) return true
    if (seen.has(folder)) continue
    seen.add(folder)
    pending.push(...(calls.get(folder) ?? []))
  }
  return false
}
