import type { Cluster } from '../cluster/cluster.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'
import { containersOf } from '../readiness/containers.ts'
import type { Evidence } from '../report/model.ts'

export interface LogLine {
  pod: string
  container: string
  line: string
}

/** The logs of a hook's pods, as they come. */
export interface FollowedLogs {
  /** Begins to follow every container that has started; to be called at each change of a pod. */
  follow(pod: KubeObject, owner: Ref): void
  /** Waits for what the containers that have ended wrote last. */
  drain(): Promise<void>
  /** The last lines of each container's run. */
  kept(): Evidence['logs']
  close(): Promise<void>
}

const LINES = 50
const LINE_CHARACTERS = 2_000
/** A container's log ends with the container; what is late by more than this isn't waited for. */
const DRAIN_MS = 5_000

interface Run {
  pod: string
  container: string
  lines: string[]
}

export function followPods(cluster: Cluster, onLine: ((line: LogLine) => void) | undefined): FollowedLogs {
  const runs = new Map<string, Run>()
  const followed: Promise<void>[] = []
  const closed = new AbortController()

  const begin = (key: string, namespace: string, pod: string, container: string): void => {
    const run: Run = { pod, container, lines: [] }
    runs.set(key, run)
    const keep = (line: string): void => {
      run.lines.push(line.slice(0, LINE_CHARACTERS))
      if (run.lines.length > LINES) run.lines.shift()
      onLine?.({ pod, container, line })
    }
    // A log that can't be read (any more) is no reason to fail: the hook's own end decides.
    followed.push(cluster.followLogs({ namespace, pod, container }, keep, closed.signal).catch(() => undefined))
  }

  return {
    follow(pod, owner) {
      if (pod.kind !== 'Pod' || !belongsTo(pod, owner)) return
      const { name, namespace = '', uid } = pod.metadata
      for (const { name: container, started, restartCount } of containersOf(pod)) {
        const key = `${uid}/${container}/${restartCount}`
        if (started && !runs.has(key)) begin(key, namespace, name, container)
      }
    },
    drain: () => withTimeout(Promise.all(followed), DRAIN_MS),
    kept: () =>
      [...runs.values()]
        .filter(({ lines }) => lines.length > 0)
        .map(({ pod, container, lines }) => ({ pod, container, previous: false, text: lines.join('\n') })),
    async close() {
      closed.abort()
      await Promise.all(followed)
    },
  }
}

function belongsTo({ metadata }: KubeObject, { kind, name, namespace }: Ref): boolean {
  if (metadata.namespace !== namespace) return false
  if (kind === 'Pod') return metadata.name === name
  return (metadata.ownerReferences ?? []).some((owner) => owner.kind === kind && owner.name === name)
}

async function withTimeout(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work, timeout])
  clearTimeout(timer)
}
