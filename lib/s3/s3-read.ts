import { Readable } from 'node:stream'
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { readLimited } from './read-limited.ts'
import { pause } from './retry.ts'
import type { Call, Target } from './s3-calls.ts'
import { whenCode } from './s3-errors.ts'
import { StoreError } from './store.ts'

/** The rest of an object from some byte on. */
interface Opened {
  body: Readable
  chunks: AsyncIterator<Uint8Array>
  /** Of the whole object. */
  bytes: number
  etag: string | undefined
}

const READ_ACTION = 's3:GetObject'

/**
 * The object's bytes. A connection that breaks, stalls or ends early is opened again where it broke; without progress, as
 * often as any request is repeated.
 */
export async function readObject(target: Target, key: string): Promise<Readable> {
  const first = await openAt(target, key, 0)
  return Readable.from(follow(target, key, first), { objectMode: false, highWaterMark: 1024 * 1024 })
}

async function* follow(target: Target, key: string, first: Opened): AsyncGenerator<Uint8Array> {
  let opened = first
  let at = 0
  let failures = 0
  try {
    while (at < first.bytes) {
      const next = await nextChunk(opened.chunks)
      if (next.kind === 'chunk') {
        at += next.chunk.length
        failures = 0
        await target.throttle(next.chunk.length)
        yield next.chunk
      } else {
        failures += 1
        opened.body.destroy()
        if (failures >= target.settings.retries.attempts) throw brokenOff(target, key, at, first.bytes, next.error)
        await pause(target.settings.retries, failures)
        opened = await openAt(target, key, at, first.etag)
      }
    }
  } finally {
    opened.body.destroy()
  }
}

type Next = { kind: 'chunk'; chunk: Uint8Array } | { kind: 'broken'; error: unknown }

/** Errors of the connection become values: what a consumer throws into the generator must not look like one. */
async function nextChunk(chunks: AsyncIterator<Uint8Array>): Promise<Next> {
  try {
    const { done, value } = await chunks.next()
    return done === true ? { kind: 'broken', error: undefined } : { kind: 'chunk', chunk: value }
  } catch (error) {
    return { kind: 'broken', error }
  }
}

function brokenOff(target: Target, key: string, at: number, bytes: number, cause: unknown): StoreError {
  const message = `${target.name} could not read ${key}: it breaks off after ${at} of ${bytes} bytes, each time.`
  return new StoreError('store-unreachable', message, { cause })
}

async function openAt(target: Target, key: string, at: number, etag?: string): Promise<Opened> {
  const call: Call = { action: READ_ACTION, doing: `read ${key}` }
  const range = at === 0 ? {} : { Range: `bytes=${at}-` }
  const same = etag === undefined ? {} : { IfMatch: etag }
  const input = { Bucket: target.bucket, Key: target.fullKey(key), ...range, ...same }
  const reply = await target.call(call, (client, send) => client.send(new GetObjectCommand(input), send))
  const body = bodyOf(reply)
  if (at > 0 && reply.ContentRange?.startsWith(`bytes ${at}-`) !== true) {
    body.destroy()
    throw new StoreError(
      'store-unreachable',
      `${target.name} could not read ${key}: the store can't read from byte ${at} on.`,
    )
  }
  return { body, chunks: body[Symbol.asyncIterator](), bytes: at + (reply.ContentLength ?? 0), etag: reply.ETag }
}

/** A small object, whole; `undefined` when it isn't there. */
export async function readWhole(target: Target, key: string, maxBytes: number): Promise<Buffer | undefined> {
  const input = { Bucket: target.bucket, Key: target.fullKey(key) }
  return target.call({ action: READ_ACTION, doing: `read ${key}` }, async (client, send) => {
    const reply = await client.send(new GetObjectCommand(input), send).catch(whenCode(['NoSuchKey'], undefined))
    return reply === undefined ? undefined : readLimited(bodyOf(reply), { store: target.name, key, maxBytes })
  })
}

function bodyOf(reply: GetObjectCommandOutput): Readable {
  if (reply.Body instanceof Readable) return reply.Body
  throw new Error('The reply to GetObject has no stream of bytes.')
}
