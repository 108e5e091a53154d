// A worker's pods live under a cgroup of its own, so that what a worker has used is removed with it.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './processes.ts'

interface Hierarchy {
  folder: string
  version: 1 | 2
  options: string
}

function hierarchies(): Hierarchy[] {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([, folder = '', type, options = '']): Hierarchy[] => {
      if (type === 'cgroup') return [{ folder, version: 1, options }]
      return type === 'cgroup2' ? [{ folder, version: 2, options }] : []
    })
}

/** Makes the cgroup in each hierarchy with controllers: all of version 1, or the one of version 2 where it is alone. */
export function makeCgroup(name: string): void {
  const all = hierarchies()
  const first = all.filter(({ version }) => version === 1)
  for (const hierarchy of first.length > 0 ? first : all) {
    const group = join(hierarchy.folder, name)
    mkdirSync(group, { recursive: true })
    if (hierarchy.version === 1 && hierarchy.options.split(',').includes('cpuset')) copyCpus(hierarchy.folder, group)
  }
}

/** A new cpuset of version 1 is empty, and takes no process before it has processors and memory nodes. */
function copyCpus(from: string, to: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(join(to, file), readFileSync(join(from, file)))
}

/** Removes every cgroup at the top of a hierarchy whose name is the given one or begins with it and a hyphen. */
export async function removeCgroups(name: string): Promise<void> {
  for (const { folder } of hierarchies()) {
    for (const entry of readdirSync(folder)) {
      if (entry !== name && !entry.startsWith(`${name}-`)) continue
      // The kernel lets go of a cgroup a moment after its last process.
      await until(`${join(folder, entry)} can be removed`, 15_000, () => removeTree(join(folder, entry)))
    }
  }
}

function removeTree(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(join(folder, entry.name))) return false
    }
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}
