import { stateSlot } from '../../../lib/action/state.ts'

/** The run's own folder, to be deleted when the job ends. */
export const scratchSlot = stateSlot<string>('scratch')

/** The backup that is under way: still set in the post step, its unfinished uploads are to be given up. */
export const unfinishedSlot = stateSlot<{ id: string } | undefined>('unfinished')
