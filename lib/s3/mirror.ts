import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ObjectWriter,
  type PutOptions,
  type Store,
  StoreError,
  type WriteOptions,
  type WrittenObject,
} from './store.ts'

/** A first store and further ones that get the same objects. */
export interface Mirror {
  /** As the first store's; what becomes of the others is told by `dropped` alone. */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<'written' | 'exists'>
  write(key: string, options?: WriteOptions): ObjectWriter
  /** Further stores that get nothing any more, since what they have is incomplete. */
  readonly dropped: readonly Dropped[]
}

export interface Dropped {
  /** Its name for people. */
  store: string
  error: unknown
}

export interface MirrorOptions {
  /** A further store that keeps the others waiting for so long is dropped. */
  stallMs?: number
  /** Called once for each store that is dropped. */
  onDropped?: (dropped: Dropped) => void
}

interface Follower {
  store: Store
  dropped: boolean
}

/** Completing an object waits for all its parts that are on their way. */
const FINISH_FACTOR = 5

/**
 * Writes to all stores at the same time. The first is decisive: its failure is the writer's. A further one that fails or
 * stalls is dropped for good, and costs the first neither its object nor more than `stallMs` (default 60 s).
 */
export function writeToAll(stores: readonly [Store, ...Store[]], options: MirrorOptions = {}): Mirror {
  const { stallMs = 60_000, onDropped = () => {} } = options
  const [first, ...others] = stores
  const followers: Follower[] = others.map((store) => ({ store, dropped: false }))
  const dropped: Dropped[] = []

  function drop(follower: Follower, error: unknown): void {
    if (follower.dropped) return
    follower.dropped = true
    const one = { store: follower.store.name, error }
    dropped.push(one)
    onDropped(one)
  }

  /** What a follower does; its failure drops it and is nobody else's. */
  async function attempt<T>(follower: Follower, waitMs: number, work: () => Promise<T> | T): Promise<T | undefined> {
    if (follower.dropped) return undefined
    try {
      return await within(waitMs, follower.store.name, work)
    } catch (error) {
      drop(follower, error)
      return undefined
    }
  }

  return {
    dropped,
    async put(key, body, putOptions) {
      const outcome = await first.put(key, body, putOptions)
      if (outcome === 'written') {
        await Promise.all(
          followers.map((follower) => attempt(follower, stallMs, () => putCopy(follower.store, key, body, putOptions))),
        )
      }
      return outcome
    },
    write(key, writeOptions) {
      const decisive = first.write(key, writeOptions)
      const copies = followers.flatMap((follower) => {
        const copy = beginCopy(follower, key, writeOptions, drop)
        return copy === undefined ? [] : [copy]
      })
      const alive = () => copies.filter(({ follower }) => !follower.dropped)
      const everyCopy = (waitMs: number, work: (writer: ObjectWriter) => Promise<unknown>) =>
        Promise.all(
          alive().map(async ({ follower, writer }) => {
            await attempt(follower, waitMs, () => work(writer))
            // Not awaited: a store that hangs would keep the others waiting once more.
            if (follower.dropped) writer.abort()
          }),
        )
      return {
        get capacity() {
          return Math.min(decisive.capacity, ...alive().map(({ writer }) => writer.capacity))
        },
        async write(chunk) {
          await Promise.all([decisive.write(chunk), everyCopy(stallMs, (writer) => writer.write(chunk))])
        },
        async finish() {
          const written = decisive.finish()
          const copied = everyCopy(stallMs * FINISH_FACTOR, async (writer) => {
            const copy = await writer.finish()
            // A first store that failed is told by itself.
            await written.then(
              (original) => compare(original, copy),
              () => {},
            )
          })
          await Promise.all([written, copied])
          return written
        },
        async abort() {
          const all = copies.map(({ follower, writer }) => within(stallMs, follower.store.name, () => writer.abort()))
          await Promise.allSettled([decisive.abort(), ...all])
        },
      }
    },
  }
}

function beginCopy(
  follower: Follower,
  key: string,
  options: WriteOptions | undefined,
  drop: (follower: Follower, error: unknown) => void,
): { follower: Follower; writer: ObjectWriter } | undefined {
  if (follower.dropped) return undefined
  try {
    return { follower, writer: follower.store.write(key, options) }
  } catch (error) {
    drop(follower, error)
    return undefined
  }
}

async function putCopy(store: Store, key: string, body: Uint8Array, options: PutOptions | undefined): Promise<void> {
  const outcome = await store.put(key, body, options)
  if (outcome === 'exists') throw new StoreError('store-denied', `${store.name} has another ${key} already.`)
}

function compare(written: WrittenObject, copied: WrittenObject): void {
  if (written.sha256 === copied.sha256 && written.bytes === copied.bytes) return
  throw new StoreError('store-missing', `The copy of ${written.key} is not what was written.`)
}

async function within<T>(waitMs: number, store: string, work: () => Promise<T> | T): Promise<T> {
  const stop = new AbortController()
  const late = sleep(waitMs, undefined, { signal: stop.signal, ref: false }).then(() => {
    throw new StoreError('store-unreachable', `${store} did not answer within ${waitMs / 1000} s.`)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    late.catch(() => {})
    stop.abort()
  }
}
