import type { BackupError } from '../failure.ts'
import type { Location } from '../sources/source.ts'
import { type Cause, explainBy } from './explain.ts'
import { BOOTSTRAP } from './script.ts'

export interface Cluster {
  /** A path; absent means what kubectl finds by itself. */
  kubeconfig?: string | undefined
  context?: string | undefined
}

const SHELL = ['sh', '-c', BOOTSTRAP]

/** kubectl and the arguments that lead to a cluster. */
export function kubectlFor({ kubeconfig, context }: Cluster): [string, ...string[]] {
  return [
    'kubectl',
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ]
}

/** Arguments of `kubectl exec`. */
export function kubectlArgs(location: Location & { kind: 'kubernetes' }, cluster: Cluster): [string, ...string[]] {
  const { namespace, resource, name, container } = location
  return [
    ...kubectlFor(cluster),
    `--namespace=${namespace}`,
    'exec',
    '-i',
    `${resource}/${name}`,
    ...(container === undefined ? [] : [`--container=${container}`]),
    '--',
    ...SHELL,
  ]
}

export function dockerArgs({ container }: Location & { kind: 'docker' }): [string, ...string[]] {
  return ['docker', 'exec', '-i', container, ...SHELL]
}

const NO_SHELL: Cause = {
  says: /"sh": executable file not found|exec: "?sh"?: (?:not found|no such file)|stat sh: no such file/,
  means: 'has no sh',
  remedy: 'Back it up from a container that has one: a sidecar that mounts the same volume, for instance.',
}

const KUBERNETES: readonly Cause[] = [
  NO_SHELL,
  {
    says: /\(Forbidden\)|is forbidden/,
    means: 'may not be entered with these credentials',
    remedy: 'Grant the account "create" on "pods/exec" and "get" on the pods in that namespace.',
  },
  {
    says: /\(NotFound\)|not found/,
    means: 'does not exist',
    remedy: 'Check namespace, kind, name and container in sources, and the context.',
  },
  {
    says: /You must be logged in|Unauthorized/,
    means: 'belongs to a cluster that refused the credentials',
    remedy: 'Check kubeconfig and context.',
  },
  {
    says: /Unable to connect to the server|connection to the server .* was refused|no such host|i\/o timeout/,
    means: 'belongs to a cluster that cannot be reached',
    remedy: 'Check kubeconfig and context, and that this runner can reach the API server.',
  },
  {
    says: /container .* is not valid for pod|container not found|ContainerCreating|CrashLoopBackOff|pod .* is not running|has no running pods|current phase is/i,
    means: 'is not running',
    remedy: 'Wait until it runs, or name another.',
  },
]

const DOCKER: readonly Cause[] = [
  NO_SHELL,
  {
    says: /No such container/,
    means: 'does not exist',
    remedy: 'Check the name of the container in sources.',
  },
  { says: /is not running|is paused|is restarting/, means: 'is not running', remedy: 'Start it, or name another.' },
  {
    says: /Cannot connect to the Docker daemon|permission denied while trying to connect/i,
    means: 'belongs to a Docker engine that cannot be reached',
    remedy: 'Check that the engine runs and that this user may use it, and DOCKER_HOST.',
  },
]

export function explainKubernetes(name: string, stderr: string): BackupError {
  return explainBy(KUBERNETES, name, stderr)
}

export function explainDocker(name: string, stderr: string): BackupError {
  return explainBy(DOCKER, name, stderr)
}
