import { posix } from 'node:path'

// Paths of a commit: relative to the repository's top, divided by `/`, without `.`, `..` or a last `/`. The top is `''`.

/** Where `path`, as a file in `folder` writes it, leads to; `undefined` for an absolute one and one that leaves the repository. */
export function pathFrom(folder: string, path: string): string | undefined {
  if (posix.isAbsolute(path)) return undefined
  const joined = posix.join(folder, path).replace(/\/$/, '')
  if (joined === '..' || joined.startsWith('../')) return undefined
  return joined === '.' ? '' : joined
}

export function folderOf(path: string): string {
  const folder = posix.dirname(path)
  return folder === '.' ? '' : folder
}

/** Is it the folder itself, or in it at whatever depth? */
export function isBeneath(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

/** The folder, the one above it, and so on up to the top. */
export function withAncestors(folder: string): string[] {
  return folder === '' ? [''] : [folder, ...withAncestors(folderOf(folder))]
}

/** As people write it: the top is `.`. */
export function shownFolder(folder: string): string {
  return folder || '.'
}
