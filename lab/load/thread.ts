// The thread that sends: a test that is busy with something else must not look like a server that is slow.
import { parentPort, workerData } from 'node:worker_threads'
import { runLoad } from './run.ts'

/** What the thread is asked for; it answers each with a report. */
export type Question = 'report' | 'stop'

const load = runLoad(workerData)

parentPort?.on('message', async (question: Question) => {
  parentPort?.postMessage(question === 'stop' ? await load.stop() : load.report())
})
