import { stateSlot } from '../../../lib/action/state.ts'

/** The run's own folder, to be deleted when the job ends. */
export const scratchSlot = stateSlot<string>('scratch')

/** A command that may hold the state's lock, or may be at work still. */
export interface LockingCommand {
  pid: number
  /** `user@host`, as Terraform writes it into a lock. */
  who: string
  /** ISO 8601, on this machine's clock. */
  startedAt: string
}

/** Set while such a command runs: still set in the post step, it means that this process died before the command did. */
export const lockSlot = stateSlot<LockingCommand | undefined>('locking-command')
