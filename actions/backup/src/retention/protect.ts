// What stays although no rule of the policy keeps it.
import { addReason } from './rules.ts'
import type { Dated } from './snapshots.ts'

/** The newest backup that is verified, and whose ancestors are all there: what surely restores is never pruned. */
export function keepVerifiedChain(snapshots: readonly Dated[], kept: Map<string, string[]>): void {
  const byId = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]))
  const passed = new Set<Dated>()
  const newest = snapshots.find((snapshot) => snapshot.verified && isWhole(snapshot, byId, passed))
  if (newest !== undefined) addReason(kept, newest.id, 'newest verified backup')
}

/**
 * The chain of a broken set may end in nothing, and that of a hostile one be a ring.
 *
 * @param passed whatever was on the way so far, of this chain and of those that weren't whole
 */
function isWhole(snapshot: Dated, byId: ReadonlyMap<string, Dated>, passed: Set<Dated>): boolean {
  let link: Dated | undefined = snapshot
  while (link !== undefined && !passed.has(link)) {
    if (link.parent === undefined) return true
    passed.add(link)
    link = byId.get(link.parent)
  }
  return false
}

/** A child without its ancestors can't be restored. */
export function keepAncestors(snapshots: readonly Dated[], kept: Map<string, string[]>): void {
  const byId = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]))
  const waiting = snapshots.filter(({ id }) => kept.has(id))
  for (let child = waiting.pop(); child !== undefined; child = waiting.pop()) {
    const parent = child.parent === undefined ? undefined : byId.get(child.parent)
    if (parent === undefined || kept.has(parent.id)) continue
    kept.set(parent.id, [`needed by ${child.id}`])
    waiting.push(parent)
  }
}
