import type { Writable } from 'node:stream'
import type { ObjectWriter, WrittenObject } from '../../../../lib/s3/store.ts'
import { BackupError } from '../failure.ts'
import { encrypterFor, type Sealing } from './sealing.ts'
import { startCompressor, type Zstd } from './zstd.ts'

/** One stored object while it is written: bytes → zstd → age → the store's writer. */
export interface Piece {
  /** Resolves when it may take more; rejects with what broke the object. */
  write(chunk: Uint8Array): Promise<void>
  /** Whether the object will stay within what its writer can take if `bytes` more are written. */
  fits(bytes: number): boolean
  /** Completes the object. */
  end(): Promise<WrittenObject>
  /** Gives it up: no process and nothing in the store is left. Never rejects. */
  abort(): Promise<void>
}

/** @param onFailure gets the error as soon as something breaks, also while nothing is written */
export function startPiece(
  { name, writer }: { name: string; writer: ObjectWriter },
  sealing: Sealing,
  onFailure: (error: Error) => void,
): Piece {
  const zstd = startCompressor(
    sealing,
    (detail) => new BackupError('unexpected', `zstd failed while it compressed ${name}: ${detail}.`),
  )
  const fits = capacityRule(writer, sealing.threads)
  const stored = storeOutput(zstd, writer, sealing.recipients)
  stored.catch(onFailure)
  let plainBytes = 0
  return {
    async write(chunk) {
      plainBytes += chunk.length
      try {
        await writeTo(zstd.stdin, chunk)
      } catch (brokenPipe) {
        await stored
        throw brokenPipe
      }
    },
    fits: (bytes) => fits(plainBytes, bytes),
    async end() {
      zstd.stdin.end()
      return await stored
    },
    async abort() {
      zstd.kill()
      await Promise.allSettled([writer.abort(), zstd.ended])
    },
  }
}

async function storeOutput(
  zstd: Zstd,
  writer: ObjectWriter,
  recipients: Sealing['recipients'],
): Promise<WrittenObject> {
  // Node throws away what a child has written that ended before anybody listened.
  zstd.stdout.on('readable', () => undefined)
  const encrypter = await encrypterFor(recipients)
  for await (const chunk of zstd.stdout as AsyncIterable<Buffer>) {
    const encrypted = encrypter.update(chunk)
    if (encrypted.length > 0) await writer.write(encrypted)
  }
  await zstd.ended
  await writer.write(encrypter.final())
  return await writer.finish()
}

/** Resolves when the stream may take more, rejects when it is broken. */
export function writeTo(stream: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const mayTakeMore = stream.write(chunk, (error) => (error ? reject(error) : resolve()))
    if (mayTakeMore) resolve()
  })
}

/** Largest job of zstd's threads: four windows of 8 MiB, at level 19 (`zstdmt_compress.c`, ZSTDMT_computeTargetJobLog). */
const JOB_BYTES = 32 * 2 ** 20
const HEADER_BYTES = 128 * 1024

/**
 * An object is ended in time, because what is on its way through zstd can no longer be held back. As long as everything so
 * far would fit uncompressed there is no danger; beyond, room must remain for all jobs that zstd may have in hand.
 */
function capacityRule(writer: ObjectWriter, threads: number): (plainBytes: number, more: number) => boolean {
  const plainThatFits = writer.capacity - HEADER_BYTES
  const jobs = 2 * (threads + 2)
  return (plainBytes, more) =>
    storedAtMost(plainBytes + more) <= plainThatFits || writer.capacity >= storedAtMost(jobs * JOB_BYTES + more)
}

/** Content that can't be compressed grows by less than that in zstd's and age's framing. */
function storedAtMost(plainBytes: number): number {
  return plainBytes + plainBytes / 128
}
