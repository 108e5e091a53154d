import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const entry = join(import.meta.dirname, '../../src/index.ts')

export interface Replica {
  url: string
  metricsUrl: string
  process: ChildProcess
  /** Its log so far, one object a line */
  log: Record<string, unknown>[]
  /** Resolves to the exit code, or the signal's name */
  exited: Promise<number | string>
}

export interface ReplicaOptions {
  /** The program's file; the sources' by default */
  entry?: string
  /** The Node that runs it; this one by default */
  node?: string
  uid?: number
  gid?: number
}

/**
 * Starts the service as a process of its own on free ports, with nothing in its environment but `env`.
 *
 * @throws Error with its log when it ends before it listens
 */
export async function startReplica(env: Record<string, string>, options: ReplicaOptions = {}): Promise<Replica> {
  const child = spawnService({ HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', ...env }, options)
  const replica: Replica = { url: '', metricsUrl: '', process: child.process, log: child.log, exited: child.exited }
  const listening = await Promise.race([logged(replica, 'listening'), child.exited])
  if (typeof listening !== 'object') throw new Error(`It ended by ${listening}: ${JSON.stringify(child.log)}`)
  replica.url = `http://127.0.0.1:${listening['port']}`
  replica.metricsUrl = `http://127.0.0.1:${listening['metricsPort']}/metrics`
  return replica
}

/** Starts the service without waiting for anything. */
export function spawnService(
  env: Record<string, string>,
  { entry: file = entry, node = process.execPath, ...user }: ReplicaOptions = {},
): Pick<Replica, 'process' | 'log' | 'exited'> {
  const child = spawn(node, [file], { ...user, env, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] })
  const log: Record<string, unknown>[] = []
  const lines = createInterface(child.stdout)
  lines.on('line', (line) => log.push(JSON.parse(line)))
  const exited = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(([[code, signal]]) => code ?? signal)
  return { process: child, log, exited }
}

/** Waits for a line of the log. */
export async function logged({ log }: Pick<Replica, 'log'>, message: string): Promise<Record<string, unknown>> {
  return until(() => log.find(({ msg }) => msg === message), `the log line "${message}"`)
}

/** Waits until `/readyz` answers with a status. */
export async function readyzIs(status: number, { url }: Pick<Replica, 'url'>, withinMs = 15_000): Promise<void> {
  await until(async () => (await statusOf(`${url}/readyz`)) === status || undefined, `/readyz ${status}`, withinMs)
}

/** @returns 0 without an answer */
export async function statusOf(url: string, init?: RequestInit): Promise<number> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}

/** Asks again and again until there is something. */
export async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  what: string,
  withinMs = 15_000,
): Promise<T> {
  for (const end = Date.now() + withinMs; Date.now() < end; ) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await sleep(25)
  }
  throw new Error(`${what} did not come within ${withinMs} ms`)
}

/** Ends a replica at once. */
export async function kill(replica: Pick<Replica, 'process' | 'exited'> | undefined): Promise<void> {
  replica?.process.kill('SIGKILL')
  await replica?.exited
}
