import { isForbidden } from '../cluster/api-error.ts'
import { DeployError } from '../failure.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import type { Validated } from '../rollout/validate.ts'
import type { Session } from '../session.ts'
import type { AppName } from '../state/own-objects.ts'
import { isOwn } from '../state/ownership.ts'
import { CANARY } from '../strategies/canary.ts'
import { isDeployment, trackOf, withoutTrack } from '../strategies/deployment.ts'
import { appOf } from './home.ts'

/**
 * The app's Deployments that stand for one of the set and don't belong to it: the side that no longer serves, a canary that was
 * kept, or the other form of it when the strategy is another than last time. No manifest ever named them, so they go without prune.
 *
 * @param canaries keys of those that this deployment makes
 */
export async function findRetired(
  session: Session,
  objects: readonly Validated[],
  canaries: ReadonlySet<string>,
): Promise<KubeObject[]> {
  const deployments = objects.map(({ manifest }) => manifest.object).filter(isDeployment)
  const current = new Set(deployments.map((object) => keyOf(refOf(object))))
  const plain = deployments.map((object) => refOf(withoutTrack(object)))
  const wanted = new Set(plain.map(keyOf))
  const twins = await liveTwins(session, new Set(plain.flatMap(({ namespace }) => namespace ?? [])))
  const replaced = plain.filter((ref) => !current.has(keyOf(ref)))
  const originals = await Promise.all(replaced.map((ref) => session.cluster.get(ref)))
  return [
    ...originals.filter((object) => object !== undefined && isOwn(object, appOf(session))),
    ...twins.filter((twin) => {
      const stands = trackOf(twin) === CANARY || wanted.has(keyOf(refOf(withoutTrack(twin))))
      const key = keyOf(refOf(twin))
      return stands && isMade(twin, session) && !current.has(key) && !canaries.has(key)
    }),
  ] as KubeObject[]
}

/** Labels are soon copied, by whoever makes a Deployment of one of ours. */
function isMade(twin: KubeObject, session: Session): boolean {
  const { name, managedFields = [] } = twin.metadata
  const isOurs = managedFields.some(
    ({ manager, operation }) => manager === session.inputs.fieldManager && operation === 'Apply',
  )
  return isOurs && isOwn(twin, appOf(session)) && name.endsWith(`-${trackOf(twin)}`)
}

/**
 * Refuses a twin's name that another object has.
 *
 * @throws DeployError `conflict`
 */
export function requireTwin(ref: Ref, live: KubeObject | undefined, app: AppName): void {
  if (live === undefined || (isOwn(live, app) && trackOf(live) !== undefined)) return
  throw new DeployError({
    reason: 'conflict',
    message: `${describeRef(ref)} is a name that this strategy needs, and an object that the strategy didn't make has it.`,
    remedy: 'Give that Deployment another name, or choose the strategy rolling.',
    object: ref,
  })
}

async function liveTwins({ cluster, inputs }: Session, namespaces: ReadonlySet<string>): Promise<KubeObject[]> {
  const labelSelector = `${names.app}=${inputs.app},${names.track}`
  const lists = [...namespaces].map(async (namespace) => {
    try {
      return (
        await cluster.list({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, labelSelector }, { whole: true })
      ).items
    } catch (error) {
      if (isForbidden(error)) return []
      throw error
    }
  })
  return (await Promise.all(lists)).flat()
}
