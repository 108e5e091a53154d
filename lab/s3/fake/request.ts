import type { IncomingMessage } from 'node:http'
import { Refusal, refuse } from './refusal.ts'

/** A request as it was received, its body decoded. */
export interface S3Request {
  method: string
  /** As it was sent. */
  rawPath: string
  rawQuery: string
  bucket: string
  key: string
  query: URLSearchParams
  headers: Record<string, string>
  /** Headers that came behind the body. */
  trailers: Record<string, string>
  body: Buffer
}

/** Splits an address into bucket and key. */
export function addressOf(message: IncomingMessage): Omit<S3Request, 'body' | 'trailers'> {
  const [rawPath = '/', rawQuery = ''] = (message.url ?? '/').split('?', 2)
  const [bucket = '', ...segments] = rawPath.slice(1).split('/')
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  )
  return {
    method: message.method ?? 'GET',
    rawPath,
    rawQuery,
    bucket: decodeURIComponent(bucket),
    key: segments.map(decodeURIComponent).join('/'),
    query: new URLSearchParams(rawQuery),
    headers,
  }
}

/** The body, at most `limit` bytes of it. */
export async function readBody(message: IncomingMessage, limit = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= limit) break
  }
  return Buffer.concat(chunks)
}

/** Takes the frames of `aws-chunked` off a body ("Signature calculation … with trailing headers", API reference). */
export function unframe(framed: Buffer): { body: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const end = framed.indexOf('\r\n', at)
    if (end === -1) throw new Refusal(400, 'IncompleteBody', 'The chunked body ends too early.')
    const size = Number.parseInt(framed.toString('latin1', at, end), 16)
    if (!(size >= 0)) throw refuse.invalid('A chunk has no size.')
    at = end + 2
    if (size === 0) return { body: Buffer.concat(chunks), trailers: trailersOf(framed.toString('latin1', at)) }
    chunks.push(framed.subarray(at, at + size))
    at += size + 2
  }
}

function trailersOf(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'))
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).trim().toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
}
