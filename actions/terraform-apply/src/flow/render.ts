import { readFile } from 'node:fs/promises'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { pullRequestOfEvent } from '../events/pull-request.ts'
import { readPlan } from '../plan/format.ts'
import { sensitiveValues } from '../plan/sensitive.ts'
import type { Session } from '../session.ts'
import { describePlan } from './fresh-plan.ts'
import { judgeDestroys } from './guard.ts'
import { type Outcome, outcome } from './outcome.ts'

/** Shows a plan that something else made. Terraform isn't run, and nothing is stored. */
export async function renderPlan(session: Session): Promise<Outcome> {
  const { planJson } = session.inputs
  if (planJson === undefined)
    throw invalidInput('The input plan-json is empty; mode: render needs a file that "terraform show -json" printed.')
  const text = await readFile(planJson, 'utf8').catch((cause: unknown) => {
    throw invalidInput(`The input plan-json names ${JSON.stringify(planJson)}, which can't be read.`, cause)
  })
  const plan = readPlan(text)
  if (plan.errored)
    throw invalidInput("The plan can't be shown: the plan is of a run that failed, so it is incomplete.")
  for (const secret of sensitiveValues(plan)) session.redact.add(secret)
  const pullRequest = pullRequestOfEvent(session.context.event.payload)
  const fresh = {
    ...describePlan(session, plan, {}),
    planFile: '',
    jsonFile: planJson,
    tool: plan.terraform_version === undefined ? 'Terraform' : `Terraform ${plan.terraform_version}`,
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
