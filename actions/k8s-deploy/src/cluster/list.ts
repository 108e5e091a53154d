import type { KubeObject } from '../kube/objects.ts'
import { askedOf, collectionPath, queryString, selectorsOf, unknownKind } from './address.ts'
import { ApiError } from './api-error.ts'
import type { Api } from './client.ts'
import type { Query, Resource } from './cluster.ts'
import { withRetries } from './retry.ts'

interface Page {
  items?: KubeObject[]
  metadata: { resourceVersion: string; continue?: string }
}

export interface Listed {
  items: KubeObject[]
  resourceVersion: string
}

const PAGE = 500

/** A list that is longer than the API keeps its version is begun anew so often; then it is asked for in one piece. */
const RESTARTS = 2

export async function queriedResource(api: Api, query: Query): Promise<Resource> {
  const resource = await api.discovery.resourceOf(query)
  if (resource === undefined) throw unknownKind(query)
  return resource
}

interface ListOptions {
  /** With managed fields. */
  whole?: boolean
  signal?: AbortSignal
}

export async function list(api: Api, query: Query, options: ListOptions = {}): Promise<Listed> {
  const resource = await queriedResource(api, query)
  for (let restarts = 0; restarts < RESTARTS; restarts++) {
    try {
      return await allPages(api, query, resource, PAGE, options)
    } catch (error) {
      if (!isExpired(error)) throw error
    }
  }
  return allPages(api, query, resource, undefined, options)
}

async function allPages(
  api: Api,
  query: Query,
  resource: Resource,
  limit: number | undefined,
  { whole = false, signal = api.closing }: ListOptions,
): Promise<Listed> {
  const asked = askedOf('list', resource, query)
  const items: KubeObject[] = []
  let from: string | undefined
  for (;;) {
    const options = { ...selectorsOf(query), limit, continue: from }
    const path = collectionPath(resource, query.namespace) + queryString(options)
    const send = () => api.transport.send({ method: 'GET', path, asked, signal })
    const page: Page = JSON.parse(await withRetries(send, { budgetMs: api.budgetMs, signal }))
    for (const item of page.items ?? []) {
      const object = { ...item, apiVersion: resource.apiVersion, kind: resource.kind }
      items.push(whole ? object : slim(object))
    }
    from = page.metadata.continue || undefined
    if (from === undefined) return { items, resourceVersion: page.metadata.resourceVersion }
  }
}

/** The version that was asked for is no longer known. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && error.status === 410
}

/** Without the field managers' lists, which are often longer than all the rest. */
export function slim(object: KubeObject): KubeObject {
  delete object.metadata.managedFields
  return object
}
