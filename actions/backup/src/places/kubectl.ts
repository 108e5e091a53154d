import { type Cluster, kubectlFor } from './containers.ts'
import { localPlace } from './local.ts'
import type { Finished, PlaceCommand } from './place.ts'

/**
 * Runs this machine's kubectl, with these arguments, against the cluster of the step.
 *
 * @throws BackupError `client-missing`, `interrupted`
 */
export type Kubectl = (
  args: readonly string[],
  options?: Pick<PlaceCommand, 'stdin' | 'despiteInterrupt'>,
) => Promise<Finished>

/** For a server that neither answers nor closes. */
const TIMEOUT = '--request-timeout=30s'

export function openKubectl(
  cluster: Cluster,
  { env, signal }: { env: Readonly<Record<string, string>>; signal: AbortSignal | undefined },
): Kubectl {
  const here = localPlace(env, signal)
  const [program, ...access] = kubectlFor(cluster)
  return (args, options = {}) => here.run({ ...options, argv: [program, ...access, TIMEOUT, ...args] })
}
