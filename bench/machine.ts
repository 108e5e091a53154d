import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import process from 'node:process'

/** What the figures depend on, and whether something else was running. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const gigabytes = (totalmem() / 1e9).toFixed(0)
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return [
    `${availableParallelism()} cores of ${model}, ${gigabytes} GB, ${type()} ${release()}, Node ${process.versions.node}`,
    `load in the last minute: ${load}; medians (min–max) after a warm-up; MB = 1,000,000 bytes`,
  ].join('\n')
}
