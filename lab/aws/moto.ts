// An AWS of this machine's own: moto's server on a loopback port, its state in memory.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../databases/postgres.ts'

export interface Moto {
  endpoint: string
  /** For the AWS CLI and every SDK: endpoint, region, and credentials that are none. */
  env: Readonly<Record<string, string>>
  /** Forgets all that it has. */
  reset(): Promise<void>
  /** Ends the server; what it had is gone. */
  close(): Promise<void>
}

const START_MS = 60_000

/**
 * Starts a server that belongs to this process; it answers when this resolves.
 *
 * @param program absolute path of the part `moto`
 * @throws Error with its last words when it doesn't start
 */
export async function startMoto(program: string): Promise<Moto> {
  const port = await freePort('127.0.0.1')
  const endpoint = `http://127.0.0.1:${port}`
  const child = spawn(program, ['--host', '127.0.0.1', '--port', String(port)], {
    env: { ...process.env, ...pythonPath(program) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text).slice(-2000)
  })
  const exit = once(child, 'exit')
  const close = async (): Promise<void> => {
    child.kill()
    await exit
  }
  const isUp = await answers(endpoint, () => child.exitCode === null)
  const reset = async (): Promise<void> => {
    await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' })
  }
  if (isUp) return { endpoint, env: environment(endpoint), reset, close }
  await close()
  throw new Error(`moto doesn't answer: ${said.trim()}`)
}

async function answers(endpoint: string, isAlive: () => boolean): Promise<boolean> {
  const deadline = performance.now() + START_MS
  while (isAlive() && performance.now() < deadline) {
    const reply = await fetch(`${endpoint}/moto-api/data.json`).catch(() => undefined)
    await reply?.body?.cancel()
    if (reply?.ok) return true
    await sleep(100)
  }
  return false
}

function environment(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'lab-access-key',
    AWS_SECRET_ACCESS_KEY: 'lab-secret-key-of-the-moto-server',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

/** Variables that let `aws` be found and run. @param program absolute path of the part `aws` */
export function cliEnvironment(program: string): Record<string, string> {
  return { PATH: [dirname(program), process.env['PATH']].join(delimiter), ...pythonPath(program) }
}

/** The lab's own copies lie beside their packages, in a folder that Python doesn't know. */
function pythonPath(program: string): Record<string, string> {
  return program.includes('ondol-lab') ? { PYTHONPATH: join(dirname(program), '..') } : {}
}
