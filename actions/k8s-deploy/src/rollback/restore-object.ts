import { isConflict, isRefusedContent } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { groupOf, type KubeObject, keyOf, refOf } from '../kube/objects.ts'
import { isOver } from '../readiness/jobs.ts'
import { isPrecious } from '../state/inventory.ts'
import type { AppName } from '../state/own-objects.ts'
import { otherOwner } from '../state/ownership.ts'
import { anew } from './anew.ts'
import type { Scaling } from './autoscaled.ts'
import { differences } from './compare.ts'
import { describePath, type FieldPath } from './fields.ts'
import { ignoredFields, type Pattern, replicas } from './ignored.ts'
import { entriesOf, type OurNames, restoredOwners, sameOwners } from './owners.ts'
import { rebase } from './rebase.ts'
import type { Restored } from './restore.ts'

export interface Deps {
  cluster: Cluster
  app: AppName
  us: OurNames
  signal: AbortSignal
  /** `undefined` when autoscalers can't be read: then whoever owns the replicas tells. */
  scaling: Scaling | undefined
  /** Deletes and waits; one sentence when the object is still there. */
  removeNow(live: KubeObject): Promise<string | undefined>
}

type Outcome = Omit<Restored, 'object'>

/** Controllers write a workload's status and annotations at any time, mostly right after a change. */
const ATTEMPTS = 8

/**
 * Makes the object in the cluster what it was, by two writes: the whole content at once, so that a workload goes back to its old
 * revision without one in between, and then the owners of its fields, as an update can't say them.
 */
export async function restoreObject(before: KubeObject, deps: Deps): Promise<Outcome> {
  if (before.metadata.deletionTimestamp) return { fate: 'unchanged', message: 'It was being deleted already.' }
  for (let attempt = 1; ; attempt++) {
    deps.signal.throwIfAborted()
    try {
      return await attemptToRestore(before, deps)
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
    }
  }
}

async function attemptToRestore(before: KubeObject, deps: Deps): Promise<Outcome> {
  const live = await deps.cluster.get(refOf(before))
  if (live === undefined) return isOver(before) ? doneJob() : recreate(before, deps)
  const owner = otherOwner(live, deps.app)
  if (owner !== undefined && owner !== otherOwner(before, deps.app)) {
    return { fate: 'left', message: `It was taken over by ${owner}.` }
  }
  if (live.metadata.deletionTimestamp) return replaceDeleted(before, live, deps)
  if (live.metadata.uid !== before.metadata.uid && isJob(before)) return replaceJob(before, live, deps)
  try {
    return await rewrite(before, live, deps)
  } catch (error) {
    if (!isRefusedContent(error) || !mayReplace(before, live)) throw error
    return replaceDeleted(before, live, deps)
  }
}

async function rewrite(before: KubeObject, live: KubeObject, deps: Deps): Promise<Outcome> {
  const { object, kept } = rebase(before, live, rebaseOptions(before, deps))
  const isChanged = differences(object, live, []).length > 0
  const written = isChanged ? await deps.cluster.replace(object) : live
  const hasOwners = await giveBackOwners(before, written, kept, deps)
  if (!isChanged && !hasOwners) return { fate: 'unchanged', ...keptMessage(kept) }
  return { fate: 'restored', ...keptMessage(kept) }
}

function rebaseOptions(before: KubeObject, { us, scaling }: Deps) {
  const key = keyOf(refOf(before))
  const ignored: Pattern[] = ignoredFields(before)
  if (scaling?.scaled.has(key)) ignored.push(replicas)
  return { us, ignored, forced: scaling?.released.has(key) ? [replicas] : [] }
}

/** Whether there was something to give back. */
async function giveBackOwners(
  before: KubeObject,
  current: KubeObject,
  kept: readonly FieldPath[],
  { cluster, us, signal }: Deps,
): Promise<boolean> {
  let live: KubeObject | undefined = current
  for (let attempt = 1; live !== undefined; attempt++) {
    // The owners belong to what was just written; only if somebody has written since, it may be a newer deployment.
    if (attempt > 1) signal.throwIfAborted()
    const managedFields = restoredOwners(before, live, us, kept)
    if (sameOwners(managedFields, entriesOf(live))) return attempt > 1
    // An empty list would leave them as they are; a list of an empty entry clears them.
    const written = managedFields.length > 0 ? managedFields : [{}]
    try {
      await cluster.patch(refOf(before), {
        metadata: { resourceVersion: live.metadata.resourceVersion, managedFields: written },
      })
      return true
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
      live = await cluster.get(refOf(before))
    }
  }
  return false
}

async function recreate(before: KubeObject, deps: Deps): Promise<Outcome> {
  const created = await deps.cluster.create(anew(before))
  await giveBackOwners(before, created, [], deps)
  return { fate: 'restored', message: 'It was gone and has been created again.' }
}

async function replaceDeleted(before: KubeObject, live: KubeObject, deps: Deps): Promise<Outcome> {
  const stillThere = await deps.removeNow(live)
  return stillThere === undefined ? recreate(before, deps) : stuck(stillThere)
}

async function replaceJob(before: KubeObject, live: KubeObject, deps: Deps): Promise<Outcome> {
  if (!isOver(before)) return replaceDeleted(before, live, deps)
  const stillThere = await deps.removeNow(live)
  return stillThere === undefined ? doneJob() : stuck(stillThere)
}

/** Only what is another object by now, or has been frozen since, has other immutable fields than before. */
function mayReplace(before: KubeObject, live: KubeObject): boolean {
  const isOther = live.metadata.uid !== before.metadata.uid
  const isFrozen = live['immutable'] === true && before['immutable'] !== true
  return (isOther || isFrozen) && !isPrecious(refOf(before), [])
}

function isJob(object: KubeObject): boolean {
  return object.kind === 'Job' && groupOf(object) === 'batch'
}

/** To create it again would run it again. */
function doneJob(): Outcome {
  return { fate: 'deleted', message: 'The earlier Job had run to its end; it is not run again.' }
}

export function stuck(message: string): Outcome {
  return { fate: 'left', message, isProblem: true }
}

/** So many fields say enough. */
const NAMED_FIELDS = 5

function keptMessage(kept: readonly FieldPath[]): { message?: string } {
  if (kept.length === 0) return {}
  const named = kept.slice(0, NAMED_FIELDS).map(describePath)
  const more = kept.length > NAMED_FIELDS ? ` and ${kept.length - NAMED_FIELDS} more` : ''
  return { message: `Changed by others since, and left so: ${named.join(', ')}${more}.` }
}
