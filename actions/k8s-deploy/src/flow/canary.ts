import { isDeepStrictEqual } from 'node:util'
import { counted } from '../../../../lib/markdown/words.ts'
import { DeployError } from '../failure.ts'
import { describeRef, type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import { dismiss } from '../rollout/remove.ts'
import type { Validated } from '../rollout/validate.ts'
import type { Session } from '../session.ts'
import type { SnapshotEntry } from '../state/snapshot.ts'
import { CANARY, canaryOf } from '../strategies/canary.ts'
import { deploymentSpec, isDeployment, replicasOf, runsAlone, twinName } from '../strategies/deployment.ts'
import type { Attempt } from './attempt.ts'
import { appOf } from './home.ts'
import { prove } from './prove.ts'
import { gates, httpGates } from './steps.ts'
import { requireTwin } from './tracks.ts'

/** Deployments that run, and whose pods will be others. */
export function changedDeployments(objects: readonly Validated[]): Validated[] {
  return changed(objects).filter(({ before, manifest }) => {
    const runs = before !== undefined && replicasOf(before) > 0
    return runs && !runsAlone(before) && !runsAlone(manifest.object)
  })
}

function changed(objects: readonly Validated[]): Validated[] {
  return objects.filter(
    ({ manifest, before, after, write }) =>
      isDeployment(manifest.object) &&
      write === 'apply' &&
      before !== undefined &&
      after !== undefined &&
      !isDeepStrictEqual(deploymentSpec(before).template, deploymentSpec(after).template),
  )
}

/**
 * The canaries that a deployment will have, with what has their names now.
 *
 * @throws DeployError `conflict` where that is something else
 */
export async function planCanaries(
  session: Session,
  objects: readonly Validated[],
): Promise<{ entries: SnapshotEntry[]; notes: string[] }> {
  const { cluster, inputs } = session
  if (inputs.strategy !== 'canary') return { entries: [], notes: [] }
  const refs = changedDeployments(objects).map(({ ref }) => canaryRef(ref))
  const own = objects.find(({ ref }) => refs.some((canary) => keyOf(canary) === keyOf(ref)))
  if (own !== undefined) throw taken(own)
  const entries = await Promise.all(refs.map(async (ref) => ({ ref, before: await cluster.get(ref) })))
  for (const { ref, before } of entries) requireTwin(ref, before, appOf(session))
  const alone = changed(objects).filter(({ manifest }) => runsAlone(manifest.object))
  const notes = alone.map(
    ({ ref }) =>
      `${describeRef(ref)} has no canary: by its strategy Recreate no two versions of it may run side by side.`,
  )
  return { entries, notes }
}

const canaryRef = (ref: Ref): Ref => ({ ...ref, name: twinName(ref.name, CANARY) })

function taken({ ref, manifest }: Validated): DeployError {
  return new DeployError({
    reason: 'invalid-manifest',
    message: `${describeRef(ref)} is a name that the strategy canary needs for another Deployment of the manifests.`,
    remedy: 'Give it another name.',
    object: ref,
    source: manifest.source,
  })
}

/**
 * Gives the new pods a growing share of the replicas, and proves each step before the next.
 *
 * @returns the canaries, for their removal
 */
export async function runCanaries(attempt: Attempt, followed: readonly Validated[]): Promise<KubeObject[]> {
  let canaries: KubeObject[] = []
  for (const { percent, pauseMs } of followed.length === 0 ? [] : attempt.session.inputs.canary) {
    attempt.signal.throwIfAborted()
    attempt.story.tell(`Canary of ${percent} % for ${counted(followed.length, 'Deployment')}`)
    const raised = await Promise.all(followed.map((one) => raise(attempt, one, percent)))
    canaries = raised.map(({ canary }) => canary)
    const proved = followed.map(({ ref, manifest }) => ({ ref: canaryRef(ref), manifest }))
    const share = Math.min(...raised.map((one) => one.share))
    await proveStep(attempt, proved, pauseMs, share)
  }
  return canaries
}

/** When the originals are what the canaries were. */
export async function endCanaries({ session, story, signal }: Attempt, canaries: readonly KubeObject[]): Promise<void> {
  for (const canary of canaries) {
    signal.throwIfAborted()
    await dismiss(session.cluster, canary)
    story.fate(refOf(canary), 'retired')
  }
}

interface Raised {
  canary: KubeObject
  /** Of the pods that serve, 0 to 1. */
  share: number
}

/** An autoscaler may have changed the original since the step before. */
async function raise({ session, story }: Attempt, { ref, manifest }: Validated, percent: number): Promise<Raised> {
  const { cluster, inputs } = session
  const live = await cluster.get(ref)
  const replicas = live === undefined ? 0 : replicasOf(live)
  const wanted = canaryOf(manifest.object, replicas, percent)
  story.fate(refOf(wanted), 'left')
  const canary = await cluster.apply(wanted, { fieldManager: inputs.fieldManager, force: true })
  return { canary, share: replicasOf(wanted) / (replicasOf(wanted) + replicas) }
}

/** What is plainly broken is found before the pause, and what only figures over time show after it. */
async function proveStep(
  attempt: Attempt,
  proved: Parameters<typeof prove>[1],
  pauseMs: number,
  share: number,
): Promise<void> {
  const { inputs } = attempt.session
  await prove(attempt, proved, inputs.soakMs)
  if (pauseMs > 0) {
    await gates(attempt, httpGates(attempt), share)
    await prove(attempt, proved, pauseMs)
  }
  await gates(attempt, inputs.gates, share)
}
