import { Readable } from 'node:stream'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { S3Location } from './location.ts'
import type { StoreSettings } from './options.ts'
import type { Throttle } from './throttle.ts'

export interface Connection {
  client: S3Client
  /** How far this machine's clock is ahead of the server's, by the last reply; to the second. */
  clockSkewMs(): number | undefined
}

interface Message {
  headers: Record<string, string>
  body?: unknown
}

/** Bytes that are handed to the socket at once: what TLS holds encrypted of a part. */
const SLICE = 256 * 1024

/** A client that makes one attempt a request; repeating is s3-calls.ts's, which knows what may be repeated. */
export function connect(location: S3Location, settings: StoreSettings, throttle: Throttle): Connection {
  const client = new S3Client(configFor(location, settings))
  let clockSkewMs: number | undefined
  client.middlewareStack.add(
    (next) => (args) => {
      reusePayloadHash(args.request as Message)
      return next(args)
    },
    { name: 'reusePayloadHash', step: 'build', priority: 'low' },
  )
  client.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as Message
      if (request.body instanceof Uint8Array) request.body = slices(request.body, throttle, settings.bandwidthLimit)
      const sentAt = Date.now()
      const result = await next(args)
      clockSkewMs = skewBy(result.response as Message, sentAt) ?? clockSkewMs
      return result
    },
    // Next to the connection, so that it sees the replies that the SDK turns into errors, too.
    { name: 'sliceBodyAndReadClock', step: 'deserialize', priority: 'low' },
  )
  return { client, clockSkewMs: () => clockSkewMs }
}

function configFor(location: S3Location, settings: StoreSettings): S3ClientConfig {
  const { connectMs, stallMs } = settings.timeouts
  const agent = { keepAlive: true, maxSockets: settings.concurrency * 2 + 4 }
  return {
    ...endpointOf(location),
    ...(location.profile === undefined ? {} : { profile: location.profile }),
    ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
    // s3-calls.ts repeats what may be repeated.
    retryStrategy: { mode: 'none', retry: (next, args) => next(args) },
    followRegionRedirects: true,
    // A clock that is wrong is told, not worked around: ids, locks and retention are made of it.
    disableClockSkewCorrection: true,
    // Waiting for it makes the SDK open a connection of its own for every part.
    expectContinueHeader: false,
    requestChecksumCalculation: settings.requestChecksums === 'when-supported' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    // Readers compare the SHA-256 of the whole object with its manifest.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: stallMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
  }
}

function endpointOf({ endpoint, region, profile }: S3Location): S3ClientConfig {
  if (endpoint === undefined) return region === undefined ? {} : { region }
  const found = process.env['AWS_REGION'] !== undefined || profile !== undefined
  const chosen = region ?? (found ? undefined : 'us-east-1')
  return { endpoint, forcePathStyle: true, ...(chosen === undefined ? {} : { region: chosen }) }
}

/** A part's SHA-256 is its checksum and what its signature covers: computed once. */
function reusePayloadHash({ headers }: Message): void {
  const checksum = headers['x-amz-checksum-sha256']
  if (checksum !== undefined) headers['x-amz-content-sha256'] = Buffer.from(checksum, 'base64').toString('hex')
}

function slices(body: Uint8Array, throttle: Throttle, limit = Number.POSITIVE_INFINITY): Readable {
  // Under a limit no pause between two slices may look like a stalled connection.
  const size = Math.max(1024, Math.min(SLICE, Math.floor(limit / 20)))
  async function* pieces() {
    for (let at = 0; at < body.length; at += size) {
      const piece = body.subarray(at, at + size)
      await throttle(piece.length)
      yield piece
    }
  }
  return Readable.from(pieces(), { highWaterMark: 1 })
}

/** A reply's time is cut to the second, so half of one is added. */
function skewBy(response: Message, sentAt: number): number | undefined {
  const server = Date.parse(response.headers['date'] ?? '')
  if (Number.isNaN(server)) return undefined
  return Math.round((sentAt + Date.now()) / 2 - (server + 500))
}
