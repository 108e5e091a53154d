import type { GitHub } from '../../../../lib/github/client.ts'
import {
  changedPaths,
  commitPeople,
  LISTED_FILES_LIMIT,
  listReviews,
  type Permission,
  type PullRequest,
  permissionOf,
  pushersOf,
  reviewDecision,
  runActors,
  runApprovals,
} from '../../../../lib/github/pull-requests.ts'
import type { ApplyComment, ApprovalFacts, Policy } from './approval.ts'

/** Asks GitHub for what `judgeApproval` needs to know under this policy, and for no more. */
export async function gatherFacts(
  github: GitHub,
  pullRequest: PullRequest,
  plannedAt: Date,
  policy: Policy,
  comment: ApplyComment | undefined,
  runId: number,
): Promise<ApprovalFacts> {
  const byReview = policy === 'review'
  const judgesPeople = byReview || policy === 'environment'
  const [reviews, decision, paths, approvals, pushers] = await Promise.all([
    byReview ? listReviews(github, pullRequest.number) : [],
    byReview ? reviewDecision(github, pullRequest.number) : undefined,
    pullRequest.state === 'merged' ? [] : changedPaths(github, pullRequest.number),
    policy === 'environment' ? runApprovals(github, runId) : [],
    judgesPeople ? lastPushers(github, pullRequest) : [],
  ])
  const people = [
    ...reviews.map(({ author }) => author),
    ...approvals.map(({ user }) => user),
    ...(comment ? [comment.author, comment.triggeringActor] : []),
  ]
  return {
    pullRequest,
    plannedAt,
    lastPushers: pushers,
    reviews,
    reviewDecision: decision,
    changedPaths: paths,
    changedPathsComplete: paths.length < LISTED_FILES_LIMIT,
    runApprovals: approvals,
    permissions: await permissionsOf(github, people),
  }
}

/**
 * Who pushed the head commit: by the repository's activity. Where that doesn't know the commit, or knows only a bot, on
 * whose behalf anybody may have pushed (a workflow of the branch, as `github-actions[bot]`), everyone who may have: the
 * accounts that stand on the commit (which a pusher can forge) and those who started its runs (which nobody can).
 */
async function lastPushers(github: GitHub, { headBranch, headSha }: PullRequest): Promise<string[]> {
  const pushers = await pushersOf(github, headBranch, headSha)
  const logins = pushers.map(({ login }) => login)
  if (pushers.some(({ isBot }) => !isBot)) return logins
  const [people, actors] = await Promise.all([commitPeople(github, headSha), runActors(github, headSha)])
  return [...logins, ...people, ...actors]
}

async function permissionsOf(github: GitHub, logins: readonly string[]): Promise<Map<string, Permission>> {
  const unique = new Set(logins.filter((login) => login !== '').map((login) => login.toLowerCase()))
  return new Map(
    await Promise.all([...unique].map(async (login) => [login, await permissionOf(github, login)] as const)),
  )
}
