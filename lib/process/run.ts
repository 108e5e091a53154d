import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { platform } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { createCapture } from './capture.ts'
import { childEnvironment } from './environment.ts'
import { followFile, type GrowingFile } from './growing-file.ts'
import { createLineReader } from './lines.ts'

/** One program to run. Arguments reach the program as they are; there is no shell. */
export interface Command {
  /** Name on PATH, or a path. */
  readonly file: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** The child's whole environment. Default: `childEnvironment(process.env)`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin?: string
  /** Gets each line without its end. If it throws, `run` rejects with that error once the child has ended. */
  readonly onStdoutLine?: (line: string) => void
  readonly onStderrLine?: (line: string) => void
  /** Stdout goes straight into this new file (0600); then `Exit.stdout` is empty and `onStdoutLine` isn't called. */
  readonly stdoutFile?: string
  /**
   * An existing folder for the child's output, which is read from files there while they grow. A child with pipes dies of
   * the next line it writes once we are gone; one with files can go on, save its work and end in order.
   */
  readonly outliveFolder?: string
  /** Gets the child's process id as soon as it runs. */
  readonly onStart?: (pid: number) => void
  /** Bytes kept of stdout and of stderr, half from the head and half from the tail. Default 1 MiB each. */
  readonly captureBytes?: number
  /** Starts although the runner was interrupted: for clean-up. */
  readonly evenIfInterrupted?: boolean
}

/** How a program ended: with a code, or by a signal. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly startedAt: Date
  readonly endedAt: Date
}

export interface ProcessRunner {
  /**
   * Runs a program to its end, whatever its exit code.
   *
   * @throws InterruptedError when the runner was interrupted before the start
   * @throws NotRunnableError when the program can't be started
   */
  run(command: Command): Promise<Exit>
  /** A SIGINT or SIGTERM has come. */
  readonly interrupted: boolean
}

export interface ClosableProcessRunner extends ProcessRunner {
  /** Stops listening for signals. */
  close(): void
}

export interface ProcessRunnerOptions {
  /** Where SIGINT and SIGTERM come from. Default: this process. */
  readonly signals?: NodeJS.EventEmitter
  readonly clock?: () => Date
}

/** The runner was interrupted before this program started. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
}

/** The program or its working directory doesn't exist, or the system refuses to start it. */
export class NotRunnableError extends Error {
  override readonly name = 'NotRunnableError'
}

const DEFAULT_CAPTURE_BYTES = 1024 * 1024

/** A grandchild that outlives the child and holds its pipes must not hang the step. */
const STRAGGLER_MS = 2_000

/**
 * Runs programs, and hands on an interruption once.
 *
 * A cancelled job gets SIGINT, SIGTERM after 7.5 s, and is killed 2.5 s later. To terraform a second SIGINT means "exit at
 * once, even if the state is lost", so the first signal becomes one SIGINT to every child that runs at that moment, and no
 * later one is forwarded. On POSIX a child leads its own process group: a Ctrl-C in a terminal reaches it through us only.
 * On Windows the console itself tells the children, and nothing is forwarded.
 */
export function createProcessRunner(options: ProcessRunnerOptions = {}): ClosableProcessRunner {
  const { signals = process, clock = () => new Date() } = options
  const running = new Set<ChildProcess>()
  let interrupted = false

  function interrupt(): void {
    if (interrupted) return
    interrupted = true
    for (const child of running) forwardInterrupt(child)
  }

  signals.on('SIGINT', interrupt)
  signals.on('SIGTERM', interrupt)

  return {
    async run(command) {
      if (interrupted && !command.evenIfInterrupted) {
        throw new InterruptedError(`${command.file} was not started: the step was interrupted`)
      }
      return await runToEnd(command, clock, running)
    },
    get interrupted() {
      return interrupted
    },
    close() {
      signals.off('SIGINT', interrupt)
      signals.off('SIGTERM', interrupt)
    },
  }
}

function forwardInterrupt(child: ChildProcess): void {
  if (platform() !== 'win32') child.kill('SIGINT')
}

async function runToEnd(command: Command, clock: () => Date, running: Set<ChildProcess>): Promise<Exit> {
  const startedAt = clock()
  const output = openOutput(command)
  const child = start(command, output)
  running.add(child)
  try {
    if (child.pid !== undefined) command.onStart?.(child.pid)
    feed(child, command.stdin)
    const stdout = collect(output.stdout?.stream ?? child.stdout, command.captureBytes, command.onStdoutLine)
    const stderr = collect(output.stderr?.stream ?? child.stderr, command.captureBytes, command.onStderrLine)
    await ended(child, command)
    await Promise.all([output.stdout, output.stderr].map(readToEnd))
    return {
      code: child.exitCode,
      signal: child.signalCode,
      stdout: stdout(),
      stderr: stderr(),
      startedAt,
      endedAt: clock(),
    }
  } finally {
    running.delete(child)
    for (const file of [output.stdout, output.stderr]) file?.finish()
  }
}

/** Where the child's output goes: a pipe, or a file; `stdout` and `stderr` are the files that we read ourselves. */
interface Output {
  stdio: [stdout: 'pipe' | number, stderr: 'pipe' | number]
  stdout?: GrowingFile
  stderr?: GrowingFile
}

function openOutput({ stdoutFile, outliveFolder }: Command): Output {
  if (stdoutFile !== undefined) return { stdio: [openSync(stdoutFile, 'wx', 0o600), 'pipe'] }
  if (outliveFolder === undefined) return { stdio: ['pipe', 'pipe'] }
  const name = randomUUID()
  const [stdout, stderr] = [join(outliveFolder, `${name}.out`), join(outliveFolder, `${name}.err`)]
  const stdio: Output['stdio'] = [openSync(stdout, 'wx', 0o600), openSync(stderr, 'wx', 0o600)]
  return { stdio, stdout: followFile(stdout), stderr: followFile(stderr) }
}

async function readToEnd(file: GrowingFile | undefined): Promise<void> {
  if (!file) return
  file.finish()
  if (!file.stream.closed) await new Promise((resolve) => file.stream.once('close', resolve))
}

function start(command: Command, { stdio }: Output): ChildProcess {
  const options: SpawnOptions = {
    cwd: command.cwd,
    env: command.env ?? childEnvironment(process.env),
    stdio: [command.stdin === undefined ? 'ignore' : 'pipe', ...stdio],
    detached: platform() !== 'win32',
    windowsHide: true,
  }
  try {
    return spawn(command.file, command.args, options)
  } catch (error) {
    throw notRunnable(command, error)
  } finally {
    for (const file of stdio) if (file !== 'pipe') closeSync(file)
  }
}

function feed(child: ChildProcess, stdin: string | undefined): void {
  // A program may end without reading its input; how it ended tells whether that was a failure.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(stdin)
}

/** Reads a stream to its end; the returned function gives the captured text or throws what a line callback threw. */
function collect(
  stream: Readable | null,
  captureBytes = DEFAULT_CAPTURE_BYTES,
  onLine?: (line: string) => void,
): () => string {
  const capture = createCapture(captureBytes)
  const lines = onLine && createLineReader(onLine)
  let failure: { readonly error: unknown } | undefined

  function whileSound(step: () => void): void {
    if (failure) return
    try {
      step()
    } catch (error) {
      failure = { error }
    }
  }

  stream?.on('data', (chunk: Buffer) => {
    capture.push(chunk)
    whileSound(() => lines?.push(chunk))
  })
  stream?.on('close', () => whileSound(() => lines?.end()))
  return () => {
    if (failure) throw failure.error
    return capture.text()
  }
}

function ended(child: ChildProcess, command: Command): Promise<void> {
  return new Promise((resolve, reject) => {
    let straggling: NodeJS.Timeout | undefined
    child.once('exit', () => {
      straggling = setTimeout(() => letGo(child), STRAGGLER_MS)
    })
    child.once('close', () => {
      clearTimeout(straggling)
      resolve()
    })
    child.on('error', (error) => {
      if (child.pid === undefined) reject(notRunnable(command, error))
    })
  })
}

function letGo(child: ChildProcess): void {
  child.stdin?.destroy()
  child.stdout?.destroy()
  child.stderr?.destroy()
}

/** Without the original error: that one holds the arguments. */
function notRunnable(command: Command, error: unknown): NotRunnableError {
  if (command.stdoutFile !== undefined) rmSync(command.stdoutFile, { force: true })
  const { file, cwd } = command
  const code = (error as NodeJS.ErrnoException).code
  if (cwd !== undefined && !isDirectory(cwd)) return new NotRunnableError(`${cwd} is not a directory to run ${file} in`)
  if (code === 'ENOENT') return new NotRunnableError(`${file} was not found${/[\\/]/.test(file) ? '' : ' on PATH'}`)
  if (code === 'EACCES') return new NotRunnableError(`${file} is not an executable program`)
  return new NotRunnableError(`${file} could not be started: ${code}`)
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
