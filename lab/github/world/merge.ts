import { commitTree, git, gitOrNull, listCommits, readCommit, resolveCommit, type Signature } from './git.ts'

/** How a pull request is merged; the names are those of GitHub's API. */
export type MergeMethod = 'merge' | 'squash' | 'rebase'

/** One merge to make in a bare repository: `head` goes on top of `base`. */
export interface MergePlan {
  gitDir: string
  base: string
  head: string
  message: string
  author: Signature
  committer: Signature
}

/** The tree of a three-way merge, or null on a conflict. */
function mergedTree(gitDir: string, ours: string, theirs: string): string | null {
  return gitOrNull(gitDir, ['merge-tree', '--write-tree', '--no-messages', ours, theirs])
}

/** A merge commit of `base` and `head`, or null on a conflict. No ref moves. */
export function mergeCommit({ gitDir, base, head, message, author, committer }: MergePlan): string | null {
  const tree = mergedTree(gitDir, base, head)
  if (tree === null) return null
  return commitTree(gitDir, { tree, parents: [base, head], message, author, committer })
}

function squash({ gitDir, base, head, message, author, committer }: MergePlan): string | null {
  const tree = mergedTree(gitDir, base, head)
  return tree === null ? null : commitTree(gitDir, { tree, parents: [base], message, author, committer })
}

/**
 * The tree of `commit` replayed on `onto`. git 2.39 can't be told a merge base, so both sides become children of the
 * commit's own parent: then that parent is their merge base.
 */
function replayedTree(gitDir: string, commit: string, onto: string, committer: Signature): string | null {
  const { tree, parents, author, message } = readCommit(gitDir, commit)
  const child = (ofTree: string) => commitTree(gitDir, { tree: ofTree, parents, message, author, committer })
  return mergedTree(gitDir, child(git(gitDir, ['rev-parse', `${onto}^{tree}`])), child(tree))
}

function rebase({ gitDir, base, head, committer }: MergePlan): string | null {
  let tip = base
  for (const sha of listCommits(gitDir, `${base}..${head}`)) {
    const { parents, author, message } = readCommit(gitDir, sha)
    if (parents.length > 1) continue
    const tree = replayedTree(gitDir, sha, tip, committer)
    if (tree === null) return null
    tip = commitTree(gitDir, { tree, parents: [tip], message, author, committer })
  }
  return tip
}

const METHODS = { merge: mergeCommit, squash, rebase }

/**
 * Merges by one of GitHub's three methods and returns the new tip of the base; no ref moves.
 *
 * @throws on a conflict
 */
export function mergeBy(method: MergeMethod, plan: MergePlan): string {
  const sha = METHODS[method](plan)
  if (sha === null) throw new Error(`${plan.head} conflicts with ${plan.base}`)
  return sha
}

/** The best common ancestor. Unrelated histories have none: then null. */
export function mergeBase(gitDir: string, a: string, b: string): string | null {
  const sha = gitOrNull(gitDir, ['merge-base', a, b])
  return sha === null ? null : resolveCommit(gitDir, sha)
}
