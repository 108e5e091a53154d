import { setTimeout as sleep } from 'node:timers/promises'
import { BackupError } from '../failure.ts'
import { sourceFailed } from './programs.ts'
import { type SourceStream, startedStream } from './stream.ts'

/** The backup that a snapshot is made for; its snapshots are marked with both. */
export interface Owner {
  set: string
  id: string
}

/** How long a snapshot is waited for, in milliseconds. */
export interface Patience {
  limitMs: number
  /** For a service to show what it has accepted, and for an error that it may get over by itself. */
  graceMs: number
  pollMs: number
}

/** Credentials of a job last an hour or some, so a longer wait would mostly end in a refusal. */
export const PATIENCE: Patience = { limitMs: 2 * 3_600_000, graceMs: 5 * 60_000, pollMs: 10_000 }

/** What one look at a snapshot has shown; `why` is a sentence without its point. */
export type Look<T> = { kind: 'ready'; value: T } | { kind: 'pending' | 'failed'; why: string }

/** Looks in a row that may fail: a wait of an hour sees a connection break. */
const MOST_FAILURES = 3

/**
 * Looks until a snapshot is ready. `elapsedMs` is the time since the first look.
 *
 * @throws BackupError `source-failed` with the last look's words when it failed or took too long; what `look` throws three times in a row;
 *   the signal's reason
 */
export async function waitUntilReady<T>(
  what: string,
  look: (elapsedMs: number) => Promise<Look<T>>,
  { limitMs, pollMs }: Patience,
  signal: AbortSignal,
): Promise<T> {
  const start = performance.now()
  let failures = 0
  for (;;) {
    const elapsed = performance.now() - start
    const seen = await look(elapsed).catch((error: unknown) => {
      failures++
      if (failures === MOST_FAILURES || isInterrupted(error)) throw error
    })
    if (seen !== undefined) {
      failures = 0
      if (seen.kind === 'ready') return seen.value
      if (seen.kind === 'failed') throw sourceFailed(what, `${seen.why}.`)
      if (elapsed >= limitMs) throw sourceFailed(what, `${seen.why} after ${Math.round(limitMs / 60_000)} minutes.`)
    }
    await sleep(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

function isInterrupted(error: unknown): boolean {
  return error instanceof BackupError && error.reason === 'interrupted'
}

export interface Snapshots {
  name: string
  /** Makes them and waits for them. Gives what is to be known of them, for a restore. */
  make(signal: AbortSignal): Promise<object>
  /** Deletes what has been made so far. */
  remove(): Promise<void>
}

/** The stream of a source whose data stays where it is: one JSON document that tells where. */
export function snapshotStream({ name, make, remove }: Snapshots, stop: AbortSignal): SourceStream {
  const abandoned = new AbortController()
  let making: Promise<object> | undefined
  return {
    name,
    role: 'snapshot',
    extension: 'bin',
    estimate: 0,
    start() {
      making = make(AbortSignal.any([stop, abandoned.signal]))
      making.catch(() => undefined)
      return startedStream(document(making))
    },
    async undo() {
      if (making === undefined) return
      abandoned.abort()
      // What is being made right now would escape.
      await making.catch(() => undefined)
      await remove()
    },
  }
}

async function* document(content: Promise<object>): AsyncGenerator<Buffer> {
  yield Buffer.from(`${JSON.stringify(await content, null, 2)}\n`)
}
