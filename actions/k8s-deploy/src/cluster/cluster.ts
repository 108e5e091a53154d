import type { KindName, KubeObject, Ref } from '../kube/objects.ts'

/** How the API serves a kind. */
export interface Resource extends KindName {
  /** `deployments` */
  plural: string
  namespaced: boolean
  verbs: readonly string[]
}

/** What a list or a watch is about. Without `namespace` it is about all namespaces. */
export interface Query extends KindName {
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  object: KubeObject
}

export interface ApplyOptions {
  fieldManager: string
  /** Takes fields over from other managers. */
  force: boolean
  /** Goes through everything, admission included, and writes nothing. */
  dryRun?: boolean
}

export interface DeleteOptions {
  propagation?: 'Background' | 'Foreground' | 'Orphan'
  /** Deletes only the object with this uid. */
  uid?: string
}

export interface LogQuery {
  namespace: string
  pod: string
  container: string
  /** The log of the container's run before the current one. */
  previous?: boolean
  tailLines?: number
  limitBytes?: number
}

/**
 * The Kubernetes API, spoken by the user's own credentials. 429, 5xx and dropped connections of idempotent requests are
 * tried again with a growing pause; what is left is thrown as `ApiError` (api-error.ts). Everything ends with the session.
 */
export interface Cluster {
  /** The time by the API server's clock: events and conditions bear its times, and the runner's clock may be wrong. */
  now(): Date
  /** How a kind is served; `undefined` if it isn't. Answered from memory, and asked again for a kind that is unknown. */
  resourceOf(kind: KindName): Promise<Resource | undefined>
  /** `undefined` when it isn't there. */
  get(ref: Ref): Promise<KubeObject | undefined>
  /** All pages, `whole` or without managed fields. `resourceVersion` is the state of the whole list. */
  list(query: Query, options?: { whole?: boolean }): Promise<{ items: KubeObject[]; resourceVersion: string }>
  /** Server-side apply. */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>
  create(object: KubeObject, options?: { dryRun?: boolean }): Promise<KubeObject>
  /** Writes the whole object; with `metadata.resourceVersion` only over that version (409 otherwise). */
  replace(object: KubeObject): Promise<KubeObject>
  /** RFC 7386 merge patch for an object, RFC 6902 JSON patch for a list. */
  patch(ref: Ref, patch: object | readonly unknown[]): Promise<KubeObject>
  /** False when it wasn't there. Doesn't wait for the end of finalizers. */
  delete(ref: Ref, options?: DeleteOptions): Promise<boolean>
  /**
   * Tells of every object of the query: first each that is there (ADDED), then every change, through dropped connections and
   * expired versions (after which objects that are gone meanwhile are told DELETED, with only their identity and owners).
   * `onSynced` is called once, when all
   * that were there have been told. Ends when the signal aborts; rejects only with what can't be mended by trying again.
   */
  watch(
    query: Query,
    handlers: { onEvent: (event: WatchEvent) => void; onSynced?: () => void },
    signal: AbortSignal,
  ): Promise<void>
  /** Empty when there is no log (yet, or no longer). */
  logs(query: LogQuery): Promise<string>
  /** Line by line until the container ends or the signal aborts. */
  followLogs(query: LogQuery, onLine: (line: string) => void, signal: AbortSignal): Promise<void>
  /** Ends the connection's process and everything that is still open. */
  close(): Promise<void>
}
