// One measured node process, and how the peak of its memory is learnt.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const recorder = fileURLToPath(new URL('record-peak.cjs', import.meta.url))

export interface Cost {
  /** From the start of the process to the end of its output. */
  ms: number
  /** The highest resident memory of the process itself. */
  peakBytes: number
}

/** Starts a program and waits for its end. Throws when it fails. Gives the milliseconds. */
export async function timeProgram(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env: Record<string, string>; signal: AbortSignal },
): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => output.push(data))
  const [code] = await once(child, 'close')
  const ms = performance.now() - startedAt
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${Buffer.concat(output)}`)
  return ms
}

/**
 * Measures the first node process that `run` starts in the environment that it is given.
 *
 * @param run gives the milliseconds
 */
export async function withPeak(run: (env: Record<string, string>) => Promise<number>): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-bench-'))
  try {
    const file = join(folder, 'peaks')
    const ms = await run({ NODE_OPTIONS: `--require ${recorder}`, BENCH_PEAK_FILE: file })
    return { ms, peakBytes: Number(readFileSync(file, 'utf8').split('\n')[0]) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
