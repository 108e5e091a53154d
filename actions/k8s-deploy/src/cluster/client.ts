import { type KubeObject, type Ref, refOf } from '../kube/objects.ts'
import { askedOf, collectionPath, objectPath, queryString, unknownKind } from './address.ts'
import { isAbsent } from './api-error.ts'
import type { Cluster, Resource } from './cluster.ts'
import type { Discovery } from './discovery.ts'
import type { ApiRequest, Transport } from './http.ts'
import { landed } from './landed.ts'
import { withRetries } from './retry.ts'

/** What the parts of a cluster need of it. */
export interface Api {
  transport: Transport
  discovery: Discovery
  /** Aborts when the cluster is closed. */
  closing: AbortSignal
  budgetMs: number
}

export type Objects = Pick<Cluster, 'get' | 'apply' | 'create' | 'replace' | 'patch' | 'delete'>

type Options = Readonly<Record<string, string | boolean | undefined>>

/** Single objects. */
export function createObjects(api: Api): Objects {
  const { transport, discovery, closing: signal, budgetMs } = api

  async function resourceOf(ref: Ref): Promise<Resource> {
    const resource = await discovery.resourceOf(ref)
    if (resource === undefined) throw unknownKind(ref, ref)
    return resource
  }

  function send(request: ApiRequest, onlyOnce = false): Promise<string> {
    return withRetries(() => transport.send({ ...request, signal }), { budgetMs, signal, onlyOnce })
  }

  async function get(ref: Ref): Promise<KubeObject | undefined> {
    try {
      const resource = await resourceOf(ref)
      const asked = askedOf('get', resource, ref)
      return JSON.parse(await send({ method: 'GET', path: objectPath(resource, ref), asked }))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  /** Creating or replacing: if an answer is lost and the next attempt collides, what it collides with may be our own. */
  async function write(object: KubeObject, request: ApiRequest): Promise<KubeObject> {
    const attempt = async (lost: boolean): Promise<KubeObject> => {
      try {
        return JSON.parse(await transport.send({ ...request, body: object, signal }))
      } catch (error) {
        const written = lost ? await landed(error, object, () => get(refOf(object))) : undefined
        if (written === undefined) throw error
        return written
      }
    }
    return withRetries(attempt, { budgetMs, signal })
  }

  async function patchOf(ref: Ref, contentType: string, body: object, options: Options, onlyOnce: boolean) {
    const resource = await resourceOf(ref)
    const path = objectPath(resource, ref) + queryString(options)
    const asked = askedOf('patch', resource, ref)
    return JSON.parse(await send({ method: 'PATCH', path, contentType, body, asked }, onlyOnce)) as KubeObject
  }

  return {
    get,
    apply: (object, { fieldManager, force, dryRun }) =>
      patchOf(refOf(object), 'application/apply-patch+yaml', object, { fieldManager, force, ...dry(dryRun) }, false),
    async create(object, { dryRun } = {}) {
      const ref = refOf(object)
      const resource = await resourceOf(ref)
      const path = collectionPath(resource, ref.namespace) + queryString(dry(dryRun))
      return write(object, { method: 'POST', path, asked: askedOf('create', resource, ref) })
    },
    async replace(object) {
      const ref = refOf(object)
      const resource = await resourceOf(ref)
      return write(object, { method: 'PUT', path: objectPath(resource, ref), asked: askedOf('update', resource, ref) })
    },
    patch: (ref, patch) =>
      Array.isArray(patch)
        ? patchOf(ref, 'application/json-patch+json', patch, {}, true)
        : patchOf(ref, 'application/merge-patch+json', patch, {}, false),
    async delete(ref, { propagation, uid } = {}) {
      let mayBeDone = false
      try {
        const resource = await resourceOf(ref)
        const body = { propagationPolicy: propagation, ...(uid !== undefined && { preconditions: { uid } }) }
        const path = objectPath(resource, ref)
        const request: ApiRequest = { method: 'DELETE', path, body, asked: askedOf('delete', resource, ref), signal }
        const attempt = (lost: boolean) => {
          mayBeDone = lost
          return transport.send(request)
        }
        await withRetries(attempt, { budgetMs, signal })
        return true
      } catch (error) {
        if (isAbsent(error)) return mayBeDone
        throw error
      }
    },
  }
}

function dry(dryRun: boolean | undefined): { dryRun?: string } {
  return dryRun ? { dryRun: 'All' } : {}
}
