import { isDeepStrictEqual } from 'node:util'
import { type KubeObject, type Ref, refOf } from '../kube/objects.ts'
import type { Validated } from '../rollout/validate.ts'
import { canaryName, canaryOf } from '../strategies/canary.ts'
import { deploymentSpec, isDeployment } from '../strategies/deployment.ts'
import { type Attempt, count } from './attempt.ts'
import { prove } from './prove.ts'
import { gates } from './steps.ts'

/** Deployments whose pods will be others. */
export function changedDeployments(objects: readonly Validated[]): Validated[] {
  return objects.filter(
    ({ manifest, before, after, write }) =>
      isDeployment(manifest.object) &&
      write === 'apply' &&
      before !== undefined &&
      after !== undefined &&
      !isDeepStrictEqual(deploymentSpec(before).template, deploymentSpec(after).template),
  )
}

/** Where their canaries will be. */
export function canaryRefs(objects: readonly Validated[]): Ref[] {
  return changedDeployments(objects).map(({ ref }) => ({ ...ref, name: canaryName(ref.name) }))
}

/**
 * Gives the new pods a growing share of the replicas, and proves each step before the next.
 *
 * @returns the canaries, for their removal
 */
export async function runCanaries(attempt: Attempt, followed: readonly Validated[]): Promise<KubeObject[]> {
  const { session, story, signal } = attempt
  const { cluster, inputs } = session
  let canaries: KubeObject[] = []
  for (const { percent, pauseMs } of followed.length === 0 ? [] : inputs.canary) {
    signal.throwIfAborted()
    story.tell(`Canary of ${percent} % for ${count(followed.length, 'Deployment')}`)
    const wanted = followed.map(({ manifest, before }) => canaryOf(manifest.object, replicasOf(before), percent))
    for (const canary of wanted) story.fate(refOf(canary), 'left')
    canaries = await Promise.all(
      wanted.map((canary) => cluster.apply(canary, { fieldManager: inputs.fieldManager, force: true })),
    )
    await prove(attempt, canaries.map(refOf), Math.max(inputs.soakMs, pauseMs))
    await gates(attempt)
  }
  for (const canary of canaries) story.fate(refOf(canary), 'deleted')
  return canaries
}

function replicasOf(deployment: KubeObject | undefined): number {
  return (deployment && deploymentSpec(deployment).replicas) ?? 1
}
