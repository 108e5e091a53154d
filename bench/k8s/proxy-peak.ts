import { readdirSync, readFileSync } from 'node:fs'

/** VmHWM in bytes of the `kubectl proxy` whose socket lies under a folder; NaN when it has ended. */
export function peakOfProxy(folder: string): number {
  const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && isProxyOf(entry, folder))
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(pid === undefined ? '' : readProcess(pid, 'status')) ?? []
  return Number(kibibytes) * 1024
}

function isProxyOf(pid: string, folder: string): boolean {
  return readProcess(pid, 'cmdline').includes(`--unix-socket=${folder}/`)
}

/** Processes come and go while they are listed. */
function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
