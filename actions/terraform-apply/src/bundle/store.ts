import { UserError } from '../../../../lib/action/errors.ts'
import { LIMITS } from './bundle.ts'

/** Whose plan it is: everything of a binding but the run, which the store tells. */
export interface Slot {
  repositoryId: number
  pullRequest: number
  headSha: string
  root: string
  directory: string
  workspace: string
}

export interface StoredPlan {
  /** The run that stored it. */
  runId: number
  /** On GitHub's clock, where the store has it. */
  storedAt: Date | undefined
  /** Throws `plan-tampered` for more bytes than a bundle may have. */
  read(): Promise<Uint8Array>
}

/** Where sealed bundles lie between the plan and the apply. What comes out of it is trusted only once it has been opened. */
export interface PlanStore {
  put(slot: Slot, sealed: Uint8Array): Promise<void>
  /** The plans stored in this slot, newest first. */
  list(slot: Slot): Promise<StoredPlan[]>
}

/** Nothing that large was stored by a plan run. */
export function tooLarge(runId: number, size: number): UserError {
  return new UserError(
    'plan-tampered',
    `The stored plan of run ${runId} has ${size} bytes, more than any bundle (${LIMITS.maxSealedBytes}).`,
  )
}
