import { sha256Hex, signatureOf } from '../sigv4.ts'
import { Refusal, refuse } from './refusal.ts'
import { type S3Request, unframe } from './request.ts'

/** Further than this from the server's clock, and a request is refused. */
const MAX_SKEW_MS = 15 * 60_000
const FORM = /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\S+?),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/

/**
 * Verifies signature, time and payload of a request whose body is as it was sent, and gives the access key and the body
 * without its frames. Payloads: signed, unsigned, and unsigned in chunks with a trailer, which are those of the AWS SDK for
 * JavaScript.
 */
export function authenticate(
  request: Omit<S3Request, 'trailers'>,
  secretOf: (accessKey: string) => string | undefined,
  now: Date,
): { accessKey: string; body: Buffer; trailers: Record<string, string> } {
  const { method, rawPath, rawQuery, headers } = request
  const [, accessKey = '', scope = '', signed = '', signature = ''] = FORM.exec(headers['authorization'] ?? '') ?? []
  if (accessKey === '') throw refuse.accessDenied('The request has no signature of version 4.')
  const secret = secretOf(accessKey)
  if (secret === undefined) {
    throw new Refusal(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')
  }
  checkTime(headers['x-amz-date'] ?? '', scope, now)
  const signedHeaders = signed.split(';')
  checkSignedHeaders(signedHeaders, headers)
  const payloadHash = headers['x-amz-content-sha256'] ?? ''
  const parts = { method, path: rawPath, query: rawQuery, headers, signedHeaders, payloadHash, scope }
  if (signatureOf({ ...parts, time: headers['x-amz-date'] ?? '' }, secret) !== signature) {
    throw new Refusal(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match yours.')
  }
  return { accessKey, ...payloadOf(request.body, payloadHash) }
}

function checkTime(time: string, scope: string, now: Date): void {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)
  if (parts === null || !scope.startsWith(`${time.slice(0, 8)}/`) || !scope.endsWith('/s3/aws4_request')) {
    throw new Refusal(400, 'AuthorizationHeaderMalformed', 'The authorization header is malformed.')
  }
  const [, year, month, day, hour, minute, second] = parts
  const sent = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Math.abs(sent - now.getTime()) <= MAX_SKEW_MS) return
  throw new Refusal(
    403,
    'RequestTimeTooSkewed',
    "The difference between the request time and the server's is too large.",
    {
      RequestTime: time,
      ServerTime: now.toISOString(),
      MaxAllowedSkewMilliseconds: `${MAX_SKEW_MS}`,
    },
  )
}

/** Every header that changes what a request means has to be covered by its signature. */
function checkSignedHeaders(signed: readonly string[], headers: Record<string, string>): void {
  const needed = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  const missing = needed.filter((name) => !signed.includes(name))
  if (missing.length > 0) throw refuse.accessDenied(`Headers were present that were not signed: ${missing.join(', ')}`)
}

function payloadOf(body: Buffer, payloadHash: string): { body: Buffer; trailers: Record<string, string> } {
  if (payloadHash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return unframe(body)
  if (payloadHash === 'UNSIGNED-PAYLOAD') return { body, trailers: {} }
  if (!/^[0-9a-f]{64}$/.test(payloadHash)) throw refuse.notImplemented(`The payload ${payloadHash}`)
  if (sha256Hex(body) === payloadHash) return { body, trailers: {} }
  throw new Refusal(400, 'XAmzContentSHA256Mismatch', 'The provided x-amz-content-sha256 does not match the body.')
}
