import { readFileSync } from 'node:fs'
import { buildSchema, GraphQLError, type GraphQLSchema, graphql, parse, validate } from 'graphql'
import { nodeId, parseNodeId } from '../view/json.ts'
import type { Comment } from '../world/issue.ts'
import type { World } from '../world/world.ts'
import { type Context, commentNode, type Node, pullRequestNode, repositoryNode } from './nodes.ts'

/** The body of a GraphQL request. */
export interface GraphqlRequest {
  query: string
  variables?: Record<string, unknown>
}

/** What GitHub sends back, always with status 200. */
export interface GraphqlResult {
  data?: unknown
  errors?: { message: string; type?: string; path?: readonly (string | number)[] }[]
}

/** Reads the committed slice of GitHub's schema. */
export function readSchema(): GraphQLSchema {
  return buildSchema(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'))
}

function missing(what: string): GraphQLError {
  return new GraphQLError(`Could not resolve to a ${what}.`, { extensions: { type: 'NOT_FOUND' } })
}

function findComment(world: World, id: string): Comment | undefined {
  const found = parseNodeId(id)
  return world.repositories
    .flatMap(({ issues }) => issues)
    .flatMap(({ comments }) => comments)
    .find((comment) => found.kind === 'IssueComment' && found.id === `${comment.id}`)
}

function findNode(world: World, { authorize }: Context, id: string): Node {
  const comment = findComment(world, id)
  if (comment !== undefined) {
    authorize(comment.issue.repository, 'pull-requests:read')
    return commentNode(comment)
  }
  const pullRequest = world.repositories
    .flatMap((one) => one.pullRequests)
    .find((one) => nodeId('PullRequest', one.id) === id)
  if (pullRequest === undefined) throw missing(`node with the global id of '${id}'`)
  authorize(pullRequest.repository, 'pull-requests:read')
  return pullRequestNode(pullRequest)
}

interface MinimizeInput {
  subjectId: string
  classifier?: string
  clientMutationId?: string
}

function minimize(world: World, { authorize }: Context, input: MinimizeInput, reason: string | null): Node {
  const comment = findComment(world, input.subjectId)
  if (comment === undefined) throw missing(`node with the global id of '${input.subjectId}'`)
  authorize(comment.issue.repository, 'pull-requests:write')
  comment.minimized = reason
  world.clock.tick()
  return commentNode(comment)
}

function rootOf(world: World): Node {
  return {
    viewer: (_: unknown, { actor }: Context) => {
      if (actor.kind === 'anonymous') throw missing('viewer')
      const { id, login } = actor.user
      return { id: nodeId('User', id), databaseId: id, login, url: `${world.urls.server}/${login}` }
    },
    repository: ({ owner, name }: { owner: string; name: string }, { authorize }: Context) => {
      const repository = world.findRepository(owner, name)
      if (repository === null) throw missing(`Repository with the name '${owner}/${name}'`)
      authorize(repository, 'metadata:read')
      return repositoryNode(repository)
    },
    node: ({ id }: { id: string }, context: Context) => findNode(world, context, id),
    minimizeComment: ({ input }: { input: MinimizeInput }, context: Context) => ({
      clientMutationId: input.clientMutationId,
      minimizedComment: minimize(world, context, input, input.classifier ?? null),
    }),
    unminimizeComment: ({ input }: { input: MinimizeInput }, context: Context) => ({
      clientMutationId: input.clientMutationId,
      unminimizedComment: minimize(world, context, input, null),
    }),
  }
}

function toGitHubError({ message, path, extensions }: GraphQLError) {
  const type = extensions['type']
  return { message, ...(path && { path }), ...(typeof type === 'string' && { type }) }
}

/** The faults of a query against the schema, none when it fits. */
export function faultsOf(schema: GraphQLSchema, query: string): string[] {
  try {
    return validate(schema, parse(query)).map(({ message }) => message)
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

/** Runs a query for real: parsed, validated and executed over the world. */
export async function executeGraphql(
  schema: GraphQLSchema,
  world: World,
  context: Context,
  { query, variables = {} }: GraphqlRequest,
): Promise<GraphqlResult> {
  const rootValue = rootOf(world)
  const { data, errors } = await graphql({
    schema,
    source: query,
    rootValue,
    contextValue: context,
    variableValues: variables,
  })
  return { ...(data !== undefined && { data }), ...(errors && { errors: errors.map(toGitHubError) }) }
}
