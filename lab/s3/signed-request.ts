import { sha256Hex, signatureOf } from './sigv4.ts'

/** Who asks whom. */
export interface S3Access {
  endpoint: string
  accessKey: string
  secretKey: string
}

export interface SignedRequest {
  method: string
  /** `/bucket/key`, percent-encoded. */
  path: string
  /** `versioning=` or `a=1&b=2`, percent-encoded. */
  query?: string
  headers?: Record<string, string>
  body?: string
}

/** One signed request, for tests that need nothing else of a client. Gives the reply's text; throws for a failure. */
export async function signedRequest(server: S3Access, request: SignedRequest): Promise<string> {
  const { method, path, query = '', body = '' } = request
  const url = new URL(`${path}${query === '' ? '' : `?${query}`}`, server.endpoint)
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const payloadHash = sha256Hex(body)
  const headers: Record<string, string> = {
    ...request.headers,
    host: url.host,
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': time,
  }
  const signedHeaders = Object.keys(headers).sort()
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`
  const signature = signatureOf(
    { method, path: url.pathname, query, headers, signedHeaders, payloadHash, time, scope },
    server.secretKey,
  )
  const authorization = `AWS4-HMAC-SHA256 Credential=${server.accessKey}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
  const reply = await fetch(url, { method, headers: { ...headers, authorization }, ...(body === '' ? {} : { body }) })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${method} ${path}: HTTP ${reply.status} ${text}`)
  return text
}
