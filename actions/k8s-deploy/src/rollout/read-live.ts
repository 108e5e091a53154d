import { isForbidden } from '../cluster/api-error.ts'
import type { Cluster, Query } from '../cluster/cluster.ts'
import { explainApiError } from '../cluster/explain.ts'
import { names } from '../kube/names.ts'
import { type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'

/** So many of one kind and namespace are worth a list: a page of it costs the API less than twenty single reads. */
const WORTH_A_LIST = 20

/**
 * A reader of objects as they live. Where there are many of a kind, the app's own come in one list; whatever that doesn't hold,
 * or may not be listed, is read by itself.
 *
 * @throws DeployError when a list fails for another reason than a missing right
 */
export async function liveReader(
  cluster: Cluster,
  refs: readonly Ref[],
  app: string,
): Promise<(ref: Ref) => Promise<KubeObject | undefined>> {
  const groups = Map.groupBy(refs, ({ apiVersion, kind, namespace }) => [apiVersion, kind, namespace].join(' '))
  const known = new Map<string, KubeObject>()
  for (const [first, ...more] of groups.values()) {
    if (first === undefined || more.length + 1 < WORTH_A_LIST) continue
    for (const object of await listOwn(cluster, first, app)) known.set(keyOf(refOf(object)), object)
  }
  return async (ref) => known.get(keyOf(ref)) ?? cluster.get(ref)
}

async function listOwn(cluster: Cluster, { apiVersion, kind, namespace }: Ref, app: string): Promise<KubeObject[]> {
  if ((await cluster.resourceOf({ apiVersion, kind })) === undefined) return []
  const query: Query = { apiVersion, kind, labelSelector: `${names.app}=${app}` }
  try {
    const { items } = await cluster.list(namespace === undefined ? query : { ...query, namespace }, { whole: true })
    return items
  } catch (error) {
    if (isForbidden(error)) return []
    throw explainApiError(error, { ...query, namespace, name: '' })
  }
}
