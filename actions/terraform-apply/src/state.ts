import { stateSlot } from '../../../lib/action/state.ts'

/** The run's own folder, to be deleted when the job ends. */
export const scratchSlot = stateSlot<string>('scratch')

/** A command that may hold the state's lock. `ended` is missing when this process died before its child did. */
export interface LockingCommand {
  program: string
  /** `user@host`, as Terraform writes it into a lock. */
  who: string
  startedAt: string
  ended: boolean
}

export const lockSlot = stateSlot<LockingCommand>('locking-command')
