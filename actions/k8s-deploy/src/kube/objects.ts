/** An object as the Kubernetes API gives and takes it (JSON). */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  /** `spec`, `status`, `data`, … as the kind has it. */
  [field: string]: unknown
}

export interface ObjectMeta {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: ManagedFields[]
  [field: string]: unknown
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
}

export interface ManagedFields {
  manager?: string
  operation?: string
  apiVersion?: string
  time?: string
  fieldsType?: string
  fieldsV1?: Record<string, unknown>
  subresource?: string
}

/** A kind in one of its versions, `apps/v1` and `Deployment`. */
export interface KindName {
  apiVersion: string
  kind: string
}

/** Which object. `namespace` is undefined for an object of the whole cluster. */
export interface Ref extends KindName {
  namespace: string | undefined
  name: string
}

export function refOf({ apiVersion, kind, metadata }: KubeObject): Ref {
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name }
}

/** `apps` of `apps/v1`; empty for the core group. */
export function groupOf({ apiVersion }: KindName): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

/** One text for one object, whatever version of its group it is written in. */
export function keyOf(ref: Ref): string {
  return [groupOf(ref), ref.kind, ref.namespace ?? '', ref.name].join('/')
}

/** As people write it: ``Deployment `web` ``. The name is the API's or has been checked, so it can't break the code span. */
export function describeRef({ kind, name }: Pick<Ref, 'kind' | 'name'>): string {
  return `${kind} \`${name}\``
}
