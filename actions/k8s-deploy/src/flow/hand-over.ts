import { isConflict } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { KubeObject, ManagedFields } from '../kube/objects.ts'
import { keyOf, refOf } from '../kube/objects.ts'
import { type FieldPath, type FieldSet, without } from '../rollback/fields.ts'
import { entriesOf } from '../rollback/owners.ts'
import type { Validated } from '../rollout/validate.ts'
import type { Session } from '../session.ts'

const REPLICAS: FieldPath = ['f:spec', 'f:replicas']

/** Controllers write a workload's status at any time. */
const ATTEMPTS = 8

/**
 * Gives `replicas` up where an autoscaler has just come: a field that its only manager leaves out is reset to its default,
 * one replica (https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership). A manager that
 * held it in between would be one to conflict with later, so nobody holds it until the autoscaler first writes it.
 *
 * @param scaled keys of what autoscalers scale
 */
export async function handOverReplicas(
  { cluster, inputs }: Session,
  objects: readonly Validated[],
  scaled: ReadonlySet<string>,
): Promise<void> {
  for (const { ref, write, before } of objects) {
    if (before && write === 'apply' && scaled.has(keyOf(ref)))
      await giveUpReplicas(cluster, before, inputs.fieldManager)
  }
}

async function giveUpReplicas(cluster: Cluster, object: KubeObject, manager: string): Promise<void> {
  let live: KubeObject | undefined = object
  for (let attempt = 1; live !== undefined && ownsReplicas(live, manager); attempt++) {
    const managedFields = entriesOf(live).map((entry) => (isOurs(entry, manager) ? withoutReplicas(entry) : entry))
    const { resourceVersion } = live.metadata
    try {
      live = await cluster.patch(refOf(live), { metadata: { resourceVersion, managedFields } })
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
      live = await cluster.get(refOf(live))
    }
  }
}

function ownsReplicas(object: KubeObject, manager: string): boolean {
  return entriesOf(object).some((entry) => isOurs(entry, manager) && withoutReplicas(entry).fieldsV1 !== entry.fieldsV1)
}

function isOurs(entry: ManagedFields, manager: string): boolean {
  return entry.manager === manager && entry.operation === 'Apply'
}

/** The entry itself when replicas aren't in it. */
function withoutReplicas(entry: ManagedFields): ManagedFields {
  const fields = (entry.fieldsV1 ?? {}) as FieldSet
  return fields['f:spec']?.['f:replicas'] === undefined
    ? entry
    : { ...entry, fieldsV1: without(fields, REPLICAS) ?? {} }
}
