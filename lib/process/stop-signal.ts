/** Aborts at the runner's first SIGINT or SIGTERM, with the given error as reason, until it is closed. */
export function stopSignal(reason: () => Error): { signal: AbortSignal; close(): void } {
  const controller = new AbortController()
  const stop = (): void => controller.abort(reason())
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    close() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
