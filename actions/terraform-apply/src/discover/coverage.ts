import type { Reference } from '../closure/references.ts'
import type { Codebase } from './codebase.ts'
import { folderOf, isBeneath, pathFrom, withAncestors } from './paths.ts'
import { followLinks, realPath } from './snapshot.ts'

/** A file or a whole folder that a root depends on, whether or not it is there. */
export interface Place {
  path: string
  because: Because
}

export type Because =
  | { kind: 'own' }
  /** `calledBy` is the file with the `module` block. */
  | { kind: 'module'; folder: string; calledBy: string }
  | { kind: 'link'; link: string }
  /** `namedBy` is the file that has the path. */
  | { kind: 'named'; namedBy: string }
  | { kind: 'version-file' }

/**
 * Everything that a root depends on in the repository, as `computeClosure` finds it on disk after `terraform init`: its
 * folder, the local modules that it calls at whatever depth, what links in these lead to, what their files name by upward
 * paths, and the file that pins the program's version. The nearest reason for a path comes first.
 *
 * @param directory the root's folder, which may be a link
 * @param versionFile name of the file that pins the version
 */
export function coverageOf(directory: string, codebase: Codebase, versionFile: string): Place[] {
  const own = stagesOf(directory, codebase, { kind: 'own' })
  const modules = calledModules(directory, codebase)
  const folders = [...new Set([...own, ...modules].map(({ path }) => path))]
  const named = namedPlaces(folders, directory, codebase)
  const linked = linkedPlaces([...folders, ...named.map(({ path }) => path)], codebase)
  return [...own, ...modules, ...linked, ...named, ...versionFiles(directory, codebase, versionFile)]
}

/** A path with everything that it becomes by links. */
function stagesOf(path: string, { snapshot }: Codebase, because: Because): Place[] {
  return followLinks(path, snapshot.links).map((stage) => ({ path: stage, because }))
}

/** Sources are resolved from where a module was called, as Terraform does; each real folder is entered once. */
function calledModules(root: string, codebase: Codebase): Place[] {
  const places: Place[] = []
  const entered = new Set<string>()
  const pending = [root]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const real = realPath(folder, codebase.snapshot.links)
    if (entered.has(real)) continue
    entered.add(real)
    for (const { file, source } of codebase.modules.get(real)?.calls ?? []) {
      const called = pathFrom(folder, source)
      if (called === undefined) continue
      pending.push(called)
      const module = realPath(called, codebase.snapshot.links)
      places.push(...stagesOf(called, codebase, { kind: 'module', folder: module, calledBy: file }))
    }
  }
  return places
}

function namedPlaces(folders: readonly string[], root: string, codebase: Codebase): Place[] {
  const beneath = [...codebase.references].filter(([file]) => folders.some((folder) => isBeneath(file, folder)))
  return beneath.flatMap(([file, references]) =>
    references
      .flatMap((reference) => basesOf(reference, file, root).map((base) => pathFrom(base, reference.path)))
      .filter((path) => path !== undefined)
      .flatMap((path) => stagesOf(path, codebase, { kind: 'named', namedBy: file })),
  )
}

function basesOf({ from }: Reference, file: string, root: string): string[] {
  if (from === 'root') return [root]
  return from === 'module' ? [folderOf(file)] : [folderOf(file), root]
}

/** What the links in these folders lead to, and the links there. */
function linkedPlaces(folders: readonly string[], codebase: Codebase): Place[] {
  const places: Place[] = []
  const seen = new Set<string>()
  const pending = [...folders]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const link of codebase.snapshot.links.keys()) {
      if (seen.has(link) || !isBeneath(link, folder)) continue
      seen.add(link)
      const stages = stagesOf(link, codebase, { kind: 'link', link })
      places.push(...stages)
      pending.push(...stages.map(({ path }) => path))
    }
  }
  return places
}

/** Up to the nearest one that is there; a nearer one may have been deleted. */
function versionFiles(root: string, { snapshot }: Codebase, name: string): Place[] {
  const paths = withAncestors(root).map((folder) => (folder === '' ? name : `${folder}/${name}`))
  const nearest = paths.findIndex((path) => snapshot.files.has(path))
  const read = nearest === -1 ? paths : paths.slice(0, nearest + 1)
  return read.map((path) => ({ path, because: { kind: 'version-file' } }))
}
