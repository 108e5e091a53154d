import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Finished, Running } from '../places/place.ts'

/** What a database or a command gives to a backup: streams of bytes, one object each. */
export interface StreamPlan {
  /** In the order in which they are restored. */
  streams: SourceStream[]
  /** For the encrypted index: what a restore and a reader want to know. Holds no secret. */
  facts: SourceFacts
  /** Sentences on what the backup won't hold. */
  warnings: string[]
}

/**
 * `globals`: SQL for the server as a whole; `database`: SQL for one database, which names no other; `basebackup`: a server's files;
 * `command`, `snapshot`: whatever bytes they give.
 */
export type StreamRole = 'globals' | 'database' | 'basebackup' | 'command' | 'snapshot'

export interface SourceStream {
  /** Of the database, command or part of the server; unique together with `role`. For people and the encrypted index only. */
  name: string
  role: StreamRole
  /** Ending of the object's name in front of those of compression and encryption. */
  extension: 'sql' | 'tar' | 'mbstream' | 'bin' | 'db'
  /** Bytes expected; 0 when nothing is known. */
  estimate: number
  /** Begins to read. Call it once, when the bytes are wanted. */
  start(): StartedStream
  /**
   * Takes back what starting it has made outside of the backup, when there is no backup in the end. Rejects with an Error that says what
   * is left. It runs also when the step has been interrupted.
   */
  undo?(): Promise<void>
}

export interface StartedStream {
  /**
   * Ends only when the source has said that these are all bytes, and all checks hold; a failure destroys it with a BackupError, so
   * no reader takes a part for the whole. Destroying it ends the program.
   */
  stdout: Readable
  /** How it ended; the same BackupError. */
  ended: Promise<void>
}

export interface SourceFacts {
  /** As the server tells it, e.g. `PostgreSQL`. */
  product?: string
  version?: string
  /** Program and version that made the dumps. */
  client?: string
  /** Tells this server from every other, where servers have such a thing. */
  identity?: string
  /** How it was reached; absent for a socket. */
  host?: string
  port?: string
}

/** What is known once a program has ended and all its output was read. */
export interface Ending extends Finished {
  bytes: number
  /** Its last bytes, at most `TAIL_BYTES`. */
  tail: Buffer
}

const TAIL_BYTES = 1024

/** Makes a stream of the bytes; an error that they end in is the stream's. */
export function startedStream(bytes: AsyncIterable<Uint8Array>): StartedStream {
  const stdout = Readable.from(bytes, { objectMode: false })
  const ended = finished(stdout, { writable: false })
  // Who reads `stdout` sees the same error there, and may never look here.
  ended.catch(() => undefined)
  return { stdout, ended }
}

/**
 * A program's output to the last byte; it's started by the first read. `check` looks at how it ended, and throws when that isn't
 * well. The program is killed when the reader stops early.
 */
export async function* programOutput(start: () => Running, check: (ending: Ending) => void): AsyncGenerator<Buffer> {
  const running = start()
  const ending = running.ended
  // Nobody waits for it while its output is read.
  ending.catch(() => undefined)
  const seen = { bytes: 0, tail: Buffer.alloc(0) }
  let isOver = false
  try {
    for await (const chunk of running.stdout as AsyncIterable<Buffer>) {
      seen.bytes += chunk.length
      seen.tail = lastBytes(seen.tail, chunk)
      yield chunk
    }
    const finish = await ending
    isOver = true
    check({ ...finish, ...seen })
  } catch (error) {
    if (isOver) throw error
    running.kill()
    // Why there is no program says more than that its output closed.
    await ending
    throw error
  } finally {
    if (!isOver) running.kill()
  }
}

/** The last bytes of what came before and a chunk. */
export function lastBytes(before: Buffer, chunk: Buffer): Buffer<ArrayBuffer> {
  const joined = chunk.length >= TAIL_BYTES ? chunk : Buffer.concat([before, chunk])
  return Buffer.from(joined.subarray(-TAIL_BYTES))
}
