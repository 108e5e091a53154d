import { GraphQLError } from 'graphql'
import { issuePage } from '../view/issue.ts'
import { nodeId, pageOf } from '../view/json.ts'
import { timestamp } from '../world/clock.ts'
import type { Comment, Issue, Label } from '../world/issue.ts'
import type { PullRequest } from '../world/pull-request.ts'
import type { Repository } from '../world/repository.ts'
import { latestOpinions, type Review, reviewDecision } from '../world/review.ts'
import { includesRole, type User } from '../world/user.ts'
import type { Actor } from '../world/world.ts'

/** What the library's default resolvers walk: values, or functions of the field's arguments. */
export type Node = Record<string, unknown>

/** What every resolver is told about the request. */
export interface Context {
  actor: Actor
  authorize(repository: Repository, needs: 'metadata:read' | 'pull-requests:read' | 'pull-requests:write'): void
}

/** Clients send null for the bounds that they leave open. */
interface Bounds {
  first?: number | null
  last?: number | null
  after?: string | null
}

const MAX_PAGE = 100

/** A connection over a whole list; GitHub refuses to give one without a limit. */
function connection<T>(items: T[], toNode: (item: T) => Node, { first, last, after }: Bounds): Node {
  const limit = first ?? last
  if (limit === undefined || limit === null)
    throw new GraphQLError('You must provide a `first` or `last` value to properly paginate.')
  if (limit < 1 || limit > MAX_PAGE)
    throw new GraphQLError(`Requesting ${limit} records exceeds the limit of 100 records.`)
  const start = after ? Number(Buffer.from(after, 'base64url').toString()) : 0
  const fromEnd = first === undefined || first === null
  const end = fromEnd ? items.length : start + limit
  const from = fromEnd ? Math.max(start, items.length - limit) : start
  const page = items.slice(from, end)
  const cursor = (index: number) => Buffer.from(`${index}`).toString('base64url')
  const pageInfo = {
    startCursor: page.length === 0 ? null : cursor(from),
    endCursor: page.length === 0 ? null : cursor(from + page.length),
    hasPreviousPage: from > 0,
    hasNextPage: from + page.length < items.length,
  }
  return { nodes: page.map(toNode), pageInfo, totalCount: items.length }
}

/** An account as the author of something: there GraphQL leaves `[bot]` out of a Bot's login, unlike REST. */
export function authorNode(user: User, server: string): Node {
  const login = user.login.replace(/\[bot\]$/, '')
  const url = user.type === 'Bot' ? `${server}/apps/${login}` : `${server}/${login}`
  const __typename = user.type === 'Bot' ? 'Bot' : 'User'
  return { __typename, id: nodeId('User', user.id), databaseId: user.id, login, url }
}

export function commentNode(comment: Comment): Node {
  const { id, issue, editor } = comment
  const { server } = issue.repository.world.urls
  return {
    __typename: 'IssueComment',
    id: nodeId('IssueComment', id),
    databaseId: id,
    author: authorNode(comment.author, server),
    body: comment.body,
    createdAt: timestamp(comment.createdAt),
    updatedAt: timestamp(comment.updatedAt),
    lastEditedAt: editor === null ? null : timestamp(comment.updatedAt),
    editor: editor === null ? null : authorNode(editor, server),
    includesCreatedEdit: editor !== null,
    isMinimized: comment.minimized !== null,
    minimizedReason: comment.minimized?.toLowerCase() ?? null,
    viewerCanMinimize: true,
    viewerDidAuthor: (_: unknown, { actor }: Context) => actor.kind !== 'anonymous' && actor.user === comment.author,
    url: `${issuePage(issue)}#issuecomment-${id}`,
  }
}

function reviewNode({ repository, issue }: PullRequest, review: Review): Node {
  return {
    id: nodeId('PullRequestReview', review.id),
    databaseId: review.id,
    author: authorNode(review.author, repository.world.urls.server),
    body: review.body,
    commit: commitNode(review.commit),
    state: review.state,
    submittedAt: timestamp(review.submittedAt),
    url: `${issuePage(issue)}#pullrequestreview-${review.id}`,
  }
}

function commitNode(oid: string): Node {
  return { id: nodeId('Commit', oid), oid }
}

function labelNode({ id, name, color }: Label): Node {
  return { id: nodeId('Label', id), name, color }
}

interface ReviewArguments extends Bounds {
  author?: string | null
  states?: string[] | null
  writersOnly?: boolean
}

function reviewFields(pullRequest: PullRequest): Node {
  const { repository, reviews } = pullRequest
  const toNode = (review: Review) => reviewNode(pullRequest, review)
  const mayWrite = ({ author }: Review) => includesRole(repository.roleOf(author.login), 'write')
  return {
    reviewDecision: reviewDecision(pullRequest),
    reviews: ({ author, states, ...bounds }: ReviewArguments) => {
      const found = reviews
        .filter((review) => !author || review.author.login === author)
        .filter((review) => !states || states.includes(review.state))
      return connection(found, toNode, bounds)
    },
    latestReviews: (bounds: Bounds) => {
      const latest = reviews.filter((one) => reviews.findLast(({ author }) => author === one.author) === one)
      return connection(latest, toNode, bounds)
    },
    latestOpinionatedReviews: ({ writersOnly = false, ...bounds }: ReviewArguments) =>
      connection(
        latestOpinions(reviews).filter((review) => !writersOnly || mayWrite(review)),
        toNode,
        bounds,
      ),
  }
}

function stateOf({ issue, merged }: PullRequest): string {
  if (merged !== null) return 'MERGED'
  return issue.state === 'open' ? 'OPEN' : 'CLOSED'
}

function mergeFields({ merged, testMerge, repository }: PullRequest): Node {
  return {
    merged: merged !== null,
    mergedAt: merged === null ? null : timestamp(merged.at),
    mergedBy: merged === null ? null : authorNode(merged.by, repository.world.urls.server),
    mergeCommit: merged === null ? null : commitNode(merged.sha),
    mergeable: merged !== null ? 'UNKNOWN' : testMerge === null ? 'CONFLICTING' : 'MERGEABLE',
  }
}

function issueFields(issue: Issue): Node {
  return {
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    url: issuePage(issue),
    author: authorNode(issue.author, issue.repository.world.urls.server),
    closed: issue.state === 'closed',
    closedAt: issue.closedAt === null ? null : timestamp(issue.closedAt),
    createdAt: timestamp(issue.createdAt),
    updatedAt: timestamp(issue.updatedAt),
    lastEditedAt: issue.editedAt === null ? null : timestamp(issue.editedAt),
    comments: (bounds: Bounds) => connection(issue.comments, commentNode, bounds),
    labels: (bounds: Bounds) => connection(issue.labels, labelNode, bounds),
  }
}

export function pullRequestNode(pullRequest: PullRequest): Node {
  return {
    __typename: 'PullRequest',
    id: nodeId('PullRequest', pullRequest.id),
    databaseId: pullRequest.id,
    ...issueFields(pullRequest.issue),
    ...mergeFields(pullRequest),
    ...reviewFields(pullRequest),
    state: stateOf(pullRequest),
    isDraft: pullRequest.draft,
    headRefName: pullRequest.headBranch,
    headRefOid: pullRequest.headSha,
    headRepository: repositoryNode(pullRequest.headRepository),
    baseRefName: pullRequest.baseBranch,
    baseRefOid: pullRequest.baseSha,
    isCrossRepository: pullRequest.headRepository !== pullRequest.repository,
  }
}

export function repositoryNode(repository: Repository): Node {
  return {
    id: nodeId('Repository', repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: repository.fullName,
    isPrivate: repository.private,
    url: pageOf(repository),
    pullRequest: ({ number }: { number: number }, { authorize }: Context) => {
      authorize(repository, 'pull-requests:read')
      const pullRequest = repository.issues[number - 1]?.pullRequest
      if (pullRequest) return pullRequestNode(pullRequest)
      throw new GraphQLError(`Could not resolve to a PullRequest with the number of ${number}.`, {
        extensions: { type: 'NOT_FOUND' },
      })
    },
  }
}
