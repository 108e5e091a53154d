// Which processes a step has started, seen in /proc. The runner knows them by RUNNER_TRACKING_ID in their environment.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export interface ProcessWatch {
  /** Command lines seen so far, each once, arguments joined by a space */
  readonly seen: ReadonlySet<string>
  stop(): void
}

const sampleEveryMs = 20

export function watchProcesses(trackingId: string): ProcessWatch {
  const seen = new Set<string>()
  const ours = createClassifier(trackingId)
  const sample = (): void => {
    for (const pid of ours(pids())) remember(seen, commandLine(pid))
  }
  const timer = setInterval(sample, sampleEveryMs)
  return {
    seen,
    stop() {
      clearInterval(timer)
      sample()
    },
  }
}

/** Processes alive now that carry the id. */
export function trackedProcesses(trackingId: string): { pid: number; commandLine: string }[] {
  return createClassifier(trackingId)(pids())
    .map((pid) => ({ pid: Number(pid), commandLine: commandLine(pid) }))
    .filter((process) => process.commandLine !== '')
}

/** Judges each process once, when it first appears: by its environment, or by its parent when a tool passed on a bare one. */
function createClassifier(trackingId: string): (pids: readonly string[]) => string[] {
  const judged = new Map<string, boolean>()
  return (alive) => {
    const present = new Set(alive)
    for (const pid of judged.keys()) if (!present.has(pid)) judged.delete(pid)
    for (const pid of alive) {
      if (!judged.has(pid)) judged.set(pid, carries(pid, trackingId) || judged.get(parent(pid)) === true)
    }
    return alive.filter((pid) => judged.get(pid))
  }
}

function carries(pid: string, trackingId: string): boolean {
  return read(`/proc/${pid}/environ`).includes(`RUNNER_TRACKING_ID=${trackingId}`)
}

function pids(): string[] {
  return existsSync('/proc/self/stat') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []
}

/** Field 4 of /proc/<pid>/stat; the name before it stands in brackets and may hold spaces. */
function parent(pid: string): string {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? ''
}

function commandLine(pid: string): string {
  return read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim()
}

function remember(seen: Set<string>, line: string): void {
  if (line !== '') seen.add(line)
}

/** Empty when the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
