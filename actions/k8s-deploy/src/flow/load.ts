import { findOnPath } from '../../../../lib/tools/on-path.ts'
import { DeployError } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import type { KubeObject } from '../kube/objects.ts'
import { substituteImages } from '../manifests/images.ts'
import { secretValues } from '../manifests/secret-values.ts'
import { secretManifests } from '../manifests/secrets.ts'
import { loadManifests } from '../manifests/sources.ts'
import type { Session } from '../session.ts'

/** The objects that the inputs ask for: manifests, with images put in place, and Secrets of the environment. */
export async function loadSet(session: Session): Promise<Manifest[]> {
  const { inputs, context, namespace } = session
  const secrets = secretManifests(inputs.secrets, session.stepEnv)
  for (const value of secrets.values) {
    session.log.mask(value)
    session.redact.add(value)
  }
  const loaded = await loadManifests(inputs.manifests, {
    workspace: context.workspace,
    app: inputs.app,
    namespace,
    helmValues: inputs.helmValues,
    kubectl: (args) => run(session, session.kubectl, args),
    helm: (args) => run(session, findOnPath('helm') ?? missingHelm(), args),
  })
  for (const { object } of [...loaded, ...secrets.manifests]) learnSecret(session, object)
  return substituteImages([...loaded, ...secrets.manifests], inputs.images)
}

/** Its values are shown nowhere from now on. */
export function learnSecret({ redact }: Pick<Session, 'redact'>, object: KubeObject | undefined): void {
  if (object?.kind !== 'Secret') return
  for (const value of secretValues(object)) redact.add(value)
}

/** Rendered sets may be large, and are wanted whole. */
const CAPTURE_BYTES = 2 ** 28

async function run({ processes, env }: Session, file: string, args: readonly string[]): Promise<string> {
  const exit = await processes.run({ file, args, env, captureBytes: CAPTURE_BYTES })
  if (exit.code === 0) return exit.stdout
  throw new Error(exit.stderr.trim() || `it ended with ${exit.code ?? exit.signal}`)
}

function missingHelm(): never {
  throw new DeployError({
    reason: 'invalid-input',
    message: 'The manifests name a Helm chart, and there is no helm on PATH.',
    remedy: 'Run azure/setup-helm before this step.',
  })
}
