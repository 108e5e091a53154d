/** Buffers of one size that are used again, so that what is in memory is bounded, and no part becomes garbage. */
export interface PartBuffers {
  /** A free buffer, once there is one. */
  take(): Promise<Buffer>
  give(buffer: Buffer): void
  /** Rejects all who wait, now and later. */
  fail(error: unknown): void
}

export function createPartBuffers(size: number, count: number): PartBuffers {
  const free: Buffer[] = []
  const waiting: PromiseWithResolvers<Buffer>[] = []
  let allocated = 0
  let failure: { error: unknown } | undefined
  return {
    async take() {
      if (failure !== undefined) throw failure.error
      const buffer = free.pop()
      if (buffer !== undefined) return buffer
      if (allocated < count) {
        allocated += 1
        return Buffer.allocUnsafeSlow(size)
      }
      const turn = Promise.withResolvers<Buffer>()
      waiting.push(turn)
      return turn.promise
    },
    give(buffer) {
      const next = waiting.shift()
      if (next === undefined) free.push(buffer)
      else next.resolve(buffer)
    },
    fail(error) {
      failure ??= { error }
      for (const turn of waiting.splice(0)) turn.reject(error)
    },
  }
}
