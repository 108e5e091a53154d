import type { LoadOptions } from './options.ts'
import { createSender } from './request.ts'
import { createTally, type LoadReport } from './tally.ts'

const MAX_IN_FLIGHT = 1000

/** A load in this thread. */
export interface RunningLoad {
  report(): LoadReport
  /** Sends no more, and waits for what is under way. */
  stop(): Promise<LoadReport>
}

/** Sends request `n` at start + n / rate, whether or not earlier ones came back: a slow server gets no rest. */
export function runLoad(options: LoadOptions): RunningLoad {
  const { ratePerSecond, maxInFlight = MAX_IN_FLIGHT } = options
  const startedAt = new Date()
  // Due times come from a clock that nobody sets.
  const startMs = performance.now()
  const tally = createTally(startedAt)
  const send = createSender(options)
  const underWay = new Set<Promise<void>>()
  let sent = 0
  let timer = setTimeout(sendDue)

  function dueMs(index: number): number {
    return (index * 1000) / ratePerSecond
  }

  function sendDue(): void {
    const elapsedMs = performance.now() - startMs
    for (; dueMs(sent) <= elapsedMs; sent += 1) {
      tally.lagged(elapsedMs - dueMs(sent))
      sendOne(new Date(startedAt.getTime() + dueMs(sent)))
    }
    timer = setTimeout(sendDue, dueMs(sent) - elapsedMs)
  }

  function sendOne(dueAt: Date): void {
    if (underWay.size >= maxInFlight) {
      tally.add(dueAt, { outcome: 'overflow', detail: `${maxInFlight} under way`, version: undefined })
      return
    }
    const request = send().then((answer) => {
      tally.add(dueAt, answer)
      underWay.delete(request)
    })
    underWay.add(request)
  }

  return {
    report: tally.report,
    async stop() {
      clearTimeout(timer)
      await Promise.all(underWay)
      return tally.report()
    },
  }
}
