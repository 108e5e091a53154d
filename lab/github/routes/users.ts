import { publicUserJson } from '../view/user.ts'
import type { User } from '../world/user.ts'
import { ApiError, type Call, notFound, ok, type Reply, type Route } from './route.ts'

/** Requests an hour that the headers tell of. */
export const HOURLY_LIMIT = 5000

/** What the private view of an account adds to the public one. */
function privateUserJson(user: User, call: Call) {
  const repositories = { owned_private_repos: 0, total_private_repos: 0, private_gists: 0, disk_usage: 0 }
  const access = { collaborators: 0, two_factor_authentication: true }
  return { ...publicUserJson(user, call.world.urls), ...repositories, ...access }
}

/** An installation's token has no user behind it. */
function self(call: Call): Reply {
  const { actor } = call
  if (actor.kind === 'anonymous') throw new ApiError(401, 'Requires authentication')
  if (actor.kind === 'run') throw new ApiError(403, 'Resource not accessible by integration')
  return ok(privateUserJson(actor.user, call))
}

function get(call: Call): Reply {
  const user = call.world.findUser(call.params['username'] ?? '')
  if (user === null) throw notFound()
  return ok(publicUserJson(user, call.world.urls))
}

/** Nobody is refused for it; faults do that. */
function rateLimit({ world }: Call): Reply {
  const reset = world.clock.now().getTime() / 1000 + 3600
  const rate = { limit: HOURLY_LIMIT, used: 0, remaining: HOURLY_LIMIT, reset }
  return ok({ resources: { core: rate, search: rate, graphql: rate }, rate })
}

export const userRoutes: Route[] = [
  { operation: 'GET /user', needs: [], handle: self },
  { operation: 'GET /users/{username}', needs: [], handle: get },
  { operation: 'GET /rate_limit', needs: [], handle: rateLimit },
]
