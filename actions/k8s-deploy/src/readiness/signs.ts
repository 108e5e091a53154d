// What a pod shows of its trouble, whether or not it is due to be called a failure.
import type { KubeObject } from '../kube/objects.ts'
import { conditionOf } from './conditions.ts'
import { type Container, containersOf, describeProbe, type Ended, type ProbeKind, restartsSince } from './containers.ts'
import { earliest, type Happening, happeningsOf } from './happenings.ts'
import { at, isSince, later, momentAt, textAt } from './read.ts'
import { probeAnswer } from './say.ts'
import { passing, ruleFor, type Signal, type TerminalRule } from './terminal.ts'
import type { Surroundings } from './verdict.ts'

/** One row of the terminal table, seen at one object. */
export interface Sign {
  rule: TerminalRule
  /** Since when it lasts, never before `deployedAt`. */
  since: Date
  /** How often it was seen since `deployedAt`. */
  count: number
  pod?: string
  container?: string
  facts: Record<string, string>
}

const pullWords = [
  'ErrImagePull',
  'ImagePullBackOff',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]
const createWords = ['CreateContainerError', 'RunContainerError', 'PreCreateHookError', 'PreStartHookError']
const startErrors = ['StartError', 'ContainerCannotRun']
const atWork = ['Pulling', 'Pulled', 'Created', 'Started']

/** Everything that keeps a pod from becoming ready. A ready pod shows nothing. */
export function signsOf(pod: KubeObject, surroundings: Surroundings): Sign[] {
  if (conditionOf(pod, 'Ready')?.status === 'True') return []
  const view = { pod, happenings: happeningsOf(pod, surroundings), surroundings }
  const containers = containersOf(pod)
  const ofContainers = containers
    .filter(({ ready }) => !ready)
    .flatMap((container) => signsOfContainer(view, container))
  return [...ofContainers, ...schedulingSigns(view), ...nodeSigns(view, containers)]
}

/** A pod, with what was told about it. */
interface View {
  pod: KubeObject
  happenings: Happening[]
  surroundings: Surroundings
}

function signsOfContainer(view: View, container: Container): Sign[] {
  const waiting = textAt(container.state, 'waiting', 'reason')
  const message = textAt(container.state, 'waiting', 'message') ?? ''
  if (waiting === 'InvalidImageName' || waiting === 'ErrImageNeverPull') {
    return [containerSign(view, container, ruleFor(waiting, message), message, startOf(view), 1)]
  }
  if (waiting !== undefined && pullWords.includes(waiting)) return [pullSign(view, container, message)]
  if (waiting === 'CreateContainerConfigError') return failedSigns(view, container, waiting, message)
  if (waiting === 'CrashLoopBackOff' || at(container.state, 'terminated') !== undefined)
    return crashSigns(view, container)
  if (waiting !== undefined && createWords.includes(waiting)) {
    return container.ended === undefined
      ? failedSigns(view, container, 'CreateContainerError', message)
      : crashSigns(view, container)
  }
  return []
}

/**
 * Within seconds of a failed pull the status says only "Back-off pulling image" on some versions; then the Event tells the
 * cause. Sightings are Events of the same cause.
 */
function pullSign(view: View, container: Container, message: string): Sign {
  const pulls = of(container, view.happenings).filter((one) => one.message.startsWith('Failed to pull image'))
  const isBare = /^(Back-off pulling image "[^"]*")?$/.test(message)
  const detail = (isBare ? pulls.at(-1)?.message : message) ?? message
  const rule = pullRule(detail)
  const same = pulls.filter((one) => pullRule(one.message) === rule)
  return containerSign(view, container, rule, withoutPrefix(detail), sinceFirst(view, same), total(same))
}

/** containerd names the image three times before the cause. */
function withoutPrefix(detail: string): string {
  return detail.replace(/^.*failed to resolve reference "[^"]*": /, '')
}

/** By the text without references and addresses: an image may be called `acme/denied`. */
function pullRule(text: string): TerminalRule {
  const words = text
    .replace(/"[^"]*"/g, '')
    .split(' ')
    .filter((word) => !word.includes('/'))
  return ruleFor('ErrImagePull', words.join(' '))
}

/** Errors that the kubelet tells by Events `Failed` with "Error: …", at each try. */
function failedSigns(view: View, container: Container, signal: Signal, message: string): Sign[] {
  if (passing.test(message)) return []
  const errors = of(container, view.happenings).filter(
    (one) => /^Error: (?!ErrImagePull|ImagePullBackOff)/.test(one.message) && !passing.test(one.message),
  )
  return [containerSign(view, container, ruleFor(signal, message), message, sinceFirst(view, errors), total(errors))]
}

function crashSigns(view: View, container: Container): Sign[] {
  const { ended } = container
  if (ended === undefined || (container.isInit && ended.exitCode === 0)) return []
  const since = later(ended.finishedAt ?? startOf(view), view.surroundings.deployedAt)
  const restarts = restartsSince(view.pod, container, view.surroundings.deployedAt)
  const signal = crashSignal(view, container, ended)
  // The last run ended as well, though no restart has followed yet.
  const count = signal === 'OOMKilled' ? restarts + 1 : restarts
  const detail = signal === 'ProbeKilled' ? probeDetail(view, container) : startMessage(ended)
  return [containerSign(view, container, ruleFor(signal, detail), detail, since, count)]
}

/** Without the runtime's own call stack: `exec: "/absent": stat /absent: no such file or directory: unknown`. */
function startMessage({ message }: Ended): string {
  return message.replace(/^.*unable to start container process: /, '')
}

function crashSignal(view: View, container: Container, { reason, startedAt }: Ended): Signal {
  if (reason === 'OOMKilled') return 'OOMKilled'
  const start = startedAt ?? view.surroundings.deployedAt
  if (probeKills(view, container).some(({ last }) => isSince(last, start))) return 'ProbeKilled'
  if (startErrors.includes(reason)) return 'StartError'
  return container.isInit ? 'InitCrashLoopBackOff' : 'CrashLoopBackOff'
}

function schedulingSigns({ pod, surroundings }: View): Sign[] {
  const scheduled = conditionOf(pod, 'PodScheduled')
  // With a nominated node, the scheduler has already told pods of lower priority to leave.
  if (scheduled?.reason !== 'Unschedulable' || textAt(pod, 'status', 'nominatedNodeName') !== undefined) return []
  const since = later(scheduled.since ?? surroundings.deployedAt, surroundings.deployedAt)
  return [podSign(pod, ruleFor('Unschedulable', scheduled.message), scheduled.message, since, 1)]
}

/** Volumes and the sandbox come before every container, and only Events tell of them: the status says ContainerCreating. */
function nodeSigns({ pod, happenings }: View, containers: readonly Container[]): Sign[] {
  if (containers.some(({ started }) => started)) return []
  const lastWork = happenings.findLast(({ reason }) => atWork.includes(reason))
  const current = happenings.filter(
    ({ last, message }) => !passing.test(message) && (lastWork === undefined || last > lastWork.last),
  )
  return [
    ...latest(current, ['FailedMount', 'FailedAttachVolume', 'FailedMapVolume'], 'FailedMount', pod),
    ...latest(current, ['FailedCreatePodSandBox'], 'FailedCreatePodSandBox', pod),
  ]
}

function latest(happenings: Happening[], words: string[], signal: Signal, pod: KubeObject): Sign[] {
  const told = happenings.filter(({ reason }) => words.includes(reason))
  const last = told.at(-1)
  return last === undefined
    ? []
    : [podSign(pod, ruleFor(signal, last.message), last.message, earliest(told), total(told))]
}

function containerSign(
  view: View,
  container: Container,
  rule: TerminalRule,
  detail: string,
  since: Date,
  count: number,
): Sign {
  const sign = podSign(view.pod, rule, detail, since, count)
  return { ...sign, container: container.name, facts: { ...sign.facts, ...factsOf(view, container) } }
}

function podSign(pod: KubeObject, rule: TerminalRule, detail: string, since: Date, count: number): Sign {
  const name = textAt(pod, 'metadata', 'name')
  return { rule, since, count, ...(name === undefined ? {} : { pod: name }), facts: { detail } }
}

function factsOf(view: View, container: Container): Record<string, string> {
  const limit = textAt(container.spec, 'resources', 'limits', 'memory')
  return {
    container: container.name,
    image: imageOf(container),
    exit: String(container.ended?.exitCode ?? '?'),
    limit: limit === undefined ? 'its node has' : `its limit of ${limit}`,
    restarts: String(container.restartCount),
    probe: describeProbe(container.spec, killingProbe(view, container)),
  }
}

/** "Container web failed liveness probe, will be restarted" */
function probeKills(view: View, container: Container): Happening[] {
  return of(container, view.happenings).filter(
    ({ reason, message }) => reason === 'Killing' && message.includes('probe'),
  )
}

function killingProbe(view: View, container: Container): ProbeKind {
  return probeKills(view, container).at(-1)?.message.includes('startup probe') ? 'startup' : 'liveness'
}

function probeDetail(view: View, container: Container): string {
  const unhealthy = of(container, view.happenings).filter(({ reason }) => reason === 'Unhealthy')
  const kind = new RegExp(`^${killingProbe(view, container)}`, 'i')
  return probeAnswer(unhealthy.findLast(({ message }) => kind.test(message))?.message ?? 'no answer is known')
}

function imageOf(container: Container): string {
  return textAt(container.spec, 'image') ?? '?'
}

const of = (container: Container, happenings: Happening[]) =>
  happenings.filter((one) => one.container === container.name)

const total = (happenings: Happening[]) => happenings.reduce((sum, { count }) => sum + count, 0)

/**
 * Since the first of these Events. Without one, the Event is still on its way if others of this pod have come: it is taken
 * for now; if none has come Events can't be read, and the pod's start is the only time there is.
 */
function sinceFirst(view: View, happenings: Happening[]): Date {
  if (happenings.length > 0) return earliest(happenings)
  return view.happenings.length > 0 ? view.surroundings.now : startOf(view)
}

function startOf({ pod, surroundings }: View): Date {
  const start = momentAt(pod, 'status', 'startTime') ?? momentAt(pod, 'metadata', 'creationTimestamp')
  return later(start ?? surroundings.deployedAt, surroundings.deployedAt)
}
