import type { KindName } from '../kube/objects.ts'
import { isAbsent } from './api-error.ts'
import type { Resource } from './cluster.ts'

interface ResourceList {
  resources?: { name: string; kind: string; namespaced: boolean; verbs?: string[] }[]
}

export interface Discovery {
  resourceOf(kind: KindName): Promise<Resource | undefined>
}

/**
 * How kinds are served, asked of the API per group and version when first needed, and asked again for a kind that isn't
 * there: it may have come since. An app needs a handful of groups; the list of all has those of every operator.
 */
export function createDiscovery(getJson: (path: string) => Promise<unknown>): Discovery {
  const asking = new Map<string, Promise<Map<string, Resource>>>()

  function kindsOf(apiVersion: string): Promise<Map<string, Resource>> {
    const known = asking.get(apiVersion)
    if (known !== undefined) return known
    const answer = ask(apiVersion)
    asking.set(apiVersion, answer)
    answer.catch(() => asking.delete(apiVersion))
    return answer
  }

  async function ask(apiVersion: string): Promise<Map<string, Resource>> {
    try {
      return byKind(apiVersion, (await getJson(groupPath(apiVersion))) as ResourceList)
    } catch (error) {
      if (isAbsent(error)) return new Map()
      throw error
    }
  }

  return {
    async resourceOf({ apiVersion, kind }) {
      const before = asking.get(apiVersion)
      const found = (await kindsOf(apiVersion)).get(kind)
      if (found !== undefined || before === undefined) return found
      if (asking.get(apiVersion) === before) asking.delete(apiVersion)
      return (await kindsOf(apiVersion)).get(kind)
    },
  }
}

/** `/api/v1` for the core group, `/apis/apps/v1` for others. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** Without what is part of another kind (`deployments/status`). */
function byKind(apiVersion: string, { resources = [] }: ResourceList): Map<string, Resource> {
  return new Map(
    resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced, verbs = [] }) => [kind, { apiVersion, kind, plural: name, namespaced, verbs }]),
  )
}
