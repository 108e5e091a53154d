// What to say when the time is over: the most exact reason that is known, due or not.
import type { KubeObject } from '../kube/objects.ts'
import { conditionOf } from './conditions.ts'
import { containersOf, describeProbe, type ProbeKind } from './containers.ts'
import { happeningsOf } from './happenings.ts'
import { judgedPods, mostExact, refusalsOf } from './judge.ts'
import { at, textAt } from './read.ts'
import { failed, failedBy, oneLine, probeAnswer } from './say.ts'
import { signsOf } from './signs.ts'
import type { Surroundings, Verdict } from './verdict.ts'

/**
 * The failure of an object whose time is over. `waited` says what was waited for in vain, if nothing more exact is known.
 */
export function explain(object: KubeObject, surroundings: Surroundings, waited: string): Verdict {
  const pods = judgedPods(object, surroundings)
  const sign = mostExact([...pods.flatMap((pod) => signsOf(pod, surroundings)), ...refusalsOf(object, surroundings)])
  if (sign !== undefined) return failedBy(object, sign)
  const probes = pods.map((pod) => failingProbe(object, pod, surroundings)).find((verdict) => verdict !== undefined)
  return (
    probes ??
    failed(object, 'timeout', waited, 'Give it more time with the input `timeout`, or look at what it waits for.')
  )
}

/** "Readiness probe failed: …", told of a container that isn't ready now. */
function failingProbe(object: KubeObject, pod: KubeObject, surroundings: Surroundings): Verdict | undefined {
  if (conditionOf(pod, 'Ready')?.status === 'True') return undefined
  const unready = containersOf(pod).filter(({ ready }) => !ready)
  const last = happeningsOf(pod, surroundings).findLast(
    ({ reason, container }) => reason === 'Unhealthy' && unready.some(({ name }) => name === container),
  )
  const container = unready.find(({ name }) => name === last?.container)
  if (last === undefined || container === undefined) return undefined
  const kind = kindOf(last.message)
  const probe = kind === undefined ? 'probe' : describeProbe(container.spec, kind)
  return {
    ...failed(
      object,
      'probe-failing',
      `container \`${container.name}\` runs but its ${probe} fails: ${oneLine(probeAnswer(last.message))}`,
      'Check that the container listens where the probe asks, and what it answers there.',
    ),
    ...(at(pod, 'metadata', 'name') === undefined ? {} : { pod: textAt(pod, 'metadata', 'name') ?? '' }),
    container: container.name,
  }
}

function kindOf(message: string): ProbeKind | undefined {
  const kinds: ProbeKind[] = ['readiness', 'liveness', 'startup']
  return kinds.find((kind) => message.toLowerCase().startsWith(kind))
}
