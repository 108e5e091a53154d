import { names } from '../kube/names.ts'
import type { KubeObject } from '../kube/objects.ts'
import { deploymentSpec, twin } from './deployment.ts'

export const CANARY = 'canary'

export const canaryName = (name: string): string => `${name}-${CANARY}`

/**
 * The canary of a Deployment: a Deployment beside it with a part of its replicas (at least one), whose pods every Service of
 * the original selects, too. So its share of the requests is its share of the ready pods.
 *
 * @param replicas of the original as it runs
 */
export function canaryOf(deployment: KubeObject, replicas: number, percent: number): KubeObject {
  const canary = twin(deployment, canaryName(deployment.metadata.name), { [names.track]: CANARY })
  return {
    ...canary,
    spec: { ...deploymentSpec(canary), replicas: Math.max(1, Math.ceil((replicas * percent) / 100)) },
  }
}
