import process from 'node:process'
import { childEnvironment } from '../../../../lib/process/environment.ts'
import { BackupError } from '../failure.ts'
import { describeLocation } from '../sources/location.ts'
import type { Location } from '../sources/source.ts'
import { dockerArgs, explainDocker, explainKubernetes, kubectlArgs } from './containers.ts'
import { localPlace } from './local.ts'
import type { Place } from './place.ts'
import { remotePlace, type Transport } from './remote.ts'
import { openSsh } from './ssh.ts'

/** What leads to places that aren't here. */
export interface Access {
  /** Content of a private key; absent means the keys and the agent that ssh finds by itself. */
  sshKey?: string | undefined
  /** Lines of a known_hosts file; absent means the user's and the system's own. */
  knownHosts?: string | undefined
  /** Absolute path of a kubeconfig; absent means what kubectl finds by itself. */
  kubeconfig?: string | undefined
  context?: string | undefined
  /** An existing folder of 0700; what is put there goes when the place is closed. */
  scratch: string
}

export interface OpenOptions {
  /** Ends all that runs there; what waits for it rejects with `interrupted`. */
  signal?: AbortSignal | undefined
  /** Of programs on this machine. Default: the step's, without what is the action's own. */
  env?: Readonly<Record<string, string>>
}

/**
 * Opens the place where a source lives, and proves that a program can be run there. It has to be closed.
 *
 * @throws BackupError `source-failed` or `client-missing` with what to do about it
 */
export async function openPlace(location: Location, access: Access, options: OpenOptions = {}): Promise<Place> {
  const { signal, env = childEnvironment(process.env) } = options
  if (location.kind === 'local') return localPlace(env, signal)
  const place = remotePlace(await transportTo(location, access, env, signal), signal)
  try {
    const { code } = await place.run({ argv: ['sh', '-c', ':'] })
    if (code !== 0) throw new BackupError('source-failed', `${place.name} can't run sh: it ended with code ${code}.`)
    return place
  } catch (error) {
    await place.close()
    throw error
  }
}

async function transportTo(
  location: Exclude<Location, { kind: 'local' }>,
  access: Access,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  const name = describeLocation(location)
  const close = async (): Promise<void> => undefined
  switch (location.kind) {
    case 'kubernetes': {
      const explain = (stderr: string): BackupError => explainKubernetes(name, stderr)
      return { name, argv: kubectlArgs(location, access), env, explain, close }
    }
    case 'docker': {
      const explain = (stderr: string): BackupError => explainDocker(name, stderr)
      return { name, argv: dockerArgs(location), env, explain, close }
    }
    default:
      return await openSsh(name, location, access, env, signal)
  }
}
