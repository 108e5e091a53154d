import type { TreeFile } from '../../../../lib/github/trees.ts'
import { inParallel } from '../../../../lib/in-parallel/in-parallel.ts'
import { LOADED_BY_NAME } from '../closure/files.ts'
import { folderOf, pathFrom } from './paths.ts'

/** The optional file at the repository's top that says which roots there are. */
export const ONDOL_FILE = 'ondol.yml'

/** What discovery looks at of a commit: every path, and the content of what says which of them belong together. */
export interface Snapshot {
  /** Every file, link and submodule by its path. */
  files: ReadonlyMap<string, TreeFile>
  /** Paths that the symbolic links hold. */
  links: ReadonlyMap<string, string>
  /** Content of configuration, of its values and of ondol.yml, by path; where that is a link, of what it leads to. */
  texts: ReadonlyMap<string, string>
}

/** Gives a file's content, or the path that a link holds. */
export type ReadText = (file: TreeFile) => Promise<string>

const READ_AT_ONCE = 8
/** Git's modes. */
export const LINK = '120000'
const SUBMODULE = '160000'

/** Reads each file that matters once. */
export async function takeSnapshot(tree: readonly TreeFile[], read: ReadText): Promise<Snapshot> {
  const files = new Map(tree.map((file) => [file.path, file]))
  const linkFiles = tree.filter(({ mode }) => mode === LINK)
  const targets = await inParallel(linkFiles, READ_AT_ONCE, read)
  const links = new Map(linkFiles.map(({ path }, index) => [path, targets[index] ?? '']))
  const sources = tree.flatMap(({ path, mode }) => {
    const file = isRead(path) && mode !== SUBMODULE ? files.get(realPath(path, links)) : undefined
    return file === undefined || file.mode === LINK || file.mode === SUBMODULE ? [] : [{ path, file }]
  })
  const texts = await inParallel(sources, READ_AT_ONCE, ({ file }) => read(file))
  return { files, links, texts: new Map(sources.map(({ path }, index) => [path, texts[index] ?? ''])) }
}

function isRead(path: string): boolean {
  return path === ONDOL_FILE || LOADED_BY_NAME.test(path)
}

/** As many links in a row as Linux follows. */
const MOST_LINKS = 40

/**
 * A path and what it becomes when one symbolic link after the other is followed, also those of the folders above; the last
 * one is real, unless the links lead out of the repository or in a circle. Whoever uses the path depends on all of these.
 */
export function followLinks(path: string, links: ReadonlyMap<string, string>): string[] {
  const passed = [path]
  for (let at: string | undefined = path; at !== undefined && passed.length <= MOST_LINKS; ) {
    at = throughFirstLink(at, links)
    if (at !== undefined) passed.push(at)
  }
  return passed
}

export function realPath(path: string, links: ReadonlyMap<string, string>): string {
  return followLinks(path, links).at(-1) ?? path
}

function throughFirstLink(path: string, links: ReadonlyMap<string, string>): string | undefined {
  if (links.size === 0) return undefined
  const names = path.split('/')
  for (let count = 1; count <= names.length; count++) {
    const link = names.slice(0, count).join('/')
    const target = links.get(link)
    if (target === undefined) continue
    const led = pathFrom(folderOf(link), target)
    return led === undefined ? undefined : pathFrom(led, names.slice(count).join('/'))
  }
  return undefined
}
