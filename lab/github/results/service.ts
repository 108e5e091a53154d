import { bearer, type HttpReply, type HttpRequest, jsonReply, parseJson } from '../http.ts'
import type { World } from '../world/world.ts'
import { callArtifactService, TwirpError } from './artifacts.ts'

/** Where Twirp puts the artifact service. */
export const TWIRP_PREFIX = '/twirp/github.actions.results.api.v1.ArtifactService/'

/** The statuses of Twirp's specification. */
const STATUS: Record<TwirpError['code'], number> = {
  already_exists: 409,
  invalid_argument: 400,
  not_found: 404,
  permission_denied: 403,
  unauthenticated: 401,
}

/** The login of the runner's job, for the record; null without a known runtime token. */
export function serviceActor(world: World, request: HttpRequest): string | null {
  return world.runOfRuntimeToken(bearer(request) ?? '')?.actor.login ?? null
}

function call(world: World, request: HttpRequest): Record<string, unknown> {
  const run = world.runOfRuntimeToken(bearer(request) ?? '')
  if (run === null) throw new TwirpError('unauthenticated', 'the runtime token is unknown')
  const message = parseJson(request.body)
  if (typeof message !== 'object' || message === null) throw new TwirpError('invalid_argument', 'not a JSON object')
  return callArtifactService(run, request.url.pathname.slice(TWIRP_PREFIX.length), message as Record<string, unknown>)
}

/** Answers a call of the artifact service in Twirp's JSON. Messages that break its protocol go to `violations`. */
export function answerService(world: World, request: HttpRequest, violations: string[]): HttpReply {
  try {
    return jsonReply(200, call(world, request))
  } catch (error) {
    if (!(error instanceof TwirpError)) throw error
    if (error.code === 'invalid_argument') violations.push(`${request.url.pathname}: ${error.message}`)
    return jsonReply(STATUS[error.code], { code: error.code, msg: error.message })
  }
}
