import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type ObjectWriter, type Store, StoreError } from '../../../../lib/s3/store.ts'

/** A store in memory, whose objects tests may look at and damage. */
export interface MemoryStore extends Store {
  objects: Map<string, Buffer>
  /** Keys of objects that were begun and neither finished nor given up. */
  open: Set<string>
}

export interface Faults {
  /** What one object may take. */
  capacity?: number
  /** Called before every write with the bytes that its object has so far; may throw or wait. */
  onWrite?: (key: string, bytes: number) => Promise<void> | void
  /** Bytes that a read gives at once. */
  readStep?: number
  onRead?: (key: string, bytes: number) => Promise<void> | void
}

export function memoryStore(faults: Faults = {}): MemoryStore {
  const objects = new Map<string, Buffer>()
  const open = new Set<string>()
  const under = (prefix: string): string[] => [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()
  return {
    name: 'memory://store',
    clockSkewMs: undefined,
    objects,
    open,
    async put(key, body, options) {
      if (options?.ifAbsent && objects.has(key)) return 'exists'
      objects.set(key, Buffer.from(body))
      return 'written'
    },
    write: (key) => memoryWriter(key, objects, open, faults),
    async read(key) {
      const bytes = objects.get(key)
      if (bytes === undefined) throw new StoreError('store-missing', `${key} is not in memory://store.`)
      return Readable.from(steps(key, bytes, faults), { objectMode: false })
    },
    async readAll(key, maxBytes) {
      const bytes = objects.get(key)
      if (bytes !== undefined && bytes.length > maxBytes) throw new Error(`${key} has more than ${maxBytes} bytes`)
      return bytes
    },
    async head(key) {
      const bytes = objects.get(key)
      return bytes && { key, bytes: bytes.length, modifiedAt: new Date(0) }
    },
    async *list(prefix) {
      for (const key of under(prefix)) yield { key, bytes: objects.get(key)?.length ?? 0, modifiedAt: new Date(0) }
    },
    async folders(prefix) {
      const rests = under(prefix).map((key) => key.slice(prefix.length).split('/'))
      return [...new Set(rests.filter((steps) => steps.length > 1).map((steps) => steps[0] ?? ''))].sort()
    },
    async remove(key) {
      return objects.delete(key) ? 'removed' : 'missing'
    },
    expiryDays: async () => undefined,
    close: () => undefined,
  }
}

function memoryWriter(key: string, objects: Map<string, Buffer>, open: Set<string>, faults: Faults): ObjectWriter {
  const { capacity = Number.MAX_SAFE_INTEGER, onWrite } = faults
  const chunks: Buffer[] = []
  let bytes = 0
  let aborted = false
  open.add(key)
  return {
    get capacity() {
      return capacity - bytes
    },
    async write(chunk) {
      await onWrite?.(key, bytes)
      if (aborted) throw new Error('written after it was given up')
      bytes += chunk.length
      if (bytes > capacity) throw new StoreError('store-full', `${key} has no room left.`)
      chunks.push(Buffer.from(chunk))
    },
    async finish() {
      const body = Buffer.concat(chunks)
      objects.set(key, body)
      open.delete(key)
      return { key, bytes, sha256: createHash('sha256').update(body).digest('hex') }
    },
    async abort() {
      aborted = true
      open.delete(key)
    },
  }
}

async function* steps(key: string, bytes: Buffer, { readStep = 65_536, onRead }: Faults): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += readStep) {
    await onRead?.(key, start)
    yield bytes.subarray(start, start + readStep)
  }
}
