import { bearer, type HttpReply, type HttpRequest, jsonReply, parseJson } from './http.ts'
import type { Match, Validator } from './openapi/validate.ts'
import { ROUTES } from './routes/index.ts'
import { authorize } from './routes/permissions.ts'
import { ApiError, type Call, type Reply } from './routes/route.ts'
import type { Json } from './view/json.ts'
import type { Actor, World } from './world/world.ts'

/** What the REST side works with; sentences about broken requests and replies are added to `violations`. */
export interface Api {
  world: World
  validator: Validator
  violations: string[]
}

const JSON_TYPES =
  /^(\*\/\*|application\/(\*|json|vnd\.github(\.v3|\.[a-z-]+-preview)?(\.(raw|object|full|html|text))?(\+json)?))$/

/** Who makes the request. Throws 401 for a token that nobody was given. */
export function actorOf(world: World, request: HttpRequest): Actor {
  const token = bearer(request)
  if (token === null) return { kind: 'anonymous' }
  const actor = world.actorOf(token)
  if (actor === null) throw new ApiError(401, 'Bad credentials')
  return actor
}

function checkHeaders({ headers }: HttpRequest): void {
  if (headers['user-agent'] === undefined) throw new ApiError(403, 'Request forbidden by administrative rules.')
  const accepted = (headers.accept ?? '*/*').split(',').map((type) => type.split(';')[0]?.trim() ?? '')
  if (accepted.some((type) => JSON_TYPES.test(type))) return
  throw new ApiError(415, "Unsupported 'Accept' header. Must accept 'application/json'.")
}

/** GitHub answers 422 to a body that lacks what it needs; ours also notes it, with everything else that is wrong. */
function checkRequest({ validator, violations }: Api, { operation, params }: Match, request: HttpRequest): Json {
  const body = parseJson(request.body)
  const query = Object.fromEntries(request.url.searchParams)
  const faults = validator.request(operation, { params, query, body })
  violations.push(...faults.map((fault) => `${operation}: ${fault}`))
  if (body === null) throw new ApiError(400, 'Problems parsing JSON')
  const [first] = faults.filter((fault) => fault.startsWith('body ') && !fault.includes("doesn't know"))
  if (first !== undefined) throw new ApiError(422, `Invalid request.\n\n${first}`)
  return (body ?? {}) as Json
}

function handle(api: Api, match: Match, request: HttpRequest): Reply {
  checkHeaders(request)
  const body = checkRequest(api, match, request)
  const { world } = api
  const { url, headers } = request
  const base = { world, body, url, params: match.params, query: url.searchParams }
  const call: Call = { ...base, actor: actorOf(world, request), accept: headers.accept ?? '' }
  const route = ROUTES.get(match.operation)
  if (route === undefined) throw new ApiError(404, 'Not Found')
  authorize(call, route)
  return route.handle(call)
}

function replyTo(api: Api, match: Match, request: HttpRequest): Reply {
  try {
    return handle(api, match, request)
  } catch (error) {
    if (error instanceof ApiError) return error.toReply()
    throw error
  }
}

function toHttp({ status, body, bytes, headers = {} }: Reply): HttpReply {
  if (bytes !== undefined) {
    return { status, headers: { ...headers, 'content-type': bytes.type }, content: bytes.content }
  }
  return body === undefined ? { status, headers } : jsonReply(status, body, headers)
}

/** Answers a REST request, with what is wrong about it or about the answer noted. */
export function answerApi(api: Api, request: HttpRequest): HttpReply {
  const match = api.validator.match(request.method, request.url.pathname)
  if (match === null) {
    api.violations.push(`${request.method} ${request.url.pathname}: not an operation of the slice`)
    return toHttp(new ApiError(404, 'Not Found').toReply())
  }
  const reply = replyTo(api, match, request)
  if (reply.bytes === undefined) {
    const sent: unknown = reply.body === undefined ? undefined : JSON.parse(JSON.stringify(reply.body))
    const faults = api.validator.reply(match.operation, reply.status, sent)
    api.violations.push(...faults.map((fault) => `${match.operation}: ${fault}`))
  }
  return toHttp(reply)
}
