import * as core from '@actions/core'
import { describeError, errorChain, UserError } from './errors.ts'
import { stateSlot } from './state.ts'

/** `main` is the step itself; `post` cleans up when the job ends, whatever became of `main`. */
export interface Action {
  main(): Promise<void>
  post(): Promise<void>
}

const startedMain = stateSlot<boolean>('started-main')

/**
 * Runs the half of the action that the runner asks for: one bundle serves as `main` and as `post`, told apart by the
 * state that `main` leaves first of all. A failed `main` fails the step; a failed `post` only warns, because a clean-up
 * must not fail a deployment that went well.
 */
export async function start(action: Action): Promise<void> {
  if (startedMain.load()) {
    await action.post().catch((error: unknown) => core.warning(`Clean-up: ${describeError(error)}`))
    return
  }
  startedMain.save(true)
  await action.main().catch(fail)
}

/** The step fails with one sentence; a defect of ours keeps its stack for the debug log. */
export function fail(error: unknown): void {
  core.setOutput('failure-reason', error instanceof UserError ? error.reason : 'unexpected')
  core.debug(errorChain(error))
  core.setFailed(describeError(error))
}
