import { timestamp } from '../world/clock.ts'
import { diffTrees, type FileChange } from '../world/diff.ts'
import type { PullRequest } from '../world/pull-request.ts'
import type { Repository } from '../world/repository.ts'
import { type Review, reviewDecision } from '../world/review.ts'
import { changeTotals } from './commit.ts'
import { associationOf, issuePage, labelJson } from './issue.ts'
import { apiOf, type Json, nodeId, pageOf } from './json.ts'
import { repositoryJson } from './repository.ts'
import { userJson } from './user.ts'

/** The files that a pull request changes: from where the head left the base. */
export function changedFiles(pullRequest: PullRequest): FileChange[] {
  return diffTrees(pullRequest.repository.gitDir, pullRequest.forkPoint(), pullRequest.headSha)
}

function sideJson(repository: Repository, ref: string, sha: string): Json {
  return {
    label: `${repository.owner.login}:${ref}`,
    ref,
    sha,
    user: userJson(repository.owner, repository.world.urls),
    repo: repositoryJson(repository),
  }
}

function linksOf({ repository, issue, headSha }: PullRequest): Record<string, string> {
  const url = `${apiOf(repository)}/pulls/${issue.number}`
  const issueUrl = `${apiOf(repository)}/issues/${issue.number}`
  return {
    self: url,
    html: issuePage(issue),
    issue: issueUrl,
    comments: `${issueUrl}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${apiOf(repository)}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${apiOf(repository)}/statuses/${headSha}`,
  }
}

function urlsOf(pullRequest: PullRequest): Json {
  const links = linksOf(pullRequest)
  const page = links['html']
  return {
    url: links['self'],
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: links['issue'],
    commits_url: links['commits'],
    review_comments_url: links['review_comments'],
    review_comment_url: links['review_comment'],
    comments_url: links['comments'],
    statuses_url: links['statuses'],
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
  }
}

/** The schema `pull-request-simple`, as lists hold it. */
export function simplePullRequestJson(pullRequest: PullRequest): Json {
  const { repository, issue, merged } = pullRequest
  return {
    ...urlsOf(pullRequest),
    id: pullRequest.id,
    node_id: nodeId('PullRequest', pullRequest.id),
    number: pullRequest.number,
    state: issue.state,
    locked: false,
    active_lock_reason: null,
    title: issue.title,
    user: userJson(issue.author, repository.world.urls),
    body: issue.body,
    labels: issue.labels.map((label) => labelJson(repository, label)),
    milestone: null,
    created_at: timestamp(issue.createdAt),
    updated_at: timestamp(issue.updatedAt),
    closed_at: issue.closedAt === null ? null : timestamp(issue.closedAt),
    merged_at: merged === null ? null : timestamp(merged.at),
    merge_commit_sha: merged?.sha ?? pullRequest.testMerge,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: sideJson(pullRequest.headRepository, pullRequest.headBranch, pullRequest.headSha),
    base: sideJson(repository, pullRequest.baseBranch, pullRequest.baseSha),
    author_association: associationOf(repository, issue.author),
    auto_merge: null,
    draft: pullRequest.draft,
  }
}

function mergeState(pullRequest: PullRequest): string {
  if (pullRequest.merged !== null) return 'unknown'
  if (pullRequest.testMerge === null) return 'dirty'
  const decision = reviewDecision(pullRequest)
  return decision === null || decision === 'APPROVED' ? 'clean' : 'blocked'
}

/** The schema `pull-request`. */
export function pullRequestJson(pullRequest: PullRequest): Json {
  const { repository, issue, merged } = pullRequest
  const changes = changedFiles(pullRequest)
  const mergeable = merged === null ? pullRequest.testMerge !== null : null
  return {
    ...simplePullRequestJson(pullRequest),
    merged: merged !== null,
    merged_by: merged === null ? null : userJson(merged.by, repository.world.urls),
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeState(pullRequest),
    comments: issue.comments.length,
    review_comments: 0,
    maintainer_can_modify: pullRequest.headRepository !== repository,
    commits: pullRequest.commits().length,
    ...changeTotals(changes),
    changed_files: changes.length,
  }
}

/** The schema `pull-request-minimal`, which runs and checks hold. */
export function minimalPullRequestJson(pullRequest: PullRequest): Json {
  const side = (repository: Repository, ref: string, sha: string) => ({
    ref,
    sha,
    repo: { id: repository.id, url: apiOf(repository), name: repository.name },
  })
  return {
    id: pullRequest.id,
    number: pullRequest.number,
    url: `${apiOf(pullRequest.repository)}/pulls/${pullRequest.number}`,
    head: side(pullRequest.headRepository, pullRequest.headBranch, pullRequest.headSha),
    base: side(pullRequest.repository, pullRequest.baseBranch, pullRequest.baseSha),
  }
}

/** The schema `pull-request-review`. */
export function reviewJson(pullRequest: PullRequest, review: Review): Json {
  const { repository, number } = pullRequest
  const page = `${pageOf(repository)}/pull/${number}#pullrequestreview-${review.id}`
  const url = `${apiOf(repository)}/pulls/${number}`
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: userJson(review.author, repository.world.urls),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: url,
    author_association: associationOf(repository, review.author),
    _links: { html: { href: page }, pull_request: { href: url } },
    submitted_at: timestamp(review.submittedAt),
    commit_id: review.commit,
  }
}
