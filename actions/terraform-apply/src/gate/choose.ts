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

/** Which of the stored plans is meant. */
export type WantedPlan =
  /**
   * The newest that was made for review; `shown`: the one that the pull request's comment says it shows (`nothing`: the
   * comment is there and shows none of this root), which has to be the same.
   */
  | { kind: 'reviewed'; shown: { runId: number; fingerprint: string } | 'nothing' | undefined }
  /** The newest of any kind whose fingerprint starts with these digits, at least 12. */
  | { kind: 'named'; fingerprint: string }

/**
 * The stored plan that is to be applied; `undefined` when there is none. If the one that the comment shows is gone, an
 * older one doesn't take its place; and if the comment shows an older one than is stored, somebody has put the comment
 * back, and neither is the reviewed one.
 *
 * Throws `plan-tampered` at the first bundle, newest first, that doesn't open: somebody has written into the slot.
 */
export async function choosePlan(
  store: PlanStore,
  slot: Slot,
  key: Uint8Array,
  fingerprintOf: (bundle: PlanBundle) => string,
  wanted: WantedPlan,
): Promise<ChosenPlan | undefined> {
  const stored = await store.list(slot)
  for (const { runId, storedAt, read } of stored.slice(0, MAX_CANDIDATES)) {
    const bundle = openBundle(key, await read(), { ...slot, runId })
    const fingerprint = fingerprintOf(bundle)
    if (isWanted(wanted, bundle, runId, fingerprint)) {
      return { bundle, fingerprint, plannedAt: later(new Date(bundle.plannedAt), storedAt), runId }
    }
    if (wanted.kind === 'reviewed' && bundle.kind === 'reviewed') return undefined
  }
  return undefined
}

function isWanted(wanted: WantedPlan, { kind }: PlanBundle, runId: number, fingerprint: string): boolean {
  if (wanted.kind === 'named') return fingerprint.startsWith(wanted.fingerprint)
  const { shown } = wanted
  if (kind !== 'reviewed' || shown === 'nothing') return false
  return shown === undefined || (shown.runId === runId && shown.fingerprint === fingerprint)
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
