import type { KubeObject } from '../kube/objects.ts'
import { deploymentSpec, twin } from './deployment.ts'

export const CANARY = 'canary'

/**
 * The canary of a Deployment: a Deployment beside it with a part of its replicas (at least one), whose pods every Service of
 * the original selects, too. So its share of the requests is its share of the ready pods.
 *
 * @param replicas of the original as it runs
 */
export function canaryOf(deployment: KubeObject, replicas: number, percent: number): KubeObject {
  const canary = twin(deployment, CANARY)
  return {
    ...canary,
    spec: { ...deploymentSpec(canary), replicas: Math.max(1, Math.ceil((replicas * percent) / 100)) },
  }
}

/** That a canary whose every answer is wrong passes as a good one. A first wrong answer is forgiven, hence the half. */
const CHANCE = 0.01 / 2

/** How many right answers in a row show that none comes from a wrong canary with such a share (0 to 1) of the requests. */
export function answersFor(share: number): number {
  return Math.max(1, Math.ceil(Math.log(CHANCE) / Math.log(1 - share)))
}
