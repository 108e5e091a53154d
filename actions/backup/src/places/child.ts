import { type ChildProcess, spawn } from 'node:child_process'
import { pipeline, type Readable } from 'node:stream'
import { createLineReader } from '../../../../lib/process/lines.ts'
import { BackupError } from '../failure.ts'

/** A program on this machine whose output is streamed. */
export interface ChildCommand {
  argv: readonly [string, ...string[]]
  /** Its whole environment. */
  env: Readonly<Record<string, string>>
  cwd?: string | undefined
  /** `held`: nothing follows, and its input stays open until it ends. */
  stdin: Uint8Array | Readable | 'none' | 'held'
  /** Comes first on its standard input. */
  preamble?: string
  onStderrLine?: ((line: string) => void) | undefined
  /** Kills it; then `ended` rejects with `interrupted`. */
  signal?: AbortSignal | undefined
}

export interface Child {
  stdout: Readable
  /** Rejects when its input failed, when a reader of its lines threw, or when it was interrupted. */
  ended: Promise<ChildEnd>
  kill(): void
}

export type ChildEnd =
  | {
      kind: 'ended'
      code: number | null
      signal: NodeJS.Signals | null
      stderr: string
      bytes: number
      killed: boolean
    }
  | { kind: 'not-started'; why: string }

const STDERR_BYTES = 64 * 1024
/** For a program that doesn't end when it is told to. */
const KILL_AFTER_MS = 5_000

/** Starts a program as the leader of a group of its own, so that it can be ended with its children. */
export function startChild(command: ChildCommand): Child {
  const { argv, env, cwd, signal } = command
  if (signal?.aborted) throw interrupted(argv[0])
  const child = spawn(argv[0], argv.slice(1), {
    env,
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const ending = createEnding(child)
  const stderr = collectStderr(child.stderr, command.onStderrLine)
  signal?.addEventListener('abort', ending.kill, { once: true })
  const inputFailure = feed(child, command, ending.kill)

  const ended = closed(child).then((why): ChildEnd => {
    ending.done()
    signal?.removeEventListener('abort', ending.kill)
    if (signal?.aborted) throw interrupted(argv[0])
    const failure = inputFailure() ?? stderr.failure()
    if (failure) throw failure
    if (why !== undefined) return { kind: 'not-started', why }
    const { exitCode: code, signalCode } = child
    const bytes = (child.stdout as Readable & { bytesRead: number }).bytesRead
    return { kind: 'ended', code, signal: signalCode, stderr: stderr.text(), bytes, killed: ending.killed() }
  })
  // Whoever reads the output may fail first and never ask how the program ended.
  ended.catch(() => undefined)
  return { stdout: child.stdout, ended, kill: ending.kill }
}

function interrupted(program: string): BackupError {
  return new BackupError('interrupted', `${program} was ended because the step was interrupted.`)
}

/** Resolves when it has ended and its streams are closed, with the system's word for why it couldn't start. */
function closed(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('close', () => resolve(undefined))
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return
      child.stdout?.destroy()
      resolve(error.code ?? error.message)
    })
  })
}

interface Ending {
  kill(): void
  killed(): boolean
  done(): void
}

function createEnding(child: ChildProcess): Ending {
  let killed = false
  let isOver = false
  let timer: NodeJS.Timeout | undefined

  function signalGroup(name: NodeJS.Signals): void {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name)
    } catch {
      // It has ended.
    }
  }

  return {
    kill() {
      if (killed || isOver) return
      killed = true
      child.stdin?.destroy()
      signalGroup('SIGTERM')
      timer = setTimeout(() => {
        signalGroup('SIGKILL')
        // What still holds them open isn't of this group any more.
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, KILL_AFTER_MS)
    },
    killed: () => killed,
    done() {
      isOver = true
      clearTimeout(timer)
    },
  }
}

/** The returned function gives the error of a stream that was to be its input. */
function feed(child: ChildProcess, command: ChildCommand, kill: () => void): () => Error | undefined {
  const { stdin, preamble } = command
  const { stdin: input } = child
  let failure: Error | undefined
  // A program may end without reading its input; how it ended tells whether that was a failure.
  input?.on('error', () => undefined)
  if (input === null) return () => undefined
  if (preamble !== undefined) input.write(preamble)
  if (stdin === 'none') input.end()
  else if (stdin === 'held') child.once('exit', () => input.destroy())
  else if (stdin instanceof Uint8Array) input.end(stdin)
  else {
    // Whatever closes its input while what feeds it is well, or has ended well, is the program itself.
    let isLeft = false
    for (const event of ['error', 'close']) {
      input.once(event, () => {
        if (!stdin.destroyed || stdin.readableEnded) isLeft = true
      })
    }
    pipeline(stdin, input, (error) => {
      if (!error || isLeft) return
      failure = error
      kill()
    })
  }
  return () => failure
}

interface Stderr {
  text(): string
  failure(): Error | undefined
}

function collectStderr(stream: Readable, onLine: ((line: string) => void) | undefined): Stderr {
  let kept = Buffer.alloc(0)
  let failure: Error | undefined
  const lines = createLineReader((line) => {
    if (line !== '') onLine?.(line)
  })

  function guarded(step: () => void): void {
    try {
      if (!failure) step()
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
    }
  }

  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-STDERR_BYTES)
    guarded(() => lines.push(chunk))
  })
  stream.on('end', () => guarded(() => lines.end()))
  return { text: () => kept.toString(), failure: () => failure }
}
