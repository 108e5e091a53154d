import { createHash, type Hash } from 'node:crypto'
import { PART_MEMORY, partSizeFor } from './options.ts'
import { createPartBuffers } from './part-buffers.ts'
import { pause } from './retry.ts'
import type { Target } from './s3-calls.ts'
import { wantsChecksums } from './s3-creation.ts'
import { findObject } from './s3-list.ts'
import { putObject } from './s3-put.ts'
import {
  abortUpload,
  bare,
  beginUpload,
  completeUpload,
  compositeEtag,
  isComposite,
  type Part,
  sendPart,
  unprovable,
} from './s3-upload.ts'
import { type ObjectWriter, StoreError, type WriteOptions } from './store.ts'

/** A run that is cancelled has 7.5 s until it is killed (GitHub's documentation, "Canceling a workflow run"). */
const ABORT_MS = 5000

/** The part that is being filled. */
interface Filling {
  buffer: Buffer
  bytes: number
  sha256: Hash
}

/**
 * An object that is written in parts of one size, several on their way at the same time. What fits into one part is stored
 * by one request instead. Several buffers are filled and sent in turn; together they take at most 128 MiB.
 */
export function writeObject(target: Target, key: string, options: WriteOptions): ObjectWriter {
  const { settings } = target
  const partSize = partSizeFor(settings, options.estimate)
  const buffers = createPartBuffers(partSize, Math.max(1, Math.min(settings.concurrency + 1, PART_MEMORY / partSize)))
  const whole = createHash('sha256')
  const parts: Promise<Part>[] = []
  const stop = new AbortController()
  let filling: Filling | undefined
  let upload: Promise<string> | undefined
  let bytes = 0
  let completed = false
  let failure: { error: unknown } | undefined

  function fail(error: unknown): void {
    failure ??= { error }
    stop.abort()
    buffers.fail(error)
  }

  /** Sends what has been filled, and doesn't wait for it. */
  function dispatch({ buffer, bytes: filled, sha256 }: Filling): void {
    filling = undefined
    const number = parts.length + 1
    const digest = wantsChecksums(target, options.lock) ? sha256.digest() : undefined
    const part = { number, body: buffer.subarray(0, filled), sha256: digest }
    upload ??= beginUpload(target, key, options.lock)
    const sent = upload.then((id) => sendPart(target, { key, id, signal: stop.signal }, part))
    parts.push(sent)
    sent.then(() => buffers.give(buffer), fail)
  }

  async function fill(chunk: Uint8Array): Promise<number> {
    if (filling?.bytes === partSize) dispatch(filling)
    if (parts.length >= settings.maxParts) throw tooManyParts(target, key)
    filling ??= { buffer: await buffers.take(), bytes: 0, sha256: createHash('sha256') }
    const piece = chunk.subarray(0, partSize - filling.bytes)
    filling.buffer.set(piece, filling.bytes)
    filling.sha256.update(piece)
    filling.bytes += piece.length
    return piece.length
  }

  /** Its own error, not that of parts which were given up because of it. */
  async function sentParts(): Promise<Part[]> {
    try {
      return await Promise.all(parts)
    } catch (error) {
      throw failure?.error ?? error
    }
  }

  async function finishUpload(id: string): Promise<void> {
    if (filling !== undefined) dispatch(filling)
    const sent = await sentParts()
    const outcome = await completeUpload(target, key, id, sent)
    completed = true
    await proveByList(target, key, bytes, outcome === 'proved' ? undefined : sent)
  }

  async function finishSmall(): Promise<void> {
    const body = filling?.buffer.subarray(0, filling.bytes) ?? new Uint8Array()
    const sha256 = filling === undefined ? {} : { sha256: filling.sha256.digest() }
    await putObject(target, key, body, { ...(options.lock === undefined ? {} : { lock: options.lock }), ...sha256 })
    completed = true
    await proveByList(target, key, bytes, undefined)
  }

  return {
    get capacity() {
      return partSize * settings.maxParts - bytes
    },
    async write(chunk) {
      for (let rest = chunk; rest.length > 0; ) {
        const taken = await fill(rest)
        rest = rest.subarray(taken)
      }
      whole.update(chunk)
      bytes += chunk.length
    },
    async finish() {
      if (upload === undefined) await finishSmall()
      else await finishUpload(await upload)
      return { key, bytes, sha256: whole.digest('hex') }
    },
    async abort() {
      if (completed || upload === undefined) return
      fail(new StoreError('store-unreachable', `Writing ${key} to ${target.name} was given up.`))
      await Promise.allSettled(parts)
      await upload.then((id) => abortUpload(target, key, id, AbortSignal.timeout(ABORT_MS))).catch(() => {})
    },
  }
}

function tooManyParts({ name, settings }: Target, key: string): StoreError {
  const message = `${key} has more than the ${settings.maxParts} parts that ${name} allows an object.`
  return new StoreError('store-full', message, { remedy: 'Set a larger part-size.' })
}

/**
 * The writer's role may not read what it writes, but it may list: its size there proves that all has arrived. `unanswered`
 * holds the parts when the store's own answer was lost; then the list's ETag has to be theirs, too.
 */
async function proveByList(
  target: Target,
  key: string,
  bytes: number,
  unanswered: readonly Part[] | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const problem = await contradictionInList(target, key, bytes, unanswered)
    if (problem === undefined) return
    // Some stores list an object only a little later.
    if (attempt === LIST_ATTEMPTS) throw unprovable(target, `complete ${key}`, problem)
    await pause(target.settings.retries, attempt)
  }
}

const LIST_ATTEMPTS = 4

async function contradictionInList(
  target: Target,
  key: string,
  bytes: number,
  unanswered: readonly Part[] | undefined,
): Promise<string | undefined> {
  const found = await findObject(target, key)
  if (found === undefined) return 'it is not in the list'
  if (found.bytes !== bytes) return `it has ${found.bytes} bytes instead of ${bytes}`
  if (unanswered === undefined || !isComposite(found.etag)) return undefined
  const expected = compositeEtag(unanswered)
  return expected === undefined || bare(found.etag) === expected ? undefined : 'another object is under its key'
}
