import { setTimeout as pause } from 'node:timers/promises'
import { type KubeObject, keyOf, refOf } from '../kube/objects.ts'
import { askedOf, collectionPath, queryString, selectorsOf } from './address.ts'
import { type Status, statusError } from './api-error.ts'
import type { Api } from './client.ts'
import type { Query, Resource, WatchEvent } from './cluster.ts'
import { createJsonLineReader } from './json-lines.ts'
import { isExpired, list, queriedResource, slim } from './list.ts'
import { growingPause, outlookOf } from './retry.ts'

export interface WatchHandlers {
  onEvent: (event: WatchEvent) => void
  onSynced?: () => void
}

/** The server ends the watch itself after so long: its end in order is a version to go on from. */
const ASKED_SECONDS = 290

/** The server sends a bookmark every minute; one that has sent nothing for longer is no longer there. */
const SILENCE_MS = 90_000

/** A watch that ends sooner than this without having told anything has failed, even if it ended in order. */
const SHORT_MS = 5_000

type Line = { type: WatchEvent['type'] | 'BOOKMARK'; object: KubeObject } | { type: 'ERROR'; object: Status }

/** See `Cluster.watch`. */
export async function watch(api: Api, query: Query, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
  const ended = AbortSignal.any([signal, api.closing])
  const known = createKnown(handlers.onEvent)
  let synced = false
  let version: string | undefined
  let failures = 0

  async function goOn(): Promise<void> {
    if (version === undefined) {
      const { items, resourceVersion } = await list(api, query, { signal: ended })
      known.become(items)
      version = resourceVersion
      if (!synced) handlers.onSynced?.()
      synced = true
    }
    const resource = await queriedResource(api, query)
    const follow = { resource, query, version, signal: ended }
    await followChanges(api, follow, (line) => {
      failures = 0
      version = line.object.metadata.resourceVersion ?? version
      if (line.type !== 'BOOKMARK') known.change({ type: line.type, object: line.object })
    })
  }

  function heed(error: unknown): void {
    if (isExpired(error)) version = undefined
    else if (!ended.aborted && outlookOf(error).tries === 'none') throw error
  }

  while (!ended.aborted) {
    const startedAt = performance.now()
    await goOn().catch(heed)
    failures = performance.now() - startedAt < SHORT_MS ? failures + 1 : 0
    if (failures > 0) await pause(growingPause(failures), undefined, { signal: ended }).catch(() => undefined)
  }
}

interface Follow {
  resource: Resource
  query: Query
  version: string
  signal: AbortSignal
}

type ObjectLine = Exclude<Line, { type: 'ERROR' }>

/** Resolves when the server ends the watch. */
async function followChanges(
  api: Api,
  { resource, query, version, signal }: Follow,
  onLine: (line: ObjectLine) => void,
): Promise<void> {
  const asked = askedOf('watch', resource, query)
  const options = {
    ...selectorsOf(query),
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion: version,
    timeoutSeconds: ASKED_SECONDS,
  }
  const path = collectionPath(resource, query.namespace) + queryString(options)
  const read = createJsonLineReader((value) => {
    if (signal.aborted) return
    const line = value as Line
    if (line.type === 'ERROR') throw statusError(line.object, asked)
    onLine({ type: line.type, object: slim(line.object) })
  })
  await api.transport.follow({ method: 'GET', path, asked, signal, idleMs: SILENCE_MS }, read)
}

/**
 * Which objects have been told of, so that a new list can be told as what changed since. Their content isn't kept: a namespace's
 * events are many, and most are another app's.
 */
function createKnown(onEvent: (event: WatchEvent) => void) {
  const objects = new Map<string, KubeObject>()

  function change(event: WatchEvent): void {
    const key = keyOf(refOf(event.object))
    if (event.type === 'DELETED') objects.delete(key)
    else objects.set(key, identityOf(event.object))
    onEvent(event)
  }

  function meet(object: KubeObject): void {
    const before = objects.get(keyOf(refOf(object)))
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return
    const isSame = before?.metadata.uid === object.metadata.uid
    if (before !== undefined && !isSame) change({ type: 'DELETED', object: before })
    change({ type: before !== undefined && isSame ? 'MODIFIED' : 'ADDED', object })
  }

  return {
    change,
    become(items: readonly KubeObject[]): void {
      const there = new Set(items.map((item) => keyOf(refOf(item))))
      for (const [key, object] of objects) if (!there.has(key)) change({ type: 'DELETED', object })
      for (const item of items) meet(item)
    },
  }
}

function identityOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, ownerReferences } = metadata
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
  }
}
