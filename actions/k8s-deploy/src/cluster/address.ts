import { groupOf, type KindName, type Ref } from '../kube/objects.ts'
import { ApiError, type Asked } from './api-error.ts'
import type { Query, Resource } from './cluster.ts'
import { groupPath } from './discovery.ts'

/** `/apis/apps/v1/namespaces/shop/deployments`; without a namespace that of all. */
export function collectionPath({ apiVersion, plural, namespaced }: Resource, namespace: string | undefined): string {
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${groupPath(apiVersion)}${scope}/${plural}`
}

/** @throws Error when a namespace is missing: whoever asks has to know it */
export function objectPath(resource: Resource, { kind, namespace, name }: Ref): string {
  if (resource.namespaced && namespace === undefined) throw new Error(`${kind} ${name} needs a namespace`)
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`
}

/** `?a=b`, without what is undefined. */
export function queryString(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()
  return text === '' ? '' : `?${text}`
}

export function selectorsOf({ labelSelector, fieldSelector }: Query) {
  return { labelSelector, fieldSelector }
}

export function askedOf(verb: string, resource: Resource, about: Ref | Query): Asked {
  return {
    verb,
    resource: resource.plural,
    group: groupOf(resource),
    namespace: resource.namespaced ? about.namespace : undefined,
    ...('name' in about && { ref: about }),
  }
}

export function unknownKind({ apiVersion, kind }: KindName, ref?: Ref): ApiError {
  const asked = ref && { verb: 'get', resource: '', group: groupOf(ref), namespace: ref.namespace, ref }
  return new ApiError({
    status: 0,
    reason: 'UnknownKind',
    message: `the cluster serves no ${kind} of ${apiVersion}`,
    asked,
  })
}
