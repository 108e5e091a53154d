import type { Cluster } from '../cluster/cluster.ts'
import { names } from '../kube/names.ts'
import { groupOf, type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import { type AppName, ownMeta } from './own-objects.ts'

/** What the last good deployment consists of. */
export interface Inventory {
  revision: number
  refs: Ref[]
  /** What left the manifests before and stayed in the cluster: a later deployment may prune it. */
  left: Ref[]
  /** Of the stored one; `undefined` when none is stored yet. */
  resourceVersion: string | undefined
}

const SUFFIX = 'inventory'

/** `undefined` before the first good deployment. A stored one that can't be read counts as empty: nothing is pruned by it. */
export async function readInventory(cluster: Cluster, app: AppName): Promise<Inventory | undefined> {
  const { name } = ownMeta(app, 'inventory', SUFFIX)
  const map = await cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: app.namespace, name })
  if (map === undefined) return undefined
  const data = (map['data'] ?? {}) as Record<string, string>
  return {
    revision: Number(data['revision'] ?? 0),
    refs: parseRefs(data['objects'] ?? ''),
    left: parseRefs(data['left'] ?? ''),
    resourceVersion: map.metadata.resourceVersion,
  }
}

/** @throws ApiError 409 when another run has written it since it was read */
export async function writeInventory(cluster: Cluster, app: AppName, inventory: Inventory): Promise<void> {
  const { resourceVersion, revision, refs, left } = inventory
  const metadata = ownMeta(app, 'inventory', SUFFIX)
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: { revision: String(revision), objects: refs.map(writeRef).join('\n'), left: left.map(writeRef).join('\n') },
  }
  if (resourceVersion === undefined) await cluster.create({ ...map, metadata })
  else await cluster.replace({ ...map, metadata: { ...metadata, resourceVersion } })
}

/** An object a line, as people read it in `kubectl get configmap -o yaml`: `apps/v1 Deployment shop/web`. */
function writeRef({ apiVersion, kind, namespace, name }: Ref): string {
  return `${apiVersion} ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

function parseRefs(text: string): Ref[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(?<apiVersion>\S+) (?<kind>\S+) (?:(?<namespace>[^\s/]+)\/)?(?<name>[^\s/]+)$/.exec(line)
    const { apiVersion, kind, namespace, name } = match?.groups ?? {}
    return apiVersion && kind && name ? [{ apiVersion, kind, namespace, name }] : []
  })
}

/** Kinds whose deletion takes other people's things with it: all of a namespace, a volume's data, all objects of a kind. */
const PRECIOUS = ['/Namespace', '/PersistentVolumeClaim', 'apiextensions.k8s.io/CustomResourceDefinition']

export const preciousKinds: readonly string[] = PRECIOUS.map((kind) => kind.slice(kind.indexOf('/') + 1))

/** Whether a kind may be deleted without being named in `allowedKinds` (such as `PersistentVolumeClaim`). */
export function isPrecious(ref: Ref, allowedKinds: readonly string[]): boolean {
  return PRECIOUS.includes(`${groupOf(ref)}/${ref.kind}`) && !allowedKinds.includes(ref.kind)
}

/** Kinds that moved to another group: the object is the same one. https://kubernetes.io/docs/reference/using-api/deprecation-guide/ */
const MOVED: Record<string, string> = {
  'extensions/Ingress': 'networking.k8s.io/v1',
  'extensions/NetworkPolicy': 'networking.k8s.io/v1',
  'extensions/Deployment': 'apps/v1',
  'extensions/DaemonSet': 'apps/v1',
  'extensions/ReplicaSet': 'apps/v1',
}

/** Objects of the inventory that left the manifests, now or earlier, in the inventory's order. */
export function leftOver({ refs, left }: Pick<Inventory, 'refs' | 'left'>, current: readonly Ref[]): Ref[] {
  const present = new Set(current.map(identityOf))
  return [...left, ...refs].filter((ref) => !present.has(identityOf(ref)))
}

/** Whether the object in the cluster is (still) this app's and may go. */
export function isPrunable(live: KubeObject, app: string, pruneKinds: readonly string[]): boolean {
  const { labels, annotations } = live.metadata
  const isKept = annotations?.[names.prune] === 'keep' || isPrecious(refOf(live), pruneKinds)
  return labels?.[names.app] === app && !isKept
}

function identityOf(ref: Ref): string {
  return keyOf({ ...ref, apiVersion: MOVED[`${groupOf(ref)}/${ref.kind}`] ?? ref.apiVersion })
}
