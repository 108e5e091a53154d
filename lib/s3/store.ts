import type { Readable } from 'node:stream'
import { UserError } from '../action/errors.ts'

/**
 * A place for objects: a prefix of a bucket, or a folder. Keys are relative to it, with `/` between their segments and none in front.
 * Every method throws a StoreError when the store fails for good: after bounded retries of what may pass, at once for the rest.
 */
export interface Store {
  /** For people: `s3://bucket/prefix` or `file:///path`; without credentials. */
  readonly name: string
  /** Stores one object, whole. With `ifAbsent` an existing key is left as it is. */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<'written' | 'exists'>
  /** Begins an object of unknown size. Nothing is there under its key until `finish`. */
  write(key: string, options?: WriteOptions): ObjectWriter
  /** The object's bytes. Throws `store-missing`, also while it is read, when the object or a part of it isn't there. */
  read(key: string): Promise<Readable>
  /** A small object, whole; `undefined` when it isn't there. Throws when it has more than `maxBytes`. */
  readAll(key: string, maxBytes: number): Promise<Buffer | undefined>
  head(key: string): Promise<StoredObject | undefined>
  /** All objects whose key begins with `prefix`, by key. */
  list(prefix: string): AsyncIterable<StoredObject>
  /** Names of the folders right under `prefix` (which ends in `/` or is empty), without slashes, in order. */
  folders(prefix: string): Promise<string[]>
  /** Removes all versions of a key. `retained`: a lock keeps it, and nothing was laid over it. */
  remove(key: string): Promise<'removed' | 'retained' | 'missing'>
  /** Days after which a rule of the bucket deletes objects under `prefix`; `undefined` when none does, or when that can't be known. */
  expiryDays(prefix: string): Promise<number | undefined>
  /** How far this machine's clock is ahead of the store's, in milliseconds (negative: behind), by the last reply. */
  readonly clockSkewMs: number | undefined
  close(): void
}

/** A store as it is opened; its extra is for whoever cleans up. */
export interface OpenedStore extends Store {
  /** Objects under `prefix` that were begun longer ago than `olderThanMs` and never completed. No list shows them. */
  abandonedUploads(prefix: string, olderThanMs: number): Promise<AbandonedUpload[]>
}

export interface AbandonedUpload {
  key: string
  startedAt: Date
  /** Removes what was stored of it. Throws a StoreError. */
  abort(): Promise<void>
}

export interface Lock {
  mode: 'governance' | 'compliance'
  until: Date
}

export interface PutOptions {
  ifAbsent?: boolean
  lock?: Lock
}

export interface WriteOptions {
  lock?: Lock
  /** Bytes expected, so that the parts are large enough from the start. */
  estimate?: number
}

export interface StoredObject {
  key: string
  bytes: number
  modifiedAt: Date
}

export interface ObjectWriter {
  /** Takes bytes; resolves when it may take more. The writer keeps them: don't reuse the buffer. Rejects when the store has failed. */
  write(chunk: Uint8Array): Promise<void>
  /** Bytes that this object may still take before the store's limit of parts. */
  readonly capacity: number
  /** Completes the object and proves by the store's own answer that all of it arrived. */
  finish(): Promise<WrittenObject>
  /** Gives it up: nothing is left in the store. Never rejects. */
  abort(): Promise<void>
}

export interface WrittenObject {
  key: string
  bytes: number
  /** Of all its bytes, in hex. */
  sha256: string
}

export type StoreFailure = 'store-unreachable' | 'store-denied' | 'store-full' | 'store-missing' | 'clock'

/** A store that failed, in a sentence that names the store and what was tried. */
export class StoreError extends UserError {
  declare readonly reason: StoreFailure

  constructor(reason: StoreFailure, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(reason, message, options)
    this.name = 'StoreError'
  }
}
