import { ApiError } from '../cluster/api-error.ts'
import type { Failure } from '../failure.ts'
import { dryRunElsewhere } from '../rollout/dry-run.ts'
import type { Session } from '../session.ts'

/** What is deleted together with its namespace fails in all kinds of ways, none of which says why: so the namespace is asked. */
export async function withNamespace(session: Session, failure: Failure): Promise<Failure> {
  if (!(await isEnding(session))) return failure
  return {
    ...failure,
    message: `The namespace \`${session.namespace}\` is being deleted, and all that is in it: ${failure.message}`,
    remedy: 'Find out who deletes it, and deploy again when it is there anew.',
  }
}

/** By a dry run: few tokens may read namespaces, and the API makes nothing new in one that ends. */
async function isEnding({ cluster, namespace, inputs }: Session): Promise<boolean> {
  const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'probe', namespace } }
  try {
    await dryRunElsewhere(cluster, probe, { fieldManager: inputs.fieldManager, force: false }, undefined)
    return false
  } catch (error) {
    return error instanceof ApiError && /because it is being terminated/.test(error.message)
  }
}
