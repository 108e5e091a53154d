import { timestamp } from '../world/clock.ts'
import { diffTrees } from '../world/diff.ts'
import { isAncestor, listCommits, NO_COMMIT, readCommit, type Signature } from '../world/git.ts'
import type { Comment } from '../world/issue.ts'
import type { PullRequest } from '../world/pull-request.ts'
import type { Repository } from '../world/repository.ts'
import { loginOf } from '../world/user.ts'
import { commentJson, issueJson, labelJson } from './issue.ts'
import { type Json, pageOf } from './json.ts'
import { pullRequestJson } from './pull-request.ts'
import { repositoryJson } from './repository.ts'
import { userJson } from './user.ts'

/** What each event's payload is made from; logins name the senders. */
export interface EventDetails {
  pull_request: { pullRequest: PullRequest; sender?: string } & (
    | { action: 'opened' | 'reopened' | 'closed' }
    | { action: 'synchronize'; before: string }
    | { action: 'labeled' | 'unlabeled'; label: string }
  )
  issue_comment: { comment: Comment; action?: 'created' | 'edited' }
  /** `before` null: the push made the branch. */
  push: { branch?: string; before: string | null; after: string; sender: string }
  workflow_dispatch: { sender: string; ref?: string; inputs?: Record<string, string>; workflow?: string }
  schedule: { cron?: string }
  merge_group: { pullRequest: PullRequest; sender?: string }
}

type Builder<Kind extends keyof EventDetails> = (repository: Repository, details: EventDetails[Kind]) => Json

function senderJson(repository: Repository, login: string): Json {
  return userJson(repository.world.user(login), repository.world.urls)
}

const pullRequestEvent: Builder<'pull_request'> = (repository, details) => {
  const { action, pullRequest, sender = pullRequest.issue.author.login } = details
  return {
    action,
    number: pullRequest.number,
    pull_request: pullRequestJson(pullRequest),
    ...(details.action === 'synchronize' ? { before: details.before, after: pullRequest.headSha } : {}),
    ...('label' in details ? { label: labelJson(repository, repository.label(details.label)) } : {}),
    sender: senderJson(repository, sender),
  }
}

const issueCommentEvent: Builder<'issue_comment'> = (repository, { comment, action = 'created' }) => ({
  action,
  issue: issueJson(comment.issue),
  comment: commentJson(comment),
  sender: senderJson(repository, comment.author.login),
})

function pushIdentity({ name, email }: Signature): Json {
  const username = loginOf(email)
  return { name, email, ...(username === null ? {} : { username }) }
}

function pushedCommit(repository: Repository, sha: string): Json {
  const commit = readCommit(repository.gitDir, sha)
  const changes = diffTrees(repository.gitDir, commit.parents[0] ?? null, sha)
  const paths = (...states: string[]) =>
    changes.filter(({ status }) => states.includes(status)).map(({ filename }) => filename)
  return {
    id: sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: timestamp(commit.committer.date),
    url: `${pageOf(repository)}/commit/${sha}`,
    author: pushIdentity(commit.author),
    committer: pushIdentity(commit.committer),
    added: paths('added', 'renamed'),
    removed: paths('removed'),
    modified: paths('modified', 'changed'),
  }
}

const pushEvent: Builder<'push'> = (repository, details) => {
  const { branch = repository.defaultBranch, before, after, sender } = details
  const range = before === null ? after : `${before}..${after}`
  return {
    ref: `refs/heads/${branch}`,
    before: before ?? NO_COMMIT,
    after,
    base_ref: null,
    created: before === null,
    deleted: false,
    forced: before !== null && !isAncestor(repository.gitDir, before, after),
    compare: `${pageOf(repository)}/compare/${before ?? NO_COMMIT}...${after}`,
    commits: listCommits(repository.gitDir, range).map((sha) => pushedCommit(repository, sha)),
    head_commit: pushedCommit(repository, after),
    pusher: { name: sender, email: `${sender}@users.noreply.github.com` },
    sender: senderJson(repository, sender),
  }
}

const workflowDispatchEvent: Builder<'workflow_dispatch'> = (repository, details) => ({
  ref: details.ref ?? `refs/heads/${repository.defaultBranch}`,
  inputs: details.inputs ?? null,
  workflow: details.workflow ?? '.github/workflows/pipeline.yml',
  sender: senderJson(repository, details.sender),
})

const scheduleEvent: Builder<'schedule'> = (_repository, { cron = '17 5 * * *' }) => ({
  schedule: cron,
  workflow: '.github/workflows/pipeline.yml',
})

const mergeGroupEvent: Builder<'merge_group'> = (repository, { pullRequest, sender = 'github-merge-queue[bot]' }) => {
  const { number, baseBranch, mergeSha } = pullRequest
  const baseSha = repository.tip(baseBranch)
  const { tree, message, committer, author } = readCommit(repository.gitDir, mergeSha)
  const identity = ({ name, email }: Signature) => ({ name, email })
  const headCommit = { id: mergeSha, tree_id: tree, message, timestamp: timestamp(committer.date) }
  return {
    action: 'checks_requested',
    merge_group: {
      head_sha: mergeSha,
      head_ref: `refs/heads/gh-readonly-queue/${baseBranch}/pr-${number}-${baseSha}`,
      base_sha: baseSha,
      base_ref: `refs/heads/${baseBranch}`,
      head_commit: { ...headCommit, author: identity(author), committer: identity(committer) },
    },
    sender: senderJson(repository, sender),
  }
}

const BUILDERS: { [Kind in keyof EventDetails]: Builder<Kind> } = {
  pull_request: pullRequestEvent,
  issue_comment: issueCommentEvent,
  push: pushEvent,
  workflow_dispatch: workflowDispatchEvent,
  schedule: scheduleEvent,
  merge_group: mergeGroupEvent,
}

/** In a push's payload GitHub writes these two times as seconds since 1970. */
function pushRepositoryJson(repository: Repository): Json {
  const json = repositoryJson(repository)
  const seconds = (key: string) => Date.parse(String(json[key])) / 1000
  return { ...json, created_at: seconds('created_at'), pushed_at: seconds('pushed_at'), url: pageOf(repository) }
}

/** Builds an event's payload shaped as GitHub sends it; that of a schedule names no repository. */
export function eventPayload<Kind extends keyof EventDetails>(
  repository: Repository,
  kind: Kind,
  details: EventDetails[Kind],
): Json {
  const payload = BUILDERS[kind](repository, details)
  // github/codeql-action#1211
  if (kind === 'schedule') return payload
  return { ...payload, repository: kind === 'push' ? pushRepositoryJson(repository) : repositoryJson(repository) }
}
