import { UserError } from '../../../../lib/action/errors.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import type { LocalClosure } from '../closure/closure.ts'
import { pathsOf, type TreeDifference } from '../closure/tree-differences.ts'
import type { Session } from '../session.ts'
import { checkoutDifferences } from './checkout.ts'

/**
 * Throws `plan-changed` for a checkout that isn't what GitHub has for the pull request now: an old job, the wrong ref, or
 * files that an earlier step changed. Nothing of such a checkout is executed.
 */
export async function requireCheckout(
  session: Session,
  closure: LocalClosure,
  pullRequest: PullRequest,
): Promise<void> {
  const differences = await checkoutDifferences(session, closure, pullRequest)
  if (differences.length > 0) throw wrongCheckout(pullRequest, differences)
}

function wrongCheckout(pullRequest: PullRequest, differences: readonly TreeDifference[]): UserError {
  const { baseBranch } = pullRequest
  const wanted = pullRequest.state === 'merged' ? `the tip of ${baseBranch}` : 'this pull request'
  const paths = listed(pathsOf(differences))
  if (differences.every(({ kind }) => kind === 'not committed')) {
    return new UserError('plan-changed', `The checkout has files that are not in ${wanted}: ${paths}.`, {
      remedy:
        'If an earlier step makes them, write them elsewhere or let Git ignore them. Else it is another checkout.',
    })
  }
  return new UserError('plan-changed', `The checkout is not ${wanted}: ${paths}.`, {
    remedy: rightCheckout(pullRequest),
  })
}

function rightCheckout({ state, baseBranch, number }: PullRequest): string {
  return state === 'merged'
    ? `The run of the newer commit applies; an old one doesn't. For a comment's run, check out ${baseBranch}.`
    : `Check out \`refs/pull/${number}/merge\` before this step.`
}

/** A few paths, for a sentence. */
export function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map((path) => `\`${path.replaceAll('`', "'")}\``)
  return shown.join(', ') + (paths.length > shown.length ? ` and ${paths.length - shown.length} more` : '')
}
