import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { checkOptions, type LoadOptions } from './options.ts'
import type { LoadReport } from './tally.ts'
import type { Question } from './thread.ts'

export type { LoadOptions } from './options.ts'
export type { Outcome } from './request.ts'
export type { Counts, Failure, LoadReport, VersionCount } from './tally.ts'

/** Requests that go on until they are stopped. */
export interface Load {
  /** What is known by now. */
  report(): Promise<LoadReport>
  /** Sends no more, waits for what is under way, at most `timeoutMs`, and tells how all ended. */
  stop(): Promise<LoadReport>
}

/**
 * Sends requests at a constant rate from a thread of its own, to see what a client of a service sees meanwhile. They
 * have begun when this resolves. A load that nobody stops ends with the process.
 *
 * @throws RangeError for options that can't be met
 */
export async function startLoad(options: LoadOptions): Promise<Load> {
  checkOptions(options)
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: options, execArgv: [] })
  let latest: Promise<unknown> = Promise.resolve()
  let stopped: Promise<LoadReport> | undefined

  async function answerTo(question: Question): Promise<LoadReport> {
    worker.ref()
    worker.postMessage(question)
    const [report] = await once(worker, 'message')
    worker.unref()
    return report
  }

  /** One question at a time, so that each has its own answer. */
  function ask(question: Question): Promise<LoadReport> {
    const answer = latest.then(() => answerTo(question))
    latest = answer
    return answer
  }

  async function end(): Promise<LoadReport> {
    const report = await ask('stop')
    await worker.terminate()
    return report
  }

  await ask('report')
  return {
    report: () => stopped ?? ask('report'),
    stop: () => {
      stopped ??= end()
      return stopped
    },
  }
}
