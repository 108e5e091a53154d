import { UserError } from '../../../../lib/action/errors.ts'
import { openBundle, type PlanBundle } from '../bundle/bundle.ts'
import type { PlanStore, Slot } from '../bundle/store.ts'

/** A bundle that has been opened, and so was made under this key for this slot. */
export interface ChosenPlan {
  bundle: PlanBundle
  fingerprint: string
  /** When it could be seen first, on GitHub's clock: the later of its own word and the store's. */
  plannedAt: Date
  runId: number
}

/** More plans of one commit than this are not looked through. */
const MAX_CANDIDATES = 30

/**
 * The stored plan that is to be applied: the newest reviewed one, or with `fingerprint` (at least its first 12 digits)
 * the newest of any kind that has it. `undefined` when there is none.
 *
 * Throws `plan-tampered` at the first bundle, newest first, that doesn't open: somebody has written into the slot.
 */
export async function choosePlan(
  store: PlanStore,
  slot: Slot,
  key: Uint8Array,
  fingerprintOf: (bundle: PlanBundle) => string,
  fingerprint: string | undefined,
): Promise<ChosenPlan | undefined> {
  const stored = await store.list(slot)
  for (const { runId, storedAt, read } of stored.slice(0, MAX_CANDIDATES)) {
    const bundle = openBundle(key, await read(), { ...slot, runId })
    const own = fingerprintOf(bundle)
    const wanted = fingerprint === undefined ? bundle.kind === 'reviewed' : own.startsWith(fingerprint)
    if (wanted) return { bundle, fingerprint: own, plannedAt: later(new Date(bundle.plannedAt), storedAt), runId }
  }
  return undefined
}

/** For a message: what to do when there is no plan. */
export function planMissing(slot: Slot, fingerprint: string | undefined): UserError {
  const which = fingerprint === undefined ? 'No stored plan' : `No stored plan with the fingerprint ${fingerprint}`
  return new UserError(
    'plan-missing',
    `${which} of ${slot.root} belongs to the head commit ${slot.headSha.slice(0, 12)} of #${slot.pullRequest}.`,
    {
      remedy: 'Comment "/plan" (or re-run the plan), have it reviewed, and apply then.',
    },
  )
}

function later(left: Date, right: Date | undefined): Date {
  return right !== undefined && right > left ? right : left
}
