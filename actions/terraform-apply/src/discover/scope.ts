import type { RunContext } from '../../../../lib/action/context.ts'
import { UserError } from '../../../../lib/action/errors.ts'
import { type GitHub, statusOf } from '../../../../lib/github/client.ts'
import { branchTip, getPullRequest, type PullRequest } from '../../../../lib/github/pull-requests.ts'
import { parseCommand } from '../events/command.ts'
import { pullRequestOfEvent } from '../events/pull-request.ts'

/** What an event asks about. Commits are SHAs. */
export type Scope =
  /** The roots that the difference concerns; the others get a check on `checksOn`, where somebody may wait for one. */
  | { kind: 'changes'; before: string; after: string; checksOn: string | undefined }
  | { kind: 'all'; after: string; why: string }
  | { kind: 'named'; after: string; name: string }
  | { kind: 'nothing'; why: string }

/** The fields that are read of the payloads; all are GitHub's, apart from the comment's body. */
interface Payload {
  action?: string
  ref?: string
  before?: string
  created?: boolean
  deleted?: boolean
  forced?: boolean
  merge_group?: { base_sha: string; head_sha: string }
  issue?: { number: number; pull_request?: unknown }
  comment?: { body?: string | null }
}

/** Throws `unsupported-event` for an event that says nothing about roots. */
export async function scopeOf(context: RunContext, github: GitHub): Promise<Scope> {
  const payload = context.event.payload as Payload
  switch (context.event.name) {
    case 'pull_request':
      return ofPullRequest(context, github)
    case 'merge_group':
      return ofMergeGroup(payload)
    case 'push':
      return ofPush(context, payload, github)
    case 'schedule':
    case 'workflow_dispatch':
      return { kind: 'all', after: context.sha, why: `${context.event.name} asks for every root` }
    case 'issue_comment':
      return ofComment(payload, github)
    default:
      throw new UserError('unsupported-event', `mode: discover has no meaning for the event ${context.event.name}.`, {
        remedy: 'Use it on pull_request, merge_group, push, issue_comment, schedule or workflow_dispatch.',
      })
  }
}

async function ofPullRequest({ event, sha }: RunContext, github: GitHub): Promise<Scope> {
  const pullRequest = pullRequestOfEvent(event.payload)
  if (!pullRequest) throw new UserError('unsupported-event', 'The event pull_request names no pull request.')
  const { before, after } = await proposedChange(github, pullRequest, sha)
  return { kind: 'changes', before, after, checksOn: pullRequest.headSha }
}

function ofMergeGroup({ merge_group: group }: Payload): Scope {
  if (!group) throw new UserError('unsupported-event', 'The event merge_group names no merge group.')
  return { kind: 'changes', before: group.base_sha, after: group.head_sha, checksOn: group.head_sha }
}

interface Change {
  before: string
  after: string
}

/**
 * What merging a pull request changes, by the merge commit that GitHub makes to try it: so a module that the base branch
 * has begun to call in the meantime counts, and what the base branch already has doesn't. Without one, or when it is of
 * another head, it is what the head has changed since it left the base branch.
 */
async function proposedChange(github: GitHub, pullRequest: PullRequest, trial: string | undefined): Promise<Change> {
  const { headSha, baseBranch } = pullRequest
  const [base, head] = (trial && (await parentsOf(github, trial))) || []
  if (trial !== undefined && base !== undefined && head === headSha) return { before: base, after: trial }
  return { before: await mergeBase(github, await branchTip(github, baseBranch), headSha), after: headSha }
}

/**
 * The base branch holds the change by now, so where the head left it is looked for behind the merge: the commit before the
 * merge or squash, or the last but one of a rebase, doesn't have the head's own commits.
 */
async function mergedChange(github: GitHub, { number, headSha, mergeCommitSha }: PullRequest): Promise<Change> {
  const [base] = (mergeCommitSha && (await parentsOf(github, mergeCommitSha))) || []
  if (base === undefined)
    throw new UserError('unsupported-event', `GitHub no longer has the commit that merged pull request ${number}.`)
  return { before: await mergeBase(github, base, headSha), after: headSha }
}

async function ofPush(context: RunContext, payload: Payload, github: GitHub): Promise<Scope> {
  const { sha: after, ref, repository } = context
  if (payload.deleted) return { kind: 'nothing', why: `${ref} was deleted` }
  if (!ref.startsWith('refs/heads/')) return { kind: 'all', after, why: `${ref} is no branch` }
  const isDefault = ref === `refs/heads/${repository.defaultBranch}`
  if (!isDefault && (payload.created || payload.forced)) {
    const before = await mergeBase(github, await branchTip(github, repository.defaultBranch), after).catch(noCommit)
    return sinceCommit(before, after, `${ref} has no commit in common with ${repository.defaultBranch}`)
  }
  const before = payload.before ?? NO_COMMIT
  const known = before !== NO_COMMIT && (await parentsOf(github, before)) !== undefined
  return sinceCommit(known ? before : undefined, after, `the commit before the push is not known`)
}

function sinceCommit(before: string | undefined, after: string, whyAll: string): Scope {
  return before === undefined
    ? { kind: 'all', after, why: whyAll }
    : { kind: 'changes', before, after, checksOn: undefined }
}

/** How a push says that there was no branch. */
const NO_COMMIT = '0'.repeat(40)

/** What GitHub answers when a commit is gone, or two have nothing in common. */
function noCommit(error: unknown): undefined {
  if (statusOf(error) === 404 || statusOf(error) === 422) return undefined
  throw error
}

/** Reading what a command concerns needs no permission: the steps that carry it out ask for it. */
async function ofComment({ action, issue, comment }: Payload, github: GitHub): Promise<Scope> {
  if (action !== 'created') return { kind: 'nothing', why: 'the comment was edited or deleted, not created' }
  if (!issue?.pull_request) return { kind: 'nothing', why: 'the comment is not on a pull request' }
  const command = parseCommand(comment?.body ?? '')
  if (!command) return { kind: 'nothing', why: 'the comment is no /plan or /apply command' }
  const pullRequest = await getPullRequest(github, issue.number)
  const change =
    pullRequest.state === 'merged'
      ? await mergedChange(github, pullRequest)
      : await proposedChange(github, pullRequest, pullRequest.mergeCommitSha)
  return command.root === undefined
    ? { kind: 'changes', ...change, checksOn: undefined }
    : { kind: 'named', after: change.after, name: command.root }
}

/** The base's commit first; `undefined` when there is no such commit any more. */
async function parentsOf(github: GitHub, sha: string): Promise<string[] | undefined> {
  const reply = await github.rest.git.getCommit({ ...github.repository, commit_sha: sha }).catch(noCommit)
  return reply?.data.parents.map((parent) => parent.sha)
}

/** The newest commit that both have. */
async function mergeBase(github: GitHub, one: string, other: string): Promise<string> {
  const basehead = `${one}...${other}`
  const { data } = await github.rest.repos.compareCommitsWithBasehead({ ...github.repository, basehead, per_page: 1 })
  return data.merge_base_commit.sha
}
