import { UserError } from '../../../../lib/action/errors.ts'
import { dateOf, type PullRequest, stateOf } from '../../../../lib/github/pull-requests.ts'

interface Payload {
  pull_request?: {
    number: number
    user: { login: string }
    head: { sha: string; ref: string; repo: { id: number } | null }
    base: { ref: string; repo: { id: number } }
    state: string
    merged?: boolean | null
    merged_at?: string | null
    merge_commit_sha?: string | null
  }
}

/** The pull request of a `pull_request` event as it was when the event happened, so that a later push isn't taken for it. */
export function pullRequestOfEvent(payload: Record<string, unknown>): PullRequest | undefined {
  const { pull_request: pull } = payload as Payload
  if (!pull) return undefined
  if (!pull.head?.sha || !pull.base?.repo)
    throw new UserError('unsupported-event', 'The event names a pull request without its head or base.')
  return {
    number: pull.number,
    author: pull.user.login,
    headSha: pull.head.sha,
    headBranch: pull.head.ref,
    headRepositoryId: pull.head.repo?.id,
    baseRepositoryId: pull.base.repo.id,
    baseBranch: pull.base.ref,
    state: stateOf(pull),
    mergedAt: dateOf(pull.merged_at),
    mergeCommitSha: pull.merge_commit_sha ?? undefined,
  }
}
