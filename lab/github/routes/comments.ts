import { commentJson } from '../view/issue.ts'
import { addComment, type Comment, deleteComment, editComment } from '../world/issue.ts'
import { includesRole } from '../world/user.ts'
import { listReply } from './page.ts'
import { issueNeeds } from './permissions.ts'
import {
  ApiError,
  type Call,
  invalid,
  issueOf,
  notFound,
  ok,
  type Permission,
  type Reply,
  type Route,
  repositoryOf,
  userOf,
} from './route.ts'

/** GitHub's limit for the body of an issue, a pull request or a comment, in characters. */
export const BODY_LIMIT = 65_536

/** Throws GitHub's 422 for a body over the limit; characters are code points. */
export function checkLength(body: string, resource: string): void {
  if (body.length <= BODY_LIMIT || [...body].length <= BODY_LIMIT) return
  const message = `Body is too long (maximum is ${BODY_LIMIT} characters)`
  throw invalid({ resource, code: 'unprocessable', field: 'data', message })
}

function bodyOf(call: Call): string {
  const { body } = call.body
  if (typeof body !== 'string' || body.trim() === '') {
    throw invalid({ resource: 'IssueComment', code: 'unprocessable', field: 'data', message: 'Body cannot be blank' })
  }
  checkLength(body, 'IssueComment')
  return body
}

function commentOf(call: Call): Comment {
  const id = Number(call.params['comment_id'])
  const comment = repositoryOf(call)
    .issues.flatMap(({ comments }) => comments)
    .find((candidate) => candidate.id === id)
  if (comment === undefined) throw notFound()
  return comment
}

/** People may change their own comments and, with write access, those of others. */
function checkOwner(call: Call, { author, issue }: Comment): void {
  const user = userOf(call)
  if (call.actor.kind === 'run' || user === author) return
  if (!includesRole(issue.repository.roleOf(user.login), 'write')) {
    throw new ApiError(403, 'Must have admin rights to Repository.')
  }
}

function list(call: Call): Reply {
  const since = Date.parse(call.query.get('since') ?? '1970-01-01')
  const found = issueOf(call).comments.filter(({ updatedAt }) => updatedAt.getTime() >= since)
  return listReply(call, found, commentJson)
}

function create(call: Call): Reply {
  const body = bodyOf(call)
  return { status: 201, body: commentJson(addComment(issueOf(call), userOf(call), body)) }
}

function update(call: Call): Reply {
  const comment = commentOf(call)
  checkOwner(call, comment)
  editComment(comment, userOf(call), bodyOf(call))
  return ok(commentJson(comment))
}

function remove(call: Call): Reply {
  const comment = commentOf(call)
  checkOwner(call, comment)
  deleteComment(comment)
  return { status: 204 }
}

const onIssue =
  (level: 'read' | 'write') =>
  (call: Call): Permission[] =>
    issueNeeds(level, issueOf(call).pullRequest !== null)

const onComment =
  (level: 'read' | 'write') =>
  (call: Call): Permission[] =>
    issueNeeds(level, commentOf(call).issue.pullRequest !== null)

export const commentRoutes: Route[] = [
  {
    operation: 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
    needs: onIssue('read'),
    handle: list,
  },
  {
    operation: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
    needs: onIssue('write'),
    openToReaders: true,
    handle: create,
  },
  {
    operation: 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}',
    needs: onComment('read'),
    handle: (call) => ok(commentJson(commentOf(call))),
  },
  {
    operation: 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
    needs: onComment('write'),
    openToReaders: true,
    handle: update,
  },
  {
    operation: 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}',
    needs: onComment('write'),
    openToReaders: true,
    handle: remove,
  },
]
