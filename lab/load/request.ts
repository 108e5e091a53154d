import { Agent, type IncomingMessage, request as send } from 'node:http'
import type { LoadOptions } from './options.ts'

/** How a request ended. `overflow`: it was due and not sent, because too many were under way. */
export const OUTCOMES = [
  'ok',
  'refused',
  'reset',
  'timed-out',
  '5xx',
  'other-status',
  'wrong-body',
  'overflow',
  'other-error',
] as const

export type Outcome = (typeof OUTCOMES)[number]

export interface Answer {
  outcome: Outcome
  /** The status or the error's code. */
  detail: string
  /** `undefined` where the reply named none, or there was none. */
  version: string | undefined
}

const BODY_BYTES = 64 * 1024

/** Makes the function that sends one request. It never fails: what goes wrong is the answer. */
export function createSender(options: LoadOptions): () => Promise<Answer> {
  const url = new URL(options.url)
  const [host = url.hostname, port = url.port || '80'] = options.connectTo?.split(':') ?? []
  const target = {
    host: host.replace(/^\[|\]$/g, ''),
    port,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host },
    agent: options.keepAlive ? new Agent({ keepAlive: true }) : (false as const),
  }
  return () =>
    new Promise((resolve) => {
      const request = send(target)
      const deadline = setTimeout(() => {
        resolve({ outcome: 'timed-out', detail: `${options.timeoutMs} ms`, version: undefined })
        request.destroy()
      }, options.timeoutMs)
      const end = (answer: Answer): void => {
        clearTimeout(deadline)
        resolve(answer)
      }
      request.on('error', (error) => end(failed(error)))
      request.on('response', (response) => {
        read(response).then(
          (body) => end(judge(options, response, body)),
          (error: Error) => end(failed(error)),
        )
      })
      request.end()
    })
}

/** The beginning of the body; the rest is read and dropped. */
async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (bytes < BODY_BYTES) chunks.push(chunk.subarray(0, BODY_BYTES - bytes))
    bytes += chunk.length
  }
  return Buffer.concat(chunks).toString('utf8')
}

function judge(options: LoadOptions, { statusCode = 0, headers }: IncomingMessage, body: string): Answer {
  const { version = { header: 'x-version' } } = options
  const named = 'header' in version ? headers[version.header.toLowerCase()] : version.body.exec(body)?.[1]
  return { outcome: outcomeOf(options, statusCode, body), detail: `${statusCode}`, version: named?.toString() }
}

function outcomeOf({ body: wanted }: LoadOptions, status: number, body: string): Outcome {
  if (status >= 500) return '5xx'
  if (status < 200 || status >= 300) return 'other-status'
  return wanted !== undefined && body.search(wanted) < 0 ? 'wrong-body' : 'ok'
}

const CODES: Readonly<Record<string, Outcome>> = { ECONNREFUSED: 'refused', ECONNRESET: 'reset', EPIPE: 'reset' }

function failed({ code = '', message }: NodeJS.ErrnoException): Answer {
  return { outcome: CODES[code] ?? 'other-error', detail: code || message, version: undefined }
}
