// Kinds that run no pods: most are ready once the API has them.
import type { KubeObject } from '../kube/objects.ts'
import { conditionOf, conditionsOf, isTrue } from './conditions.ts'
import { happeningsOf } from './happenings.ts'
import { failureOf } from './judge.ts'
import { at, listAt, textAt } from './read.ts'
import { failed, inProgress, oneLine, ready } from './say.ts'
import type { Surroundings, Verdict } from './verdict.ts'

export function assessDefinition(definition: KubeObject): Verdict {
  const names = conditionOf(definition, 'NamesAccepted')
  if (names?.status === 'False') {
    return failed(
      definition,
      'resource-failed',
      `its names are taken: ${oneLine(names.message)}`,
      'Choose other names.',
    )
  }
  if (names?.status === 'True' && isTrue(definition, 'Established')) return ready(definition, 'is established')
  return inProgress(definition, 'establishing', 'is not established yet')
}

/**
 * Bound, or waiting for the first pod that uses it: its class isn't known here, but its Event `WaitForFirstConsumer` tells.
 */
export function assessClaim(claim: KubeObject, surroundings: Surroundings): Verdict {
  const phase = textAt(claim, 'status', 'phase')
  if (phase === 'Bound') return ready(claim, 'is bound', 'bound')
  if (phase === 'Lost') {
    return failed(claim, 'mount-failed', 'has lost its volume', 'Restore the volume, or make a new claim.')
  }
  const events = happeningsOf(claim, { ...surroundings, deployedAt: new Date(0) })
  const last = events.findLast(({ reason }) => reason === 'WaitForFirstConsumer' || reason === 'ProvisioningFailed')
  if (last?.reason === 'WaitForFirstConsumer') return ready(claim, 'waits for its first pod', 'waits-for-consumer')
  return failureOf(claim, surroundings, 'any') ?? inProgress(claim, 'pending', 'is not bound yet')
}

/** A load balancer needs an address (Helm takes external IPs for one); other Services work at once. */
export function assessService(service: KubeObject): Verdict {
  const needsAddress =
    textAt(service, 'spec', 'type') === 'LoadBalancer' &&
    listAt(service, 'status', 'loadBalancer', 'ingress').length === 0 &&
    listAt(service, 'spec', 'externalIPs').length === 0
  return needsAddress ? inProgress(service, 'waiting-for-address', 'has no load balancer address yet') : ready(service)
}

/** Its metrics may come long after its target, so what it can't do yet is told but not waited for. */
export function assessAutoscaler(autoscaler: KubeObject): Verdict {
  const trouble = conditionsOf(autoscaler).find(
    ({ type, status }) => ['ScalingActive', 'AbleToScale'].includes(type) && status === 'False',
  )
  if (trouble === undefined) return ready(autoscaler)
  return ready(autoscaler, `does not scale yet: ${oneLine(trouble.message)}`, 'not-scaling')
}

/** The controller has counted what is used, for the limits as they are now. */
export function assessQuota(quota: KubeObject): Verdict {
  const hard = (part: string) => JSON.stringify(Object.entries(at(quota, part, 'hard') ?? {}).sort())
  return hard('spec') === hard('status') ? ready(quota) : inProgress(quota, 'counting', 'is not in force yet')
}

/** The disruption controller has seen it as it is now (asked before, by the generation). */
export function assessBudget(budget: KubeObject): Verdict {
  return ready(budget)
}

export function assessNamespace(namespace: KubeObject): Verdict {
  const phase = textAt(namespace, 'status', 'phase')
  if (phase === 'Terminating') {
    return {
      state: 'terminating',
      reason: 'terminating',
      message: `Namespace \`${namespace.metadata.name}\` is being deleted.`,
    }
  }
  return phase === 'Active' ? ready(namespace) : inProgress(namespace, 'pending', 'is not active yet')
}

export function assessApiService(service: KubeObject): Verdict {
  const available = conditionOf(service, 'Available')
  if (available?.status === 'True') return ready(service)
  return inProgress(service, 'unavailable', `is not available yet${available ? `: ${oneLine(available.message)}` : ''}`)
}

/** ConfigMaps, roles, CronJobs, Ingresses, …: nothing to wait for. */
export function assessAsIs(object: KubeObject): Verdict {
  return ready(object)
}
