import { stateSlot } from '../../../lib/action/state.ts'
import type { Deployment } from '../../../lib/github/deployments.ts'

/** The run's own folder, to be deleted when the job ends. */
export const scratchSlot = stateSlot<string>('scratch')

/** What a run has begun. */
export interface Unfinished {
  namespace: string
  holderId: string
  /** Id of the snapshot: objects may have been written since it was saved. */
  snapshot?: string
}

/** Set while the app's lock is held, and for what is left to be put back: still set in the post step, there may be work left. */
export const unfinishedSlot = stateSlot<Unfinished | undefined>('unfinished')

/** The GitHub deployment that is under way: still set in the post step, nobody has said yet how it ended. */
export const deploymentSlot = stateSlot<Deployment | undefined>('deployment')
