import { isForbidden } from '../cluster/api-error.ts'
import { describeRef, type KubeObject, type Ref, refOf } from '../kube/objects.ts'
import { pool, REQUESTS_AT_ONCE } from '../rollout/pool.ts'
import { isOwn } from '../rollout/remove.ts'
import type { Session } from '../session.ts'
import { type Inventory, isPrunable, leftOver } from '../state/inventory.ts'

/** The app's objects that left the manifests. */
export interface LeftOver {
  /** As they live: to be deleted after all proofs. */
  prunable: KubeObject[]
  /** Stay, and are remembered for a later prune. */
  staying: Ref[]
  notes: string[]
}

/** @param current what the app consists of now */
export async function sortLeftOver(
  session: Session,
  inventory: Inventory | undefined,
  current: readonly Ref[],
): Promise<LeftOver> {
  const { cluster, inputs } = session
  const gone = inventory === undefined ? [] : leftOver(inventory, current)
  const unreadable: Ref[] = []
  const live = await pool(gone, REQUESTS_AT_ONCE, async (ref) => {
    try {
      return await cluster.get(ref)
    } catch (error) {
      if (!isForbidden(error)) throw error
      unreadable.push(ref)
      return undefined
    }
  })
  const ours = live.filter((object) => object !== undefined).filter((object) => isOwn(object, inputs.app))
  const prunable = ours.filter((object) => mayGo(session, object))
  const staying = ours.filter((object) => !prunable.includes(object)).map(refOf)
  const unread = unreadable.map((ref) => `${describeRef(ref)} left the manifests, and is not pruned: it can't be read.`)
  return { prunable, staying: [...staying, ...unreadable], notes: inputs.prune ? unread : [] }
}

/** The history holds no Secrets, so to go back by it isn't to do without them. */
function mayGo({ inputs }: Session, object: KubeObject): boolean {
  if (!inputs.prune || (inputs.mode === 'rollback' && object.kind === 'Secret')) return false
  return isPrunable(object, inputs.app, inputs.pruneKinds)
}
