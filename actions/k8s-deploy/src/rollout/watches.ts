import type { Query } from '../cluster/cluster.ts'
import { names } from '../kube/names.ts'
import { groupOf, type KindName, type Ref } from '../kube/objects.ts'

/** Kinds that are what they should be as soon as they are written; Secrets need then not be read. */
const AT_ONCE: ReadonlySet<string> = new Set([
  '/ConfigMap',
  '/Secret',
  '/ServiceAccount',
  '/LimitRange',
  '/Endpoints',
  'discovery.k8s.io/EndpointSlice',
  'networking.k8s.io/NetworkPolicy',
  'networking.k8s.io/IngressClass',
  'node.k8s.io/RuntimeClass',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/RoleBinding',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'scheduling.k8s.io/PriorityClass',
  'storage.k8s.io/StorageClass',
  'storage.k8s.io/CSIDriver',
])

/** Kinds whose pods decide. */
const WITH_PODS: ReadonlySet<string> = new Set([
  '/Pod',
  '/ReplicationController',
  'apps/Deployment',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'batch/Job',
])

const POD: KindName = { apiVersion: 'v1', kind: 'Pod' }
const REPLICA_SET: KindName = { apiVersion: 'apps/v1', kind: 'ReplicaSet' }
const EVENT: KindName = { apiVersion: 'v1', kind: 'Event' }

export interface WatchPlan {
  /** By label; each must work. */
  objects: Query[]
  /** One per namespace; the token may lack the right, and then messages are poorer. */
  events: Query[]
}

export function isReadyAtOnce(kind: KindName): boolean {
  return AT_ONCE.has(`${groupOf(kind)}/${kind.kind}`)
}

/** The fewest watches that see all that the objects' readiness depends on. */
export function planWatches(app: string, refs: readonly Ref[]): WatchPlan {
  const labelSelector = `${names.app}=${app}`
  const watched = refs.filter((ref) => !isReadyAtOnce(ref))
  const queries = new Map<string, Query>()
  const add = ({ apiVersion, kind }: KindName, namespace: string | undefined): void => {
    const query = { apiVersion, kind, labelSelector, ...(namespace === undefined ? {} : { namespace }) }
    queries.set(`${groupOf(query)}/${kind}/${namespace ?? ''}`, query)
  }
  for (const ref of watched) {
    if (WITH_PODS.has(`${groupOf(ref)}/${ref.kind}`)) add(POD, ref.namespace)
    if (ref.kind === 'Deployment') add(REPLICA_SET, ref.namespace)
    add(ref, ref.namespace)
  }
  return {
    objects: [...queries.values()],
    events: namespacesOf(watched).map((namespace) => ({ ...EVENT, namespace })),
  }
}

function namespacesOf(refs: readonly Ref[]): string[] {
  return [...new Set(refs.flatMap(({ namespace }) => namespace ?? []))]
}
