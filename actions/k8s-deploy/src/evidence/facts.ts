import type { KubeObject } from '../kube/objects.ts'
import { type Container, containersOf, describeProbe, type ProbeKind } from '../readiness/containers.ts'
import { at, listAt, textAt } from '../readiness/read.ts'

const PROBES: readonly ProbeKind[] = ['startup', 'readiness', 'liveness']

/** A pod in lines: where it runs, and how each container is and was meant. */
export function factsOf(pod: KubeObject): string[] {
  const phase = textAt(pod, 'status', 'phase') ?? 'unknown'
  const node = textAt(pod, 'spec', 'nodeName')
  return [
    `pod ${pod.metadata.name}: phase ${phase}, ${node === undefined ? 'on no node yet' : `on node ${node}`}`,
    ...containersOf(pod).flatMap(containerFacts),
  ]
}

function containerFacts(container: Container): string[] {
  const { name, spec } = container
  const parts = [
    `image ${textAt(spec, 'image') ?? 'unknown'}`,
    ...PROBES.filter((kind) => at(spec, `${kind}Probe`) !== undefined).map((kind) => describeProbe(spec, kind)),
    ...limits(spec),
  ]
  return [`container ${name}: ${stateOf(container)}`, ...parts.map((part) => `container ${name}: ${part}`)]
}

/** `waiting (CrashLoopBackOff), exit code 1 (Error), 3 restarts` */
function stateOf({ state, ended, restartCount, ready }: Container): string {
  const waiting = textAt(state, 'waiting', 'reason')
  const running = at(state, 'running') !== undefined
  return [
    ...(waiting === undefined ? [] : [`waiting (${waiting})`]),
    ...(running ? [ready ? 'running and ready' : 'running and not ready'] : []),
    ...(ended === undefined ? [] : [`exit code ${ended.exitCode ?? 'unknown'} (${ended.reason || 'no reason given'})`]),
    restartCount === 1 ? '1 restart' : `${restartCount} restarts`,
  ].join(', ')
}

function limits(spec: unknown): string[] {
  const kinds = ['memory', 'cpu'] as const
  const said = kinds.flatMap((kind) => {
    const limit = at(spec, 'resources', 'limits', kind)
    return limit === undefined ? [] : [`${kind} limit ${limit}`]
  })
  return said.length === 0 ? [] : [said.join(', ')]
}

/** Only what is wrong with a node. */
export function nodeFacts(node: KubeObject): string[] {
  const name = node.metadata.name
  const bad = listAt(node, 'status', 'conditions').flatMap((condition) => {
    const type = textAt(condition, 'type') ?? ''
    const status = textAt(condition, 'status')
    if (type === 'Ready') return status === 'True' ? [] : ['is not ready']
    return status === 'True' ? [`has ${type}`] : []
  })
  const cordoned = at(node, 'spec', 'unschedulable') === true ? ['takes no new pods'] : []
  return [...bad, ...cordoned].map((what) => `node ${name} ${what}`)
}
