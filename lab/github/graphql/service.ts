import { GraphQLError, type GraphQLSchema } from 'graphql'
import { actorOf } from '../api.ts'
import { type HttpReply, type HttpRequest, jsonReply, parseJson } from '../http.ts'
import { authorizeOn } from '../routes/permissions.ts'
import { ApiError } from '../routes/route.ts'
import type { Actor, World } from '../world/world.ts'
import { executeGraphql, faultsOf, type GraphqlRequest } from './execute.ts'
import type { Context } from './nodes.ts'

function contextOf(actor: Actor): Context {
  return {
    actor,
    authorize(repository, needs) {
      const either = needs.endsWith(':write') ? ([needs, 'issues:write'] as const) : ([needs] as const)
      try {
        authorizeOn(repository, actor, [...either])
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        const type = error.status === 404 ? 'NOT_FOUND' : 'FORBIDDEN'
        throw new GraphQLError(error.message, { extensions: { type } })
      }
    },
  }
}

function isRequest(body: unknown): body is GraphqlRequest {
  return typeof body === 'object' && body !== null && 'query' in body && typeof body.query === 'string'
}

function refuse(error: unknown): HttpReply {
  if (!(error instanceof ApiError)) throw error
  return jsonReply(error.status, error.toReply().body)
}

/** Answers `POST /graphql`; a query that doesn't fit the schema goes to `violations`, and is answered as GitHub does. */
export async function answerGraphql(
  schema: GraphQLSchema,
  world: World,
  request: HttpRequest,
  violations: string[],
): Promise<HttpReply> {
  try {
    const actor = actorOf(world, request)
    if (actor.kind === 'anonymous') throw new ApiError(401, 'This endpoint requires you to be authenticated.')
    const body = parseJson(request.body)
    if (!isRequest(body)) throw new ApiError(400, 'Problems parsing JSON')
    violations.push(...faultsOf(schema, body.query).map((fault) => `POST /graphql: ${fault}`))
    return jsonReply(200, await executeGraphql(schema, world, contextOf(actor), body))
  } catch (error) {
    return refuse(error)
  }
}
