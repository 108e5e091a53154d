import { type GitHub, statusOf } from './client.ts'

export interface PullRequest {
  number: number
  author: string
  headSha: string
  headBranch: string
  /** The repository that the branch lives in; `undefined` when that repository is gone. */
  headRepositoryId: number | undefined
  baseRepositoryId: number
  baseBranch: string
  state: 'open' | 'closed' | 'merged'
  mergedAt: Date | undefined
  /** For an open one the merge commit that GitHub made to try it; for a merged one the commit on the base branch. */
  mergeCommitSha: string | undefined
}

export interface Review {
  author: string
  authorIsBot: boolean
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'DISMISSED' | 'COMMENTED' | 'PENDING'
  commitSha: string
  submittedAt: Date
}

export type Permission = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin'

export async function getPullRequest(github: GitHub, number: number): Promise<PullRequest> {
  const { data } = await github.rest.pulls.get({ ...github.repository, pull_number: number })
  return {
    number: data.number,
    author: data.user.login,
    headSha: data.head.sha,
    headBranch: data.head.ref,
    headRepositoryId: data.head.repo?.id,
    baseRepositoryId: data.base.repo.id,
    baseBranch: data.base.ref,
    state: stateOf(data),
    mergedAt: dateOf(data.merged_at),
    mergeCommitSha: data.merge_commit_sha ?? undefined,
  }
}

export function dateOf(time: string | null | undefined): Date | undefined {
  return time ? new Date(time) : undefined
}

/** A merged pull request is closed too, in GitHub's words. */
export function stateOf({ merged, state }: { merged?: boolean | null; state: string }): PullRequest['state'] {
  if (merged) return 'merged'
  return state === 'open' ? 'open' : 'closed'
}

/** The merged pull requests whose merge made `sha` part of `branch`, newest first. */
export async function mergedPullRequests(github: GitHub, sha: string, branch: string): Promise<number[]> {
  const pulls = await github.paginate(github.rest.repos.listPullRequestsAssociatedWithCommit, {
    ...github.repository,
    commit_sha: sha,
    per_page: 100,
  })
  return pulls
    .filter((pull) => pull.merged_at !== null && pull.base.ref === branch && pull.merge_commit_sha === sha)
    .map((pull) => pull.number)
    .sort((left, right) => right - left)
}

/** Every submitted review, oldest first. */
export async function listReviews(github: GitHub, number: number): Promise<Review[]> {
  const reviews = await github.paginate(github.rest.pulls.listReviews, {
    ...github.repository,
    pull_number: number,
    per_page: 100,
  })
  return reviews.map((review) => ({
    author: review.user?.login ?? '',
    authorIsBot: review.user?.type !== 'User',
    state: review.state as Review['state'],
    commitSha: review.commit_id ?? '',
    submittedAt: new Date(review.submitted_at ?? Number.NaN),
  }))
}

/** GitHub's own judgement by the branch's rules (code owners, number of reviews); `undefined` when no rule asks for reviews. */
export async function reviewDecision(github: GitHub, number: number): Promise<string | undefined> {
  const { owner, repo } = github.repository
  const reply = await github.graphql<{ repository: { pullRequest: { reviewDecision: string | null } } }>(
    `query ($owner: String!, $repo: String!, $number: Int!) {
      repository(owner: $owner, name: $repo) { pullRequest(number: $number) { reviewDecision } }
    }`,
    { owner, repo, number },
  )
  return reply.repository.pullRequest.reviewDecision ?? undefined
}

/** GitHub lists at most this many files of a pull request. */
export const LISTED_FILES_LIMIT = 3000

/** The paths that a pull request changes, a renamed file by both of its names. */
export async function changedPaths(github: GitHub, number: number): Promise<string[]> {
  const files = await github.paginate(github.rest.pulls.listFiles, {
    ...github.repository,
    pull_number: number,
    per_page: 100,
  })
  return files.flatMap((file) =>
    file.previous_filename === undefined ? [file.filename] : [file.filename, file.previous_filename],
  )
}

export interface Pusher {
  login: string
  isBot: boolean
}

/**
 * Who pushed `sha` to `branch`, by the repository's activity; empty when GitHub doesn't tell (another repository's
 * branch, a server without that API).
 */
export async function pushersOf(github: GitHub, branch: string, sha: string): Promise<Pusher[]> {
  const activities = await github
    .paginate('GET /repos/{owner}/{repo}/activity', {
      ...github.repository,
      ref: `refs/heads/${branch}`,
      per_page: 100,
    })
    .catch((error: unknown) => {
      if (statusOf(error) === 404) return []
      throw error
    })
  return activities.flatMap(({ after, actor }) =>
    after === sha && actor ? [{ login: actor.login, isBot: actor.type !== 'User' }] : [],
  )
}

/** The accounts that GitHub names as author and committer of a commit. */
export async function commitPeople(github: GitHub, sha: string): Promise<string[]> {
  const { data } = await github.rest.repos.getCommit({ ...github.repository, ref: sha, per_page: 1 })
  return [data.author?.login, data.committer?.login].filter((login) => login !== undefined)
}

/**
 * Who started the runs of workflows for a commit, or ran them again: for a push to a pull request its pusher, which
 * nobody can forge.
 */
export async function runActors(github: GitHub, sha: string): Promise<string[]> {
  const runs = await github.paginate(github.rest.actions.listWorkflowRunsForRepo, {
    ...github.repository,
    head_sha: sha,
    per_page: 100,
  })
  const actors = runs.flatMap(({ actor, triggering_actor }) => [actor?.login, triggering_actor?.login])
  return [...new Set(actors.filter((login) => login !== undefined))]
}

/** A person's permission on the repository, a custom role by the base role that it grows from. */
export async function permissionOf(github: GitHub, login: string): Promise<Permission> {
  try {
    const { data } = await github.rest.repos.getCollaboratorPermissionLevel({ ...github.repository, username: login })
    return finest(data.user?.permissions ?? {}) ?? (data.permission as Permission)
  } catch (error) {
    if (statusOf(error) === 404) return 'none'
    throw error
  }
}

const ORDER: readonly Permission[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin']

export function isAtLeast(permission: Permission, minimum: Permission): boolean {
  return ORDER.indexOf(permission) >= ORDER.indexOf(minimum)
}

/** `permission` folds maintain into write and triage into read; the flags tell them apart. */
function finest(flags: {
  pull?: boolean
  triage?: boolean
  push?: boolean
  maintain?: boolean
  admin?: boolean
}): Permission | undefined {
  if (flags.admin) return 'admin'
  if (flags.maintain) return 'maintain'
  if (flags.push) return 'write'
  if (flags.triage) return 'triage'
  return flags.pull ? 'read' : undefined
}

export interface Labelling {
  label: string
  actor: string
  actorIsBot: boolean
  at: Date
  /** Removing counts too: the last event says who is answerable for the label being there. */
  kind: 'labeled' | 'unlabeled'
}

/** Every putting on and taking off of labels, oldest first. */
export async function listLabellings(github: GitHub, number: number): Promise<Labelling[]> {
  const events = await github.paginate(github.rest.issues.listEvents, {
    ...github.repository,
    issue_number: number,
    per_page: 100,
  })
  return events.flatMap((event) => {
    const { event: kind, label } = event as { event: string; label?: { name?: string } }
    if ((kind !== 'labeled' && kind !== 'unlabeled') || label?.name === undefined) return []
    const { login: actor = '', type } = event.actor ?? {}
    return [{ label: label.name, actor, actorIsBot: type !== 'User', at: new Date(event.created_at), kind }]
  })
}

export interface RunApproval {
  user: string
  userIsBot: boolean
  state: string
}

/** Who approved the environments of a run. */
export async function runApprovals(github: GitHub, runId: number): Promise<RunApproval[]> {
  const { data } = await github.rest.actions.getReviewsForRun({ ...github.repository, run_id: runId })
  return data.map(({ user, state }) => ({ user: user.login, userIsBot: user.type !== 'User', state }))
}

/** The commit that a branch points to now. */
export async function branchTip(github: GitHub, branch: string): Promise<string> {
  const { data } = await github.rest.repos.getCommit({ ...github.repository, ref: `heads/${branch}`, per_page: 1 })
  return data.sha
}
