import { isAbsent } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import { scaleTarget } from '../manifests/scaling.ts'
import type { SnapshotEntry } from '../state/snapshot.ts'

/** Which objects' replicas are whose, as keys. */
export interface Scaling {
  /** An autoscaler scales them that was there before, or is somebody else's: replicas stay as they are. */
  scaled: ReadonlySet<string>
  /** Only an autoscaler that the failed deployment made has scaled them: replicas come back. */
  released: ReadonlySet<string>
}

const AUTOSCALERS = [
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' },
]

/** @param entries the snapshot; autoscalers that are new in it don't count, since they are deleted */
export async function readScaling(cluster: Cluster, entries: readonly SnapshotEntry[]): Promise<Scaling> {
  const made = new Set(entries.filter(({ before }) => before === undefined).map(({ ref }) => keyOf(ref)))
  const namespaces = new Set(entries.flatMap(({ ref }) => ref.namespace ?? []))
  const lists = [...namespaces].flatMap((namespace) => AUTOSCALERS.map((kind) => autoscalers(cluster, namespace, kind)))
  const live = (await Promise.all(lists)).flat()
  const targets = (isMade: boolean): Set<string> =>
    new Set(
      live.filter((object) => made.has(keyOf(refOf(object))) === isMade).flatMap((object) => scaleTarget(object) ?? []),
    )
  const scaled = targets(false)
  return { scaled, released: new Set([...targets(true)].filter((key) => !scaled.has(key))) }
}

export function isAutoscaler({ apiVersion, kind }: Ref): boolean {
  return AUTOSCALERS.some((one) => one.kind === kind && one.apiVersion.split('/')[0] === apiVersion.split('/')[0])
}

/** None where the kind isn't served. */
async function autoscalers(
  cluster: Cluster,
  namespace: string,
  kind: { apiVersion: string; kind: string },
): Promise<KubeObject[]> {
  try {
    return (await cluster.list({ ...kind, namespace })).items
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}
