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
