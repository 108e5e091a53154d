import { readFile } from 'node:fs/promises'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { pullRequestOfEvent } from '../events/pull-request.ts'
import { readPlan } from '../plan/format.ts'
import { sensitiveValues } from '../plan/sensitive.ts'
import type { Session } from '../session.ts'
import { TOOLS } from '../terraform/tool.ts'
import { describePlan, positionsIn } from './fresh-plan.ts'
import { judgeDestroys } from './guard.ts'
import { type Outcome, outcome } from './outcome.ts'

/** Shows a plan that something else made. Terraform isn't run, and nothing is stored. */
export async function renderPlan(session: Session): Promise<Outcome> {
  const { planJson } = session.inputs
  if (planJson === undefined)
    throw invalidInput(
      'The input plan-json is empty; mode: render needs a file that "terraform show -json" or "tofu show -json" printed.',
    )
  const plan = readPlan(await readText(planJson))
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

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw invalidInput(`The input plan-json names ${JSON.stringify(file)}, which can't be read.`, cause)
  })
}
