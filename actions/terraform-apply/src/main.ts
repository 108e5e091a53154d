import { readContext } from '../../../lib/action/context.ts'
import { redactError, UserError } from '../../../lib/action/errors.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { createLog } from '../../../lib/action/log.ts'
import { explainForbidden } from '../../../lib/github/client.ts'
import { InterruptedError } from '../../../lib/process/run.ts'
import { decide, type Task } from './events/decide.ts'
import { applyReviewed } from './flow/apply.ts'
import { discoverRoots } from './flow/discover.ts'
import { detectDrift } from './flow/drift.ts'
import type { Outcome } from './flow/outcome.ts'
import { planProposal } from './flow/plan.ts'
import { publish } from './flow/publish.ts'
import { renderPlan } from './flow/render.ts'
import { readInputs } from './inputs.ts'
import { writeOutputs } from './outputs.ts'
import { openSession, type Session } from './session.ts'

/**
 * One step, from the event to the exit code: read what is asked, do it, tell what came of it. Failures are thrown only
 * after they have been told.
 */
export async function run(env: Environment): Promise<void> {
  const context = readContext(env)
  const inputs = readInputs(env, context.workspace)
  const task = decide(context, inputs.mode, inputs.name)
  if (task.kind === 'nothing') return createLog().info(`Nothing to do: ${task.why}.`)
  const session = await openSession(inputs, context, env)
  try {
    if (task.kind === 'discover') return writeOutputs(await discoverRoots(session))
    const outcome = await perform(session, task)
    writeOutputs(outcome.outputs)
    writeOutputs(await publish(session, outcome))
    if (outcome.failure) throw outcome.failure
  } catch (error) {
    throw redactError(explainInterruption(explainForbidden(error)), session.redact)
  } finally {
    session.processes.close()
  }
}

function perform(session: Session, task: Exclude<Task, { kind: 'nothing' | 'discover' }>): Promise<Outcome> {
  switch (task.kind) {
    case 'plan':
      return planProposal(session, task)
    case 'apply':
      return applyReviewed(session, task.trigger)
    case 'drift':
      return detectDrift(session)
    case 'render':
      return renderPlan(session)
  }
}

/** A cancellation between two commands, outside of the parts that tell it on the pull request themselves. */
function explainInterruption(error: unknown): unknown {
  if (!(error instanceof InterruptedError)) return error
  return new UserError('interrupted', 'The run was cancelled before its next command.', {
    cause: error,
  })
}
