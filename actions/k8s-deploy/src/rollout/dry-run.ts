import { randomBytes } from 'node:crypto'
import { ApiError } from '../cluster/api-error.ts'
import type { ApplyOptions, Cluster } from '../cluster/cluster.ts'
import type { KubeObject } from '../kube/objects.ts'

export type Writing = Pick<ApplyOptions, 'fieldManager' | 'force'>

/** Goes through schema, defaults and admission, and gives the object as it would be. Throws ApiError. */
export function dryRun(cluster: Cluster, object: KubeObject, { fieldManager, force }: Writing): Promise<KubeObject> {
  return cluster.apply(object, { fieldManager, force, dryRun: true })
}

/**
 * A dry run of what can't be tried in its own place yet: under a name that nothing has, and where the namespace is missing in one
 * that always exists. The result and the error bear the object's own name again. Throws ApiError.
 */
export async function dryRunElsewhere(
  cluster: Cluster,
  object: KubeObject,
  writing: Writing,
  namespace: string | undefined,
): Promise<KubeObject> {
  const name = `ondol-check-${randomBytes(4).toString('hex')}`
  const metadata = { ...object.metadata, name, ...(namespace === undefined ? {} : { namespace }) }
  try {
    const after = await dryRun(cluster, { ...object, metadata }, writing)
    const { name: own, namespace: ownNamespace } = object.metadata
    return {
      ...after,
      metadata: { ...after.metadata, name: own, ...(ownNamespace === undefined ? {} : { namespace: ownNamespace }) },
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { status, reason, causes, asked } = error
    const message = error.message.replaceAll(name, object.metadata.name)
    throw new ApiError({ status, reason, message, causes: [...causes], asked })
  }
}

/** It's the document that is wrong, wherever it's written: not rights, quotas or policies of a place. */
export function isAboutDocument(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  return error.status === 422 || error.message.includes('failed to create typed patch object')
}

/** A template that can't be changed, as a Job's. */
export function isImmutable(error: unknown): boolean {
  return error instanceof ApiError && error.status === 422 && error.message.includes('immutable')
}

/** The name of the webhook that has side effects and doesn't know dry runs. */
export function webhookWithoutDryRun(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  return /admission webhook "([^"]+)" does not support dry run/.exec(error.message)?.[1]
}

/** Nothing more can be asked: nobody answers, or nobody is known. */
export function isHopeless(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 401) && error.reason !== 'UnknownKind'
}
