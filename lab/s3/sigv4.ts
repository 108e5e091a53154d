// Signature Version 4 (AWS, "Create a signed AWS API request"), for both ends: tests that sign, and the stand-in that verifies.
import { createHash, createHmac } from 'node:crypto'

export interface SignedParts {
  method: string
  /** As it is sent, percent-encoded. */
  path: string
  /** As it is sent, without the question mark. */
  query: string
  headers: Readonly<Record<string, string>>
  /** Lower case, sorted. */
  signedHeaders: readonly string[]
  payloadHash: string
  /** `20261125T021700Z` */
  time: string
  /** `20261125/us-east-1/s3/aws4_request` */
  scope: string
}

/** The signature in hex. */
export function signatureOf(parts: SignedParts, secretKey: string): string {
  const { time, scope } = parts
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256Hex(canonicalRequest(parts))].join('\n')
  return hmac(signingKey(secretKey, scope), text).toString('hex')
}

function canonicalRequest({ method, path, query, headers, signedHeaders, payloadHash }: SignedParts): string {
  const lines = signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`)
  return [method, path, canonicalQuery(query), lines.join(''), signedHeaders.join(';'), payloadHash].join('\n')
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs = query.split('&').map((pair) => (pair.includes('=') ? pair : `${pair}=`))
  return pairs.sort().join('&')
}

function signingKey(secretKey: string, scope: string): Buffer {
  return scope.split('/').reduce((key: Buffer | string, part) => hmac(key, part), `AWS4${secretKey}`) as Buffer
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

export function sha256Hex(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
