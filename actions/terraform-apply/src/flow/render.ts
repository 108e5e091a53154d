import { invalidInput, UserError } from '../../../../lib/action/errors.ts'
import { pullRequestOfEvent } from '../events/pull-request.ts'
import type { Plan } from '../plan/format.ts'
import { sensitiveValues } from '../plan/sensitive.ts'
import type { Session } from '../session.ts'
import { TOOLS } from '../terraform/tool.ts'
import { describePlan, positionsIn } from './fresh-plan.ts'
import { judgeDestroys } from './guard.ts'
import { type Outcome, outcome } from './outcome.ts'
import { readPlanFile } from './plan-file.ts'

/** Shows a plan that something else made. Terraform isn't run, and nothing is stored. */
export async function renderPlan(session: Session): Promise<Outcome> {
  const { planJson } = session.inputs
  if (planJson === undefined)
    throw invalidInput(
      'The input plan-json is empty; mode: render needs a file that "terraform show -json" or "tofu show -json" printed.',
    )
  const plan = await readPlanJson(planJson)
  if (plan.errored)
    throw invalidInput("The plan can't be shown: the plan is of a run that failed, so it is incomplete.")
  for (const secret of sensitiveValues(plan)) session.redact.add(secret)
  const pullRequest = pullRequestOfEvent(session.context.event.payload)
  const fresh = {
    ...describePlan(session, plan, {}),
    positions: await positionsIn(session, plan),
    planFile: '',
    jsonFile: planJson,
    tool: `${TOOLS[session.inputs.tool].name} ${plan.terraform_version ?? ''}`.trim(),
    warnings: [],
  }
  const { guard } = await judgeDestroys(session, plan, pullRequest, undefined)
  return outcome(session, {
    status: {
      kind: 'planned',
      apply: { kind: 'impossible', why: 'It was made outside this action (`mode: render`).' },
    },
    pullRequest,
    fresh,
    guard,
  })
}

function readPlanJson(file: string): Promise<Plan> {
  return readPlanFile(file).catch((cause: unknown) => {
    if (cause instanceof UserError) throw cause
    throw invalidInput(`The input plan-json names ${JSON.stringify(file)}, which can't be read.`, cause)
  })
}
