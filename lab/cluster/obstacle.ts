// Why this machine can't have a cluster, in a sentence that says what to do.
import { readFileSync } from 'node:fs'
import { execute } from '../provision/execute.ts'
import { commandFor, findPart, type PartName } from '../provision/index.ts'
import { buildMinutes, missingPrograms } from './build.ts'

/** What the cluster takes from the system. */
export const systemParts: readonly PartName[] = ['containerd', 'runc', 'nft', 'ip', 'busybox', 'tini', 'openssl']

/** Undefined: nothing is in the way. Changes nothing. */
export async function clusterObstacle(): Promise<string | undefined> {
  return (await machineObstacle()) ?? (await partObstacle())
}

/** What no installation could mend. */
export async function machineObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `a lab cluster needs Linux, and this is ${process.platform}; ${alternative}`
  if (process.getuid?.() !== 0) return `a lab cluster needs root, for its namespaces and cgroups; ${alternative}`
  if (!/ cgroup2? rw/.test(readFileSync('/proc/mounts', 'utf8'))) {
    return `a lab cluster needs a writable cgroup file system; ${alternative}`
  }
  try {
    await execute('unshare', ['--mount', '--net', '--pid', '--uts', '--fork', '--mount-proc', 'true'])
    return undefined
  } catch (error) {
    return `a lab cluster needs namespaces, and this machine refuses them (${(error as Error).message}); ${alternative}`
  }
}

/** What the sentence ends with where tests could do without a lab cluster. */
export const alternative = 'set ONDOL_KUBECONFIG to the kubeconfig of a cluster that tests may use'

async function partObstacle(): Promise<string | undefined> {
  for (const name of systemParts) {
    if ((await findPart(name)) === undefined) return `${name} is missing; to bring it: ${commandFor(name)}`
  }
  const missing = missingPrograms()
  if (missing.length === 0) return undefined
  return `${missing.join(', ')} must be compiled first, once, in about ${buildMinutes} minutes: npm run lab cluster up`
}
