import { statSync } from 'node:fs'
import { BackupError } from '../failure.ts'
import { type Child, type ChildEnd, startChild } from './child.ts'
import { missingFolder, missingProgram, runToEnd } from './output.ts'
import type { Finished, Place, PlaceCommand, Running } from './place.ts'

/** This machine: programs are started without a shell. */
export function localPlace(env: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Place {
  const running = new Set<Child>()

  function start(command: PlaceCommand): Running {
    const { argv, cwd, stdin = 'none', onStderrLine, despiteInterrupt = false } = command
    const stop = despiteInterrupt ? undefined : signal
    const child = startChild({ argv, env: { ...env, ...command.env }, cwd, stdin, onStderrLine, signal: stop })
    running.add(child)
    const ended = child.ended.finally(() => running.delete(child)).then((end) => finished(end, command))
    ended.catch(() => undefined)
    return { stdout: child.stdout, ended, kill: child.kill }
  }

  return {
    name: 'local',
    start,
    run: (command) => runToEnd(start, command),
    async close() {
      const last = [...running]
      for (const child of last) child.kill()
      await Promise.allSettled(last.map((child) => child.ended))
    },
  }
}

function finished(end: ChildEnd, { argv, cwd }: PlaceCommand): Finished {
  if (end.kind === 'ended') {
    const { code, signal, stderr } = end
    return { code, signal, stdout: Buffer.alloc(0), stderr }
  }
  if (cwd !== undefined && !statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) throw missingFolder('local', cwd)
  if (end.why === 'ENOENT') throw missingProgram('local', argv[0])
  throw new BackupError('source-failed', `${argv[0]} could not be started: ${end.why}.`)
}
