import { getOctokit } from '@actions/github'
import { UserError } from '../action/errors.ts'
import { type Attempt, nextDelay } from './retry.ts'

export type Octokit = ReturnType<typeof getOctokit>

/** A repository's name as every REST call takes it. */
export interface RepositoryName {
  owner: string
  repo: string
}

export interface GitHub {
  rest: Octokit['rest']
  graphql: Octokit['graphql']
  paginate: Octokit['paginate']
  request: Octokit['request']
  repository: RepositoryName
  /**
   * GitHub's clock: the `Date` of its latest reply (whole seconds). Times that decide an approval are compared on this
   * clock only, so a runner's wrong clock changes nothing. Throws before the first reply.
   */
  now(): Date
}

export interface ClientOptions {
  token: string
  repository: RepositoryName
  apiUrl: string
  sleep?: (milliseconds: number) => Promise<void>
}

/** A client whose calls wait and retry as GitHub asks (see retry.ts) and whose errors are the caller's to interpret. */
export function createClient(options: ClientOptions): GitHub {
  const octokit = getOctokit(options.token, { baseUrl: options.apiUrl, log: SILENT })
  const sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))
  let latest: Date | undefined
  octokit.hook.wrap('request', async (request, parameters) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await request(parameters)
        latest = dateOf(response.headers) ?? latest
        return response
      } catch (error) {
        const failed = describeFailure(error, methodOf(parameters), attempt)
        latest = dateOf(failed.headers) ?? latest
        const delay = nextDelay(failed, Date.now())
        if (delay === undefined) throw error
        await sleep(delay)
      }
    }
  })
  return {
    rest: octokit.rest,
    graphql: octokit.graphql,
    paginate: octokit.paginate,
    request: octokit.request,
    repository: options.repository,
    now() {
      if (!latest) throw new Error('GitHub has not replied yet, so its clock is unknown')
      return latest
    },
  }
}

/** The HTTP status of an API error, `undefined` when no reply came at all. */
export function statusOf(error: unknown): number | undefined {
  const failure = error as { status?: unknown; response?: unknown }
  return typeof failure?.status === 'number' && failure.response !== undefined ? failure.status : undefined
}

/** Is this GitHub's refusal for want of a permission of the token (fork and Dependabot runs, or a `permissions:` block)? */
export function isForbidden(error: unknown): boolean {
  return statusOf(error) === 403 && /resource not accessible/i.test(String((error as Error).message))
}

/** The same refusal as the user's matter: which call the token may not make, and where permissions are given. */
export function explainForbidden(error: unknown): unknown {
  if (!isForbidden(error)) return error
  const { request } = error as { request?: { method?: string; url?: string } }
  const call = `${request?.method ?? ''} ${request?.url?.replace(/^https?:\/\/[^/]+|\?.*$/g, '') ?? ''}`.trim()
  return new UserError('no-permission', `The token may not do this: ${call}.`, {
    remedy: "Give the job's permissions what the action's README lists; a run for a fork never gets more than reading.",
    cause: error,
  })
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function dateOf(headers: Record<string, unknown>): Date | undefined {
  const date = headers['date']
  return typeof date === 'string' ? new Date(date) : undefined
}

/** A query of GraphQL travels as a POST and only reads, so it may be repeated like a GET. */
function methodOf({ method, url, query }: { method: string; url: string; [parameter: string]: unknown }): string {
  return url === '/graphql' && !/^\s*mutation\b/.test(String(query)) ? 'GET' : method
}

function describeFailure(
  error: unknown,
  method: string,
  attempt: number,
): Attempt & { headers: Record<string, string> } {
  const response = (error as { response?: { headers?: Record<string, string>; data?: unknown } }).response
  return {
    method,
    attempt,
    status: statusOf(error),
    headers: response?.headers ?? {},
    message: String((error as Error).message),
  }
}
