// A cluster's processes outlive the program that starts them. Each carries a mark in its environment, by which it's found
// again whatever became of that program.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const variable = 'ONDOL_LAB_CLUSTER'

export interface Daemon {
  /** What the process belongs to, such as a worker's namespace */
  mark: string
  log: string
  file: string
  args: readonly string[]
}

/** @returns whether it has ended, from then on */
export function startDaemon({ mark, log, file, args }: Daemon): () => boolean {
  const output = openSync(log, 'a')
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'], [variable]: mark },
  })
  // A program that can't be started is noticed by what it doesn't do.
  child.on('error', () => undefined)
  child.unref()
  closeSync(output)
  return () => child.exitCode !== null || child.signalCode !== null
}

/** Ids of the processes with this mark that live. */
export function findMarked(mark: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(`${variable}=${mark}`))
    .map(Number)
}

/** The one of the marked processes that is PID 1 of a PID namespace of its own. */
export function findInit(mark: string): number | undefined {
  return findMarked(mark).find((pid) => /^NSpid:\s+\d+\s+1$/m.test(read(`/proc/${pid}/status`)))
}

/** Kills every process with this mark, and resolves when none is left. */
export async function killMarked(mark: string): Promise<void> {
  const killed = new Set(findMarked(mark))
  const init = findInit(mark)
  // All of a PID namespace dies with its PID 1, at once: nobody inside sees another die.
  if (init !== undefined) kill(init)
  await until(`the processes of ${mark} are gone`, 20_000, () => {
    const left = findMarked(mark)
    for (const pid of left) {
      killed.add(pid)
      kill(pid)
    }
    // A dying process has no environment any more, but still its namespaces.
    return left.length === 0 && ![...killed].some(isDying)
  })
}

/** Whether it isn't dead yet: a zombie, whose parent hasn't looked at it yet, is. */
function isDying(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(read(`/proc/${pid}/status`))
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

/** When a process started, in the kernel's ticks: a pid alone may be another's by now. Undefined: no such process. */
export function startTime(pid: number): string | undefined {
  // After the name in parentheses, which may hold anything, come the fields from the 3rd on; the start time is the 22nd.
  return read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19]
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** @throws Error that names what did not come true in time */
export async function until(what: string, withinMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + withinMs
  while (performance.now() < deadline) {
    if (await holds()) return
    await sleep(50)
  }
  throw new Error(`waited ${withinMs / 1000} s in vain until ${what}`)
}
