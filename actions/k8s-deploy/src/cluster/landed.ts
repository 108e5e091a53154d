import type { KubeObject } from '../kube/objects.ts'
import { ApiError } from './api-error.ts'

/**
 * The object as it is, when `error` is a refusal and everything that was to be written is in it: then it is our own earlier
 * attempt that stands in the way (409, or 403 where a quota is full by it).
 */
export async function landed(
  error: unknown,
  wanted: KubeObject,
  get: () => Promise<KubeObject | undefined>,
): Promise<KubeObject | undefined> {
  if (!(error instanceof ApiError) || error.status < 400 || error.status >= 500) return undefined
  const found = await get()
  return found !== undefined && holds(found, withoutServerFields(wanted)) ? found : undefined
}

/** Fields that a write doesn't decide. */
function withoutServerFields({ status: _, ...object }: KubeObject): object {
  const { resourceVersion: _version, generation: _generation, managedFields: _fields, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** Does `live` have every field of `wanted`, with the same value? Lists have to be of the same length. */
function holds(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) && live.length === wanted.length && wanted.every((entry, index) => holds(live[index], entry))
    )
  }
  if (typeof wanted !== 'object' || wanted === null) return live === wanted
  if (typeof live !== 'object' || live === null) return false
  return Object.entries(wanted).every(([key, value]) => holds((live as Record<string, unknown>)[key], value))
}
