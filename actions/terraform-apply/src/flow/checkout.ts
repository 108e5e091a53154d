import { branchTip, type PullRequest } from '../../../../lib/github/pull-requests.ts'
import { listTree, type TreeFile } from '../../../../lib/github/trees.ts'
import type { LocalClosure } from '../closure/closure.ts'
import { type TreeDifference, treeDifferences } from '../closure/tree-differences.ts'
import type { Session } from '../session.ts'

/**
 * Where the checkout is something else than what GitHub has for this pull request: the base branch's tip once
 * it is merged (so a re-run of an old job can't bring back old infrastructure), else its merge commit or its head.
 * Empty when it is one of these. Asked of GitHub's trees, because a checkout could be anything.
 */
export async function checkoutDifferences(
  session: Session,
  closure: LocalClosure,
  pullRequest: PullRequest,
): Promise<TreeDifference[]> {
  const commits =
    pullRequest.state === 'merged'
      ? [await branchTip(session.github, pullRequest.baseBranch)]
      : [pullRequest.mergeCommitSha, pullRequest.headSha].filter((sha) => sha !== undefined)
  let differences: TreeDifference[] = []
  for (const commit of commits) {
    differences = treeDifferences(closure, await closureTree(session, closure, commit))
    if (differences.length === 0) return []
  }
  return differences
}

/** The commit's files in the closure's folders, and its single files: var-files and others named elsewhere. */
async function closureTree(session: Session, closure: LocalClosure, commit: string): Promise<TreeFile[]> {
  const covers = (path: string) =>
    closure.directories.some((directory) => directory === '' || path.startsWith(`${directory}/`))
  const single = closure.tracked.map(({ path }) => path).filter((path) => !covers(path))
  const folders = new Set([
    ...closure.directories,
    ...single.map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/')))),
  ])
  const listed = await Promise.all([...folders].map((folder) => listTree(session.github, commit, folder)))
  return [...new Map(listed.flat().map((file) => [file.path, file])).values()]
}
