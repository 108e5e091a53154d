import type { TreeFile } from '../../../../lib/github/trees.ts'
import type { LocalClosure } from './closure.ts'
import { isLockFile } from './folders.ts'

/** A path at which the checkout differs from a commit's tree. */
export interface TreeDifference {
  path: string
  /** `not committed`: the commit has no such file, so an earlier step made it, or the checkout is another commit's. */
  kind: 'changed' | 'missing here' | 'not committed'
}

/**
 * Where the checkout differs from a commit's tree within the closure's folders and files, sorted by path. An additional
 * file counts too: Terraform would load it, or a `fileset` would find it. So does a committed one with a name like
 * Terraform's working data; where Git can't tell that it is tracked, it is missing here.
 */
export function treeDifferences(closure: LocalClosure, tree: readonly TreeFile[]): TreeDifference[] {
  const committed = new Map(tree.map((file) => [file.path, file.sha]))
  const here = new Set(closure.tracked.map(({ path }) => path))
  const differing = closure.tracked.flatMap(({ path, blobs }): TreeDifference[] => {
    const sha = committed.get(path)
    // A lock file that was never committed is an earlier step's; the versions it chose count in the canonical plan.
    if (sha === undefined) return isLockFile(path) ? [] : [{ path, kind: 'not committed' }]
    return blobs.includes(sha) ? [] : [{ path, kind: 'changed' }]
  })
  const gone = tree
    .filter(({ path }) => !here.has(path) && !isLockFile(path) && isBeneath(path, closure.directories))
    .map(({ path }): TreeDifference => ({ path, kind: 'missing here' }))
  return [...differing, ...gone].sort((one, other) => (one.path < other.path ? -1 : 1))
}

export function pathsOf(differences: readonly TreeDifference[]): string[] {
  return differences.map(({ path }) => path)
}

/** Would a checkout of the commit have brought this file into the closure? */
function isBeneath(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) => directory === '' || path.startsWith(`${directory}/`))
}
