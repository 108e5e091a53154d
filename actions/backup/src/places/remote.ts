import { randomBytes } from 'node:crypto'
import { BackupError } from '../failure.ts'
import { type Child, type ChildEnd, startChild } from './child.ts'
import { missingFolder, missingProgram, runToEnd } from './output.ts'
import type { Finished, Place, PlaceCommand, Running } from './place.ts'
import { readOutcome, scriptLine } from './script.ts'

/** A way to a shell that isn't here. */
export interface Transport {
  name: string
  /** Runs `sh` with the bootstrap of script.ts there. */
  argv: readonly [string, ...string[]]
  env: Readonly<Record<string, string>>
  /** Why it failed, from what its program said. */
  explain(stderr: string): BackupError
  close(): Promise<void>
}

/** A shell tells of a signal by a code above this. */
const SIGNALLED = 128

/** Programs behind a transport. See script.ts for what happens there. */
export function remotePlace(transport: Transport, signal: AbortSignal | undefined): Place {
  const { name, argv, env } = transport
  const running = new Set<Child>()

  function start(command: PlaceCommand): Running {
    const mark = randomBytes(12).toString('hex')
    const { stdin = 'held', onStderrLine, despiteInterrupt = false } = command
    const stop = despiteInterrupt ? undefined : signal
    const onLine = onStderrLine && ((line: string) => void (line.startsWith(mark) || onStderrLine(line)))
    const preamble = scriptLine(command, mark)
    const child = startChild({ argv, env, preamble, stdin, onStderrLine: onLine, signal: stop })
    running.add(child)
    const ended = child.ended.finally(() => running.delete(child)).then((end) => finished(end, command, mark))
    ended.catch(() => undefined)
    return { stdout: child.stdout, ended, kill: child.kill }
  }

  function finished(end: ChildEnd, command: PlaceCommand, mark: string): Finished {
    if (end.kind === 'not-started') throw notStarted(argv[0], end.why)
    const { outcome, stderr } = readOutcome(end.stderr, mark)
    if (outcome.kind === 'missing-program') throw missingProgram(name, command.argv[0])
    if (outcome.kind === 'missing-folder') throw missingFolder(name, command.cwd ?? '')
    if (outcome.kind === 'ended' && outcome.bytes === end.bytes && !(end.killed && outcome.code > SIGNALLED)) {
      return { code: outcome.code, signal: null, stdout: Buffer.alloc(0), stderr }
    }
    if (end.killed) return { code: null, signal: 'SIGTERM', stdout: Buffer.alloc(0), stderr }
    if (outcome.kind === 'ended') throw wrongLength(command.argv[0], outcome.bytes, end.bytes)
    throw transport.explain(stderr)
  }

  function wrongLength(program: string, written: number, received: number): BackupError {
    if (received > written) {
      return new BackupError('source-failed', `${name} sent more than ${program} wrote.`, {
        remedy:
          'Let the start-up files of its login shell (.bashrc, .profile) print nothing when no terminal is there.',
      })
    }
    return new BackupError(
      'source-failed',
      `${name} lost the end of what ${program} wrote: ${received} of ${written} bytes arrived.`,
    )
  }

  return {
    name,
    start,
    run: (command) => runToEnd(start, command),
    async close() {
      const last = [...running]
      for (const child of last) child.kill()
      await Promise.allSettled(last.map((child) => child.ended))
      await transport.close()
    },
  }
}

/** A program of this machine that leads to a place. */
export function notStarted(program: string, why: string): BackupError {
  if (why !== 'ENOENT') return new BackupError('source-failed', `${program} could not be started: ${why}.`)
  return new BackupError('client-missing', `This machine has no program ${program}.`, {
    remedy: 'Install it in a step before this one, or add its folder to PATH.',
  })
}
