import type { OperationName } from '../openapi/operations.ts'
import type { Json } from '../view/json.ts'
import { resolveCommit } from '../world/git.ts'
import type { Issue } from '../world/issue.ts'
import type { PullRequest } from '../world/pull-request.ts'
import type { Repository } from '../world/repository.ts'
import type { Actor, World } from '../world/world.ts'

/** A request that was found to be well-formed. */
export interface Call {
  world: World
  actor: Actor
  params: Record<string, string>
  query: URLSearchParams
  body: Json
  accept: string
  /** The whole address, from which the links to other pages are made. */
  url: URL
}

/** What to answer: JSON, or bytes under their own media type. */
export interface Reply {
  status: number
  body?: unknown
  bytes?: { type: string; content: Buffer }
  headers?: Record<string, string>
}

/** A permission of a GITHUB_TOKEN by its workflow name: `pull-requests:write`. */
export type Permission = `${string}:${'read' | 'write'}`

/** One operation. A token needs any one of `needs`; an empty list needs none. */
export interface Route {
  operation: OperationName
  needs: Permission[] | ((call: Call) => Permission[])
  /** What people may do here without write access to the repository. */
  openToReaders?: boolean
  handle(call: Call): Reply
}

interface FieldError {
  resource: string
  field: string
  code: string
  message?: string
}

/** An answer other than success, in GitHub's shape. */
export class ApiError extends Error {
  readonly status: number
  readonly errors: FieldError[] | undefined
  readonly headers: Record<string, string>

  constructor(
    status: number,
    message: string,
    { errors, headers = {} }: { errors?: FieldError[]; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.status = status
    this.errors = errors
    this.headers = headers
  }

  toReply(): Reply {
    const { status, message, errors, headers } = this
    const body = { message, ...(errors === undefined ? {} : { errors }) }
    return {
      status,
      body: { ...body, documentation_url: 'https://docs.github.com/rest', status: `${status}` },
      headers,
    }
  }
}

export function notFound(message = 'Not Found'): ApiError {
  return new ApiError(404, message)
}

/** 422 for one field. */
export function invalid(error: FieldError): ApiError {
  return new ApiError(422, 'Validation Failed', { errors: [error] })
}

export function ok(body: unknown): Reply {
  return { status: 200, body }
}

/** The repository that the path names; unknown ones are 404. */
export function repositoryOf({ world, params }: Call): Repository {
  const repository = world.findRepository(params['owner'] ?? '', params['repo'] ?? '')
  if (repository === null) throw notFound()
  return repository
}

/** The issue or pull request that the path names; unknown ones are 404. */
export function issueOf(call: Call): Issue {
  const issue = repositoryOf(call).issues[Number(call.params['issue_number']) - 1]
  if (issue === undefined) throw notFound()
  return issue
}

export function pullRequestOf(call: Call): PullRequest {
  const issue = repositoryOf(call).issues[Number(call.params['pull_number']) - 1]
  if (!issue?.pullRequest) throw notFound()
  return issue.pullRequest
}

/** The commit that a ref names. Without one GitHub answers 422 here, not 404. */
export function commitOf(repository: Repository, ref: string): string {
  const sha = resolveCommit(repository.gitDir, ref)
  if (sha === null) throw new ApiError(422, `No commit found for SHA: ${ref}`)
  return sha
}

/** The account behind the request; nobody may not write. */
export function userOf({ actor }: Call) {
  if (actor.kind === 'anonymous') throw new ApiError(401, 'Requires authentication')
  return actor.user
}
