import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { ApiError, type Asked, answerError } from './api-error.ts'
import type { Clock } from './clock.ts'
import type { Connection } from './connection.ts'

/** One request to the API. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With the query: `/api/v1/namespaces/shop/pods?limit=500`. */
  path: string
  body?: unknown
  /** Of the body, by default JSON. */
  contentType?: string
  asked?: Asked
  signal?: AbortSignal
  /** Longest silence of the server. */
  idleMs?: number
}

export interface Transport {
  /** The body of a good answer. Every other end rejects with an `ApiError`, or with the signal's reason. */
  send(request: ApiRequest): Promise<string>
  /** Gives the body of a good answer away as it comes, to its end. What `onChunk` throws ends it. */
  follow(request: ApiRequest, onChunk: (chunk: Buffer) => void): Promise<void>
  close(): void
}

/** A few more than the requests that are made side by side: each watch and each log that is followed holds one. */
const MOST_SOCKETS = 64

/** A page of 500 objects of the largest size that etcd takes would be larger; no real one is. */
const MOST_BYTES = 256 * 1024 * 1024

const READ_IDLE_MS = 20_000

/** The API server itself gives up after 60 s, admission webhooks included. */
const WRITE_IDLE_MS = 65_000

export function createTransport(connection: Connection, clock: Clock): Transport {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_SOCKETS, scheduling: 'fifo' })

  async function answer(wanted: ApiRequest): Promise<IncomingMessage> {
    wanted.signal?.throwIfAborted()
    const sentAt = performance.now()
    const response = await exchange(connection.socketPath, agent, wanted)
    const { date } = response.headers
    if (date !== undefined && isJson(response)) clock.observe(date, sentAt, performance.now())
    const { statusCode: status = 0, headers } = response
    if (status < 400) return response
    throw answerError({ status, headers, body: await readWhole(response) }, wanted.asked)
  }

  /** What breaks on the way is an `ApiError` too. */
  async function guarded<T>(wanted: ApiRequest, act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (cause) {
      if (cause instanceof ApiError || wanted.signal?.aborted) throw cause
      throw brokenConnection(connection, cause as NodeJS.ErrnoException, wanted.asked)
    }
  }

  return {
    send: (wanted) => guarded(wanted, async () => readWhole(await answer(wanted))),
    async follow(wanted, onChunk) {
      const response = await guarded(wanted, () => answer(wanted))
      const chunks: AsyncIterator<Buffer> = response[Symbol.asyncIterator]()
      try {
        for (;;) {
          const { done, value } = await guarded(wanted, () => chunks.next())
          if (done) return
          onChunk(value)
        }
      } finally {
        response.destroy()
      }
    },
    close: () => agent.destroy(),
  }
}

function exchange(socketPath: string, agent: Agent, wanted: ApiRequest): Promise<IncomingMessage> {
  const { method, path, body, contentType = 'application/json', signal } = wanted
  const { idleMs = method === 'GET' ? READ_IDLE_MS : WRITE_IDLE_MS } = wanted
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const headers = {
    accept: 'application/json',
    'user-agent': 'ondol',
    ...(payload && { 'content-type': contentType, 'content-length': payload.length }),
  }
  return new Promise((resolve, reject) => {
    const options = { socketPath, agent, method, path, headers, timeout: idleMs, ...(signal && { signal }) }
    const sent: ClientRequest = request(options, resolve)
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${idleMs / 1000} s`)))
    sent.on('error', reject)
    sent.end(payload)
  })
}

async function readWhole(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length
    if (bytes > MOST_BYTES) throw new Error(`the answer has more than ${MOST_BYTES} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}

/** kubectl's own answers are plain text, dated by this machine's clock. */
function isJson({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/json') ?? false
}

function brokenConnection(connection: Connection, cause: NodeJS.ErrnoException, asked: Asked | undefined): ApiError {
  const lastWords = connection.lastWords()
  const message =
    lastWords === undefined ? `the connection broke: ${cause.message}` : `kubectl proxy ended: ${lastWords}`
  return new ApiError({ status: 0, reason: 'Unreachable', message, asked })
}
