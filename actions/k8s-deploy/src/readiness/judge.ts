// Whether what the pods and their controller show is a failure yet.
import type { KubeObject } from '../kube/objects.ts'
import { conditionOf } from './conditions.ts'
import { earliest, happeningsOf } from './happenings.ts'
import { later, textAt } from './read.ts'
import { allPods, newestReplicaSet, newPods } from './revision.ts'
import { failedBy } from './say.ts'
import { type Sign, signsOf } from './signs.ts'
import { passing, ruleFor, type Signal, terminalRules } from './terminal.ts'
import type { Surroundings, Verdict } from './verdict.ts'

/** How many of the new revision's pods have to be doomed: another may yet become ready where pods are alike. */
export type Share = 'all' | 'any'

/** The failure that the object's pods or the refusal of its pods amount to, once that is certain. */
export function failureOf(object: KubeObject, surroundings: Surroundings, share: Share): Verdict | undefined {
  const signs = [
    doomOf(object, surroundings, share),
    ...dueOnly(refusalsOf(object, surroundings), object, surroundings),
  ]
  const first = mostExact(signs.filter((sign) => sign !== undefined))
  return first === undefined ? undefined : failedBy(object, first)
}

/** A sign of the pods if enough of them show one that is due. */
function doomOf(object: KubeObject, surroundings: Surroundings, share: Share): Sign | undefined {
  const dooms = judgedPods(object, surroundings).map((pod) =>
    mostExact(dueOnly(signsOf(pod, surroundings), object, surroundings)),
  )
  const doomed = dooms.filter((sign) => sign !== undefined)
  return share === 'any' || doomed.length === dooms.length ? mostExact(doomed) : undefined
}

/**
 * The pods that the object is judged by: of its new revision, and still meant to run. Evicted, preempted and lost pods are
 * nobody's fault, and like all that are `Failed` they are replaced.
 */
export function judgedPods(object: KubeObject, surroundings: Surroundings): KubeObject[] {
  const lost = ['Evicted', 'Preempting', 'NodeLost']
  return newPods(object, surroundings).filter(
    (pod) =>
      textAt(pod, 'metadata', 'deletionTimestamp') === undefined &&
      !['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase') ?? '') &&
      !lost.includes(textAt(pod, 'status', 'reason') ?? ''),
  )
}

function dueOnly(signs: readonly Sign[], object: KubeObject, surroundings: Surroundings): Sign[] {
  return signs.filter((sign) => isDue(sign, surroundings.now) && !isExcused(sign, object, surroundings))
}

function isDue({ rule, since, count }: Sign, now: Date): boolean {
  const lastedMs = now.getTime() - since.getTime()
  return lastedMs >= (rule.graceMs ?? Number.POSITIVE_INFINITY) || count >= (rule.count ?? Number.POSITIVE_INFINITY)
}

function isExcused({ rule }: Sign, object: KubeObject, surroundings: Surroundings): boolean {
  if (rule.countedByJob && object.kind === 'Job') return true
  return rule.waitsForEndingPods === true && allPods(object, surroundings).some(isEnding)
}

function isEnding(pod: KubeObject): boolean {
  return textAt(pod, 'metadata', 'deletionTimestamp') !== undefined
}

/** The sign that stands first in the table. */
export function mostExact(signs: readonly Sign[]): Sign | undefined {
  return terminalRules.flatMap((rule) => signs.filter((sign) => sign.rule === rule))[0]
}

/** The Events by which a kind tells that something was refused, and that it went well later. */
interface Words {
  signal: Signal
  remedied: string
}

const told: Record<string, Words> = {
  StatefulSet: { signal: 'FailedCreate', remedied: 'SuccessfulCreate' },
  DaemonSet: { signal: 'FailedCreate', remedied: 'SuccessfulCreate' },
  Job: { signal: 'FailedCreate', remedied: 'SuccessfulCreate' },
  PersistentVolumeClaim: { signal: 'ProvisioningFailed', remedied: 'ProvisioningSucceeded' },
}

/**
 * What is refused to the object itself: its pods, or its volume. Deployments and ReplicaSets tell by the condition
 * ReplicaFailure (a Deployment's may be about an older ReplicaSet, so its newest one is asked if it is known); other kinds
 * tell by Events only.
 */
export function refusalsOf(object: KubeObject, surroundings: Surroundings): Sign[] {
  const teller = object.kind === 'Deployment' ? newestReplicaSet(object, surroundings.replicaSets) : undefined
  const condition = conditionOf(teller ?? object, 'ReplicaFailure')
  if (condition?.status === 'True') {
    const since = later(condition.since ?? surroundings.deployedAt, surroundings.deployedAt)
    return refusal('FailedCreate', condition.message, since)
  }
  const words = Object.hasOwn(told, object.kind) ? told[object.kind] : undefined
  return words === undefined ? [] : refusalsTold(object, surroundings, words)
}

function refusalsTold(object: KubeObject, surroundings: Surroundings, words: Words): Sign[] {
  const happenings = happeningsOf(object, surroundings)
  const success = happenings.findLast(({ reason }) => reason === words.remedied)
  const refusals = happenings.filter(
    ({ reason, last }) => reason === words.signal && (success === undefined || last >= success.last),
  )
  const last = refusals.at(-1)
  if (last === undefined) return []
  return refusal(words.signal, last.message, earliest(refusals))
}

function refusal(signal: Signal, message: string, since: Date): Sign[] {
  if (passing.test(message)) return []
  return [{ rule: ruleFor(signal, message), since, count: 1, facts: { detail: message } }]
}
