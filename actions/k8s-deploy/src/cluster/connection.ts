import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Capture, createCapture } from '../../../../lib/process/capture.ts'
import { createLineReader } from '../../../../lib/process/lines.ts'
import { ApiError } from './api-error.ts'

export interface ConnectionOptions {
  /** Path of the program. */
  kubectl: string
  /** File; `undefined` means what kubectl finds. */
  kubeconfig: string | undefined
  /** `undefined` means the current one. */
  context: string | undefined
  /** The whole environment of kubectl and of the credential plugins that it starts. */
  env: Readonly<Record<string, string>>
}

/** A `kubectl proxy` on a private socket: whatever credentials kubectl can use, it can. */
export interface Connection {
  socketPath: string
  /** Process id of the proxy. */
  pid: number
  /** The proxy's last words, when it has ended without being asked to. */
  lastWords(): string | undefined
  close(): Promise<void>
}

const START_MS = 20_000
const STOP_MS = 2_000
const STDERR_BYTES = 16 * 1024

const FOLDER = 'ondol-api-'

/** Longest path of a socket on macOS, which allows less than Linux. */
const LONGEST_SOCKET_PATH = 103

/** kubectl notices a dead connection to the API within 15 s instead of 45 s, and what waits for it can be asked again. */
const HEALTH_CHECK = { HTTP2_READ_IDLE_TIMEOUT_SECONDS: '10', HTTP2_PING_TIMEOUT_SECONDS: '5' }

/**
 * Runs with our end of its stdin: when that breaks, however we ended, it ends the proxy and deletes the folder. kubectl itself
 * would go on serving the user's credentials.
 */
const KEEPER = `
const [pid, folder] = process.argv.slice(1)
process.stdin.resume().on('close', () => {
  try { process.kill(Number(pid)) } catch {}
  require('node:fs').rmSync(folder, { recursive: true, force: true })
})`

/**
 * Starts the proxy and resolves once its socket listens. Neither a Ctrl-C nor a cancelled job's signal reaches it, since
 * there may be things to put back.
 * @throws ApiError `InvalidKubeconfig` when kubectl can't use the kubeconfig or the context
 */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  const folder = await mkdtemp(join(shortFolder(), FOLDER))
  const socketPath = join(folder, 'api.sock')
  const child = startProxy(socketPath, options)
  const stderr = createCapture(STDERR_BYTES)
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  try {
    await listening(child, stderr)
    // Not before: the end of a proxy that fails at once would be waited for by nobody.
    child.unref()
  } catch (error) {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  const pid = child.pid as number
  const keeper = startKeeper(pid, folder)
  const ended = once(child, 'exit').then(() => void keeper.kill('SIGKILL'))
  let closing = false
  return {
    socketPath,
    pid,
    lastWords: () => (child.exitCode === null && child.signalCode === null ? undefined : stderr.text().trim()),
    async close() {
      if (closing) return
      closing = true
      child.kill('SIGTERM')
      keeper.kill('SIGKILL')
      const stubborn = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(stubborn)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function shortFolder(): string {
  return join(tmpdir(), `${FOLDER}6chars`, 'api.sock').length <= LONGEST_SOCKET_PATH ? tmpdir() : '/tmp'
}

function startProxy(socketPath: string, { kubectl, kubeconfig, context, env }: ConnectionOptions): ChildProcess {
  const args = ['proxy', `--unix-socket=${socketPath}`, '--append-server-path=true']
  if (kubeconfig !== undefined) args.push(`--kubeconfig=${kubeconfig}`)
  if (context !== undefined) args.push(`--context=${context}`)
  const child = spawn(kubectl, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...HEALTH_CHECK, ...env },
    detached: true,
  })
  return child
}

/** The proxy says `Starting to serve on …` after it has begun to listen. */
async function listening(child: ChildProcess, stderr: Capture): Promise<void> {
  const stopWaiting = new AbortController()
  const served = new Promise<void>((resolve) => {
    const lines = createLineReader((line) => line.startsWith('Starting to serve') && resolve())
    child.stdout?.on('data', lines.push)
  })
  const failed = once(child, 'close').then(() => {
    throw new ApiError({ status: 0, reason: 'InvalidKubeconfig', message: stderr.text().trim() })
  })
  const late = pause(START_MS, undefined, { signal: stopWaiting.signal, ref: false }).then(() => {
    throw new ApiError({
      status: 0,
      reason: 'Unreachable',
      message: `kubectl proxy didn't start in ${START_MS / 1000} s`,
    })
  })
  const ends = [served, failed, late]
  for (const end of ends) end.catch(() => undefined)
  try {
    await Promise.race(ends)
  } finally {
    stopWaiting.abort()
  }
}

function startKeeper(pid: number, folder: string): ChildProcess {
  const keeper = spawn(process.execPath, ['-e', KEEPER, String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    detached: true,
  })
  keeper.on('error', () => undefined)
  keeper.stdin?.on('error', () => undefined)
  keeper.unref()
  return keeper
}
