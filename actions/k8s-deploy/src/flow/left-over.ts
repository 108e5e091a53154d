import { inParallel } from '../../../../lib/in-parallel/in-parallel.ts'
import { isForbidden } from '../cluster/api-error.ts'
import { DeployError } from '../failure.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject, type Ref, refOf } from '../kube/objects.ts'
import { REQUESTS_AT_ONCE } from '../rollout/at-once.ts'
import type { Session } from '../session.ts'
import { type Inventory, isPrecious, isPrunable, leftOver } from '../state/inventory.ts'
import { isOwn } from '../state/ownership.ts'
import { trackOf } from '../strategies/deployment.ts'
import { appOf } from './home.ts'

/** The app's objects that left the manifests. */
export interface LeftOver {
  /** As they live: to be deleted after all proofs. */
  prunable: KubeObject[]
  /** Stay, and are remembered for a later prune. */
  staying: Ref[]
  notes: string[]
}

/**
 * @param current what the app consists of now
 * @throws DeployError `invalid-input` when all that the app consists of would be pruned
 */
export async function sortLeftOver(
  session: Session,
  inventory: Inventory | undefined,
  current: readonly Ref[],
): Promise<LeftOver> {
  const { cluster, inputs } = session
  const gone = inventory === undefined ? [] : leftOver(inventory, current)
  const unreadable: Ref[] = []
  const live = await inParallel(gone, REQUESTS_AT_ONCE, async (ref) => {
    try {
      return await cluster.get(ref)
    } catch (error) {
      if (!isForbidden(error)) throw error
      unreadable.push(ref)
      return undefined
    }
  })
  const ours = live.filter((object) => object !== undefined).filter((object) => isOwn(object, appOf(session)))
  const prunable = ours.filter((object) => mayGo(session, object))
  if (prunable.length > 0 && inputs.mode !== 'rollback') refuseAnotherApp(session, inventory, current)
  const staying = ours.filter((object) => !prunable.includes(object)).map(refOf)
  const unread = unreadable.map((ref) => `${describeRef(ref)} left the manifests, and is not pruned: it can't be read.`)
  const notes = inputs.prune ? unread : stayingNotes(ours)
  return { prunable, staying: [...staying, ...unreadable], notes }
}

/** Two apps of one repository that are given no names have the same, and would prune each other. */
function refuseAnotherApp(
  { inputs, namespace }: Session,
  inventory: Inventory | undefined,
  current: readonly Ref[],
): void {
  const refs = inventory?.refs ?? []
  if (leftOver({ refs, left: [] }, current).length < refs.length) return
  throw new DeployError({
    reason: 'invalid-input',
    message: `Nothing of what the app \`${inputs.app}\` in the namespace \`${namespace}\` consists of is in these manifests, so all of it would be pruned.`,
    remedy: 'Is this another app? Then set the input app. If it is the same one, deploy it once without prune.',
  })
}

const MOST_NAMED = 10

/** What nobody prunes serves on, which a reader of the manifests would not think of. */
function stayingNotes(live: readonly KubeObject[]): string[] {
  // A strategy's own are retired without prune.
  const left = live.filter(
    (object) => trackOf(object) === undefined && object.metadata.annotations?.[names.prune] !== 'keep',
  )
  const { precious = [], usual = [] } = Object.groupBy(left, (object) =>
    isPrecious(refOf(object), []) ? 'precious' : 'usual',
  )
  return [
    ...stayingNote(usual, '`prune: true`'),
    ...stayingNote(precious, '`prune: true` with its kind in `prune-kinds`'),
  ]
}

function stayingNote(left: readonly KubeObject[], what: string): string[] {
  if (left.length === 0) return []
  const named = left.slice(0, MOST_NAMED).map((object) => describeRef(refOf(object)))
  const more = left.length > named.length ? ` and ${left.length - named.length} more` : ''
  const [stay, them] = left.length === 1 ? ['stays', 'it'] : ['stay', 'them']
  return [`${named.join(', ')}${more} left the manifests and ${stay}; ${what} would delete ${them}.`]
}

/** The history holds no Secrets, so to go back by it isn't to do without them. */
function mayGo({ inputs }: Session, object: KubeObject): boolean {
  if (!inputs.prune || (inputs.mode === 'rollback' && object.kind === 'Secret')) return false
  return isPrunable(object, inputs.app, inputs.pruneKinds)
}
