import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { GraphQLSchema } from 'graphql'
import { type Api, answerApi } from './api.ts'
import { type createFaults, type Fault, faultReply } from './faults.ts'
import { answerGraphql } from './graphql/service.ts'
import { bearer, type HttpReply, type HttpRequest, jsonReply, parseJson, readRequest, send } from './http.ts'
import { answerPage } from './page/index.ts'
import { answerBlobs, BLOBS_PREFIX } from './results/blobs.ts'
import { answerService, serviceActor, TWIRP_PREFIX } from './results/service.ts'
import { HOURLY_LIMIT } from './routes/users.ts'

/** One request as it was answered; `status` null when the connection was reset. Blobs' bodies are not kept. */
export interface RecordedRequest {
  method: string
  path: string
  status: number | null
  actor: string | null
  body: unknown
}

/** Everything that answering needs. */
export interface Backend extends Api {
  schema: GraphQLSchema
  faults: ReturnType<typeof createFaults>
  requests: RecordedRequest[]
}

async function route(backend: Backend, request: HttpRequest): Promise<HttpReply> {
  const { world, schema, violations } = backend
  const { pathname } = request.url
  if (pathname.startsWith(TWIRP_PREFIX)) return answerService(world, request, violations)
  if (pathname.startsWith(BLOBS_PREFIX)) return answerBlobs(world, request)
  if (pathname === '/graphql' && request.method === 'POST') return answerGraphql(schema, world, request, violations)
  return (await answerPage(world, request.method, pathname)) ?? answerApi(backend, request)
}

/** A bug in the stand-in is told to the test instead of taking the server down. */
async function routeSafely(backend: Backend, request: HttpRequest): Promise<HttpReply> {
  try {
    return await route(backend, request)
  } catch (error) {
    const text = error instanceof Error ? error.stack : String(error)
    backend.violations.push(`${request.method} ${request.url.pathname}: the stand-in failed: ${text}`)
    return jsonReply(500, { message: 'Server Error' })
  }
}

function actorName({ world }: Backend, request: HttpRequest): string | null {
  const actor = world.actorOf(bearer(request) ?? '')
  if (actor === null || actor.kind === 'anonymous') return serviceActor(world, request)
  return actor.user.login
}

function limitHeaders({ world, requests }: Backend, actor: string | null): Record<string, string> {
  const used = requests.filter((request) => request.actor === actor).length
  return {
    'x-ratelimit-limit': `${HOURLY_LIMIT}`,
    'x-ratelimit-remaining': `${Math.max(0, HOURLY_LIMIT - used)}`,
    'x-ratelimit-used': `${used}`,
    'x-ratelimit-reset': `${world.clock.now().getTime() / 1000 + 3600}`,
    'x-ratelimit-resource': 'core',
    'x-github-request-id': `${requests.length}`,
  }
}

function struckBy(fault: Fault, backend: Backend): HttpReply | null {
  const answer = faultReply(fault, backend.world.clock.now().getTime() / 1000)
  if (answer === null) return null
  const { status, message, headers } = answer
  return jsonReply(status, { message, documentation_url: 'https://docs.github.com/rest', status: `${status}` }, headers)
}

/** The reply, or null where the connection is to be reset. */
async function replyTo(backend: Backend, request: HttpRequest, fault: Fault | undefined): Promise<HttpReply | null> {
  const struck = fault === undefined ? null : struckBy(fault, backend)
  if (struck !== null) return struck
  if (fault?.kind === 'reset') return null
  if (fault?.kind === 'slow') await setTimeout(fault.ms)
  const reply = await routeSafely(backend, request)
  return fault?.kind === 'reset-after-write' ? null : reply
}

async function answer(backend: Backend, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = await readRequest(message, backend.world.urls.api)
  const { method, url } = request
  const actor = actorName(backend, request)
  const body = url.pathname.startsWith(BLOBS_PREFIX) ? undefined : parseJson(request.body)
  const record: RecordedRequest = { method, path: `${url.pathname}${url.search}`, status: null, actor, body }
  backend.requests.push(record)
  const reply = await replyTo(backend, request, backend.faults.take(method, url.pathname))
  if (reply === null) {
    response.destroy()
    return
  }
  record.status = reply.status
  const headers = { ...limitHeaders(backend, actor), ...reply.headers }
  send(response, { ...reply, headers }, backend.world.clock.now())
}

/** Listens on a free loopback port; requests are answered once `serve` was called. */
export async function listen(): Promise<{ port: number; serve(backend: Backend): void; close(): Promise<void> }> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    serve(backend) {
      server.on('request', (message, response) => {
        answer(backend, message, response).catch(() => response.destroy())
      })
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
