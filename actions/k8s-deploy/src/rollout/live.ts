import type { Cluster, Query, WatchEvent } from '../cluster/cluster.ts'
import { explainApiError } from '../cluster/explain.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'
import { isOver } from '../readiness/jobs.ts'
import { openStore, type Store } from './store.ts'
import { planWatches } from './watches.ts'

/** The state of an app's objects as the watches tell it. */
export interface Live {
  store: Store
  /** Everything that was there when the watches began has been told. */
  isSynced(): boolean
  /** Why a watch that is needed has ended. */
  problem(): unknown
  /** What must be done without. */
  notes: string[]
  close(): Promise<void>
}

interface Handlers {
  /** Something about this object, or about what belongs to it, may be another than before. */
  onTouched: (object: KubeObject) => void
  /** The watches are synced, or one has ended. */
  onMilestone: () => void
}

export function openLive(cluster: Cluster, app: string, refs: readonly Ref[], handlers: Handlers): Live {
  const { onTouched, onMilestone } = handlers
  const store = openStore()
  const closed = new AbortController()
  const plan = planWatches(app, refs)
  const notes: string[] = []
  let unsynced = plan.objects.length
  let problem: unknown

  const onObject = ({ type, object }: WatchEvent): void => {
    // A Job may be deleted as soon as it has ended, by its own `ttlSecondsAfterFinished`, and what came of it is known.
    if (type === 'DELETED' && !isOver(object)) store.remove(object)
    else store.put(object)
    onTouched(object)
  }
  const onEvent = ({ type, object }: WatchEvent): void => {
    if (type === 'DELETED') return
    store.putEvent(object)
    const subject = store.subjectOf(object)
    if (subject !== undefined) onTouched(subject)
  }
  const onSynced = (): void => {
    unsynced -= 1
    if (unsynced === 0) onMilestone()
  }
  const watchObjects = async (query: Query): Promise<void> => {
    try {
      await cluster.watch(query, { onEvent: onObject, onSynced }, closed.signal)
    } catch (error) {
      problem ??= explainApiError(error, { ...query, namespace: query.namespace, name: '' })
      onMilestone()
    }
  }
  const watchEvents = async (query: Query): Promise<void> => {
    try {
      await cluster.watch(query, { onEvent }, closed.signal)
    } catch (error) {
      const { message } = explainApiError(error, { ...query, namespace: query.namespace, name: '' })
      notes.push(`Events of namespace \`${query.namespace}\` can't be read, so reasons may be less exact: ${message}`)
    }
  }
  const watches = [...plan.objects.map(watchObjects), ...plan.events.map(watchEvents)]

  return {
    store,
    notes,
    isSynced: () => unsynced === 0,
    problem: () => problem,
    async close() {
      closed.abort()
      await Promise.all(watches)
    },
  }
}
