// One node process of a step: its lines, its end, and how the runner cancels it (ProcessInvoker.cs).
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createLineReader } from './lines.ts'

/** The runner's patience, in milliseconds. */
export interface Times {
  afterSigint: number
  afterSigterm: number
  /** For output that a grandchild still holds open when the process itself has ended */
  afterExit: number
}

export const runnerTimes: Times = { afterSigint: 7500, afterSigterm: 2500, afterExit: 5000 }

export interface NodeProcess {
  script: string
  cwd: string
  env: Record<string, string>
  times: Times
  onLine: (line: string) => void
  interruptAfter?: ((line: string) => boolean | { ms: number }) | undefined
  cancel?: AbortSignal | undefined
  kill?: ((line: string) => boolean) | AbortSignal | undefined
}

export interface ProcessEnd {
  exitCode: number | null
  signal: NodeJS.Signals | null
  cancelled: boolean
  durationMs: number
}

export async function runNode(request: NodeProcess): Promise<ProcessEnd> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [request.script], {
    cwd: request.cwd,
    env: request.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const closed = once(child, 'close')
  const { kill } = request
  const killNow = (): void => void child.kill('SIGKILL')
  if (kill instanceof AbortSignal) kill.addEventListener('abort', killNow, { once: true })
  let cancelling: Promise<void> | undefined
  const onLine = (line: string): void => {
    request.onLine(line)
    if (typeof kill === 'function' && kill(line)) killNow()
    const interrupt = cancelling === undefined && request.interruptAfter?.(line)
    if (interrupt) cancelling = cancel(child, closed, request.times, typeof interrupt === 'object' ? interrupt.ms : 0)
  }
  const cancelNow = (): void => {
    cancelling ??= cancel(child, closed, request.times, 0)
  }
  request.cancel?.addEventListener('abort', cancelNow, { once: true })
  if (request.cancel?.aborted) cancelNow()
  readLines(child, onLine)
  const [exitCode, signal] = await exited
  await settles(closed, request.times.afterExit)
  child.stdout?.destroy()
  child.stderr?.destroy()
  await cancelling
  request.cancel?.removeEventListener('abort', cancelNow)
  if (kill instanceof AbortSignal) kill.removeEventListener('abort', killNow)
  return { exitCode, signal, cancelled: cancelling !== undefined, durationMs: performance.now() - startedAt }
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    const reader = createLineReader(onLine)
    stream?.on('data', reader.write)
    stream?.on('end', reader.end)
  }
}

/** On Linux and macOS each signal, the last one too, goes to the step's own process only, not to its children. */
async function cancel(child: ChildProcess, closed: Promise<unknown>, times: Times, waitMs: number): Promise<void> {
  if (await settles(closed, waitMs)) return
  child.kill('SIGINT')
  if (await settles(closed, times.afterSigint)) return
  child.kill('SIGTERM')
  if (await settles(closed, times.afterSigterm)) return
  child.kill('SIGKILL')
}

/** Whether the promise settles within the time; no timer outlives the answer. */
async function settles(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  const timeout = delay(ms, false, { signal: timer.signal }).catch(() => false)
  const settled = await Promise.race([promise.then(() => true), timeout])
  timer.abort()
  return settled
}
