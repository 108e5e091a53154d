import type { Cluster } from '../cluster/cluster.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'
import { newestReplicaSet, newPods } from '../readiness/revision.ts'
import type { Surroundings, Verdict } from '../readiness/verdict.ts'
import type { Evidence } from '../report/model.ts'
import type { Judged, Observer } from '../rollout/observe.ts'
import { eventsAbout } from './events.ts'
import { factsOf, nodeFacts } from './facts.ts'
import { isReadyPod, readLogs } from './pod-logs.ts'

/** An object that failed, as the observer saw it. */
export interface Suspect {
  ref: Ref
  /** `undefined` when it was never seen. */
  object: KubeObject | undefined
  verdict: Verdict
  surroundings: Surroundings
}

/** What an observer has seen of an object. */
export function suspectOf(
  observer: Pick<Observer, 'find' | 'surroundings'>,
  { object: ref, verdict }: Judged,
): Suspect {
  return { ref, verdict, object: observer.find(ref), surroundings: observer.surroundings(ref) }
}

/** All pods of one revision fail alike, so few are shown. */
const PODS_PER_OBJECT = 3
const OBJECTS = 5
const BUDGET_MS = 10_000

/**
 * Gathers what shows why objects failed, before anything is put back: the pods and their logs are gone afterwards. Takes at most
 * `budgetMs`, keeps what it has by then, and never throws.
 */
export async function collect(
  cluster: Pick<Cluster, 'get' | 'logs'>,
  suspects: readonly Suspect[],
  budgetMs: number = BUDGET_MS,
): Promise<Evidence[]> {
  const files = suspects.slice(0, OBJECTS).map(open)
  const filled = Promise.all(files.map((file) => fill(cluster, file)))
  await within(budgetMs, filled)
  return files.map(({ evidence }) => ({ ...evidence, facts: [...evidence.facts], logs: [...evidence.logs] }))
}

/** What is known of a suspect so far. */
interface CaseFile {
  evidence: Evidence
  pods: KubeObject[]
}

/** What the observer has already seen. */
function open({ ref, object, verdict, surroundings }: Suspect): CaseFile {
  const pods = object === undefined ? [] : tellingPods(newPods(object, surroundings), verdict)
  const replicaSet = object?.kind === 'Deployment' ? newestReplicaSet(object, surroundings.replicaSets) : undefined
  const subjects = [object, replicaSet, ...pods].filter((subject) => subject !== undefined)
  const evidence = { object: ref, facts: pods.flatMap(factsOf), events: eventsAbout(subjects, surroundings), logs: [] }
  return { evidence, pods }
}

/** The pod that the verdict names, then others that aren't ready; of an object that is well, any. */
function tellingPods(pods: readonly KubeObject[], { pod: named, state }: Verdict): KubeObject[] {
  const weight = (pod: KubeObject): number => (pod.metadata.name === named ? 0 : isReadyPod(pod) ? 2 : 1)
  return pods
    .filter((pod) => weight(pod) < 2 || state === 'ready')
    .sort((one, other) => weight(one) - weight(other))
    .slice(0, PODS_PER_OBJECT)
}

async function fill(cluster: Pick<Cluster, 'get' | 'logs'>, { evidence, pods }: CaseFile): Promise<void> {
  await Promise.all([
    ...pods.map((pod) => readLogs(cluster, pod, (log) => evidence.logs.push(log))),
    ...nodesOf(pods).map(async (name) => {
      const ref = { apiVersion: 'v1', kind: 'Node', namespace: undefined, name }
      // Few tokens may read nodes, and most failures aren't a node's.
      const node = await cluster.get(ref).catch(() => undefined)
      if (node !== undefined) evidence.facts.push(...nodeFacts(node))
    }),
  ])
}

function nodesOf(pods: readonly KubeObject[]): string[] {
  const names = pods.flatMap((pod) => (pod['spec'] as { nodeName?: string } | undefined)?.nodeName ?? [])
  return [...new Set(names)]
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work.catch(() => undefined), timeout])
  clearTimeout(timer)
}
