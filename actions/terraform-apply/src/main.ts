import { readContext } from '../../../lib/action/context.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { decide, type Task } from './events/decide.ts'
import { applyReviewed } from './flow/apply.ts'
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
  const session = await openSession(inputs, context, env)
  try {
    if (task.kind === 'nothing') return session.log.info(`Nothing to do: ${task.why}.`)
    const outcome = await perform(session, task)
    writeOutputs(outcome.outputs)
    writeOutputs(await publish(session, outcome))
    if (outcome.failure) throw outcome.failure
  } finally {
    session.processes.close()
  }
}

function perform(session: Session, task: Exclude<Task, { kind: 'nothing' }>): Promise<Outcome> {
  switch (task.kind) {
    case 'plan':
      return planProposal(session, task)
    case 'apply':
      return applyReviewed(session, task.trigger)
    case 'render':
      return renderPlan(session)
  }
}
