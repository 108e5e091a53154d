import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request, read to its end. */
export interface HttpRequest {
  method: string
  url: URL
  headers: IncomingMessage['headers']
  body: Buffer
}

/** An answer; `content` undefined sends none. */
export interface HttpReply {
  status: number
  headers: Record<string, string>
  content?: Buffer
}

export async function readRequest(message: IncomingMessage, origin: string): Promise<HttpRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  const { method = 'GET', url = '/', headers } = message
  return { method, url: new URL(`${origin}${url}`), headers, body: Buffer.concat(chunks) }
}

export function jsonReply(status: number, body: unknown, headers: Record<string, string> = {}): HttpReply {
  const content = Buffer.from(JSON.stringify(body))
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, content }
}

/** Sends a reply; `now` is what its `date` header says. */
export function send(response: ServerResponse, { status, headers, content }: HttpReply, now: Date): void {
  const length = content === undefined ? {} : { 'content-length': `${content.length}` }
  response.writeHead(status, { date: now.toUTCString(), ...headers, ...length })
  response.end(content)
}

/** The body as JSON: undefined when there is none, null when it can't be parsed. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

/** The credential of an `authorization` header in either of GitHub's two spellings. */
export function bearer({ headers }: HttpRequest): string | null {
  return /^(?:bearer|token) (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? null
}
