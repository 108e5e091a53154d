import { Readable } from 'node:stream'
import { UserError } from '../action/errors.ts'
import type { Throttle } from './throttle.ts'

/** All of a small object's bytes; throws `corrupt` when it has more, since what is read whole is small by its format. */
export async function readLimited(
  stream: Readable,
  { store, key, maxBytes }: { store: string; key: string; maxBytes: number },
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of stream) {
      bytes += chunk.length
      if (bytes > maxBytes) {
        throw new UserError('corrupt', `${key} in ${store} has more than the ${maxBytes} bytes that it may have.`)
      }
      chunks.push(chunk)
    }
  } finally {
    stream.destroy()
  }
  return Buffer.concat(chunks)
}

/** The same bytes, no faster than allowed. */
export function throttled(stream: Readable, throttle: Throttle): Readable {
  async function* slowly() {
    for await (const chunk of stream) {
      await throttle(chunk.length)
      yield chunk
    }
  }
  return Readable.from(slowly(), { objectMode: false, highWaterMark: 1024 * 1024 })
}
