// One measured command with all its children: how long it took, and the most memory that they had together.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

export interface Cost {
  ms: number
  /** The highest sum of resident memory of the process and its descendants, looked at every 50 ms. Shared pages count each time. */
  peakBytes: number
}

const LOOK_MS = 50
const PAGE = 4096

/** Throws with what it said when it fails. */
export async function measure(
  program: string,
  args: readonly string[],
  options: { env: Record<string, string>; cwd?: string; signal: AbortSignal },
): Promise<Cost> {
  const startedAt = performance.now()
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => output.push(data))
  let peakBytes = 0
  const look = setInterval(() => {
    peakBytes = Math.max(peakBytes, familyMemory(child.pid ?? 0))
  }, LOOK_MS)
  const [code] = await once(child, 'close').finally(() => clearInterval(look))
  const ms = performance.now() - startedAt
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${Buffer.concat(output)}`)
  return { ms, peakBytes }
}

function familyMemory(root: number): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)))
  const family = new Set([root])
  // Parents have smaller ids but for the rare wrap-around.
  for (const { pid, parent } of processes.sort((left, right) => left.pid - right.pid))
    if (family.has(parent)) family.add(pid)
  return processes.filter(({ pid }) => family.has(pid)).reduce((sum, { pages }) => sum + pages * PAGE, 0)
}

/** Fields 4 and 24 of proc(5). */
function statOf(pid: number): { pid: number; parent: number; pages: number }[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [{ pid, parent: Number(fields[1]), pages: Number(fields[21]) }]
  } catch {
    return []
  }
}
