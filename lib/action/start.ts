import { basename } from 'node:path'
import * as core from '@actions/core'
import { describeError, errorChain, UserError } from './errors.ts'

/** `main` is the step itself; `post` cleans up when the job ends, whatever became of `main`. */
export interface Action {
  main(): Promise<void>
  post(): Promise<void>
}

/** The script of action.yml's `post`; the build puts it beside `index.js`, which it starts. */
export const POST_SCRIPT = 'post.js'

/**
 * Runs the half of the action that the runner asks for: one bundle serves as `main` and as `post`, told apart by the script
 * that was started. State that `main` leaves would not do: a runner that is killed before `main` has left any would have its
 * post step run `main`. A failed `main` fails the step; a failed `post` only warns, because a clean-up must not fail a
 * deployment that went well.
 */
export async function start(action: Action, script = process.argv[1] ?? ''): Promise<void> {
  if (basename(script) === POST_SCRIPT) {
    await action.post().catch((error: unknown) => core.warning(`Clean-up: ${describeError(error)}`))
    return
  }
  await action.main().catch(fail)
}

/** The step fails with one sentence; a defect of ours keeps its stack for the debug log. */
export function fail(error: unknown): void {
  core.setOutput('failure-reason', error instanceof UserError ? error.reason : 'unexpected')
  core.debug(errorChain(error))
  core.setFailed(describeError(error))
}
