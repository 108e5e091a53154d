import { UserError } from '../../../../lib/action/errors.ts'
import type { Json } from '../plan/format.ts'
import type { Guard } from '../render/report.ts'
import type { Session } from '../session.ts'
import type { CommandResult } from '../terraform/cli.ts'
import { TOOLS } from '../terraform/tool.ts'
import type { Application } from './application.ts'
import { type FreshPlan, makePlan, type Prepared } from './fresh-plan.ts'
import { type Outcome, outcome, reportOf } from './outcome.ts'
import { followApply } from './progress.ts'
import { publishProgress } from './publish.ts'
import { offerOf } from './refuse.ts'
import { failure } from './terraform-failure.ts'

/** Applies the fresh plan's file and reports on the way. From here on the world changes. */
export async function performApply(
  session: Session,
  prepared: Prepared,
  fresh: FreshPlan,
  application: Application,
  guard: Guard | undefined,
): Promise<Outcome> {
  const { pullRequest } = application
  const { terraform } = prepared
  const following = followApply(fresh.plan, (progress) =>
    publishProgress(
      session,
      pullRequest,
      reportOf(session, { status: { kind: 'applying', progress }, pullRequest, fresh, guard }),
    ),
  )
  const result = await terraform.apply(fresh.planFile, fresh.hasEphemeralVariables, following.onEvent)
  await following.settled()
  if (!result.ok) return applyFailed(session, prepared, fresh, application, result, following.progress())
  const outputs = await terraform.outputs()
  const visible = Object.entries(outputs).filter(([, { sensitive }]) => !sensitive)
  return outcome(session, {
    status: {
      kind: 'applied',
      progress: following.completed(),
      outputs: visible.map(([name, { value }]) => ({ name, value: value as Json })),
      hiddenOutputs: Object.keys(outputs).length - visible.length,
    },
    pullRequest,
    fresh,
    guard,
    outputs: {
      applied: true,
      outputs: JSON.stringify(Object.fromEntries(visible.map(([name, { value }]) => [name, value]))),
    },
    diagnostics: result.diagnostics,
  })
}

/** What is left to do after a failure is planned and offered, so that nobody is stuck with a half-done apply. */
async function applyFailed(
  session: Session,
  prepared: Prepared,
  fresh: FreshPlan,
  { pullRequest }: Application,
  result: CommandResult,
  progress: ReturnType<ReturnType<typeof followApply>['progress']>,
): Promise<Outcome> {
  const error = await applyError(session, result)
  const rest =
    error.reason === 'apply-failed' || error.reason === 'plan-changed' ? await planRest(session, prepared) : undefined
  return outcome(session, {
    status: {
      kind: 'failed',
      reason: error.reason,
      message: error.message,
      diagnostics: result.diagnostics,
      progress,
      ...(rest ? { offer: offerOf(session, rest) } : {}),
    },
    pullRequest,
    fresh: rest ?? fresh,
    failure: error,
    diagnostics: result.diagnostics,
    outputs: { applied: progress.resources.some(({ state }) => state === 'done') },
    store: rest ? { kind: 'offered', fresh: rest, closure: prepared.closure } : undefined,
  })
}

async function applyError(session: Session, result: CommandResult): Promise<UserError> {
  if (
    !session.processes.interrupted &&
    result.diagnostics.some(({ summary }) => /^Saved plan is stale|does not match the given state/.test(summary))
  ) {
    return new UserError(
      'plan-changed',
      'Somebody else changed the state between the plan and the apply; nothing was applied.',
    )
  }
  return failure(session, 'apply-failed', `${TOOLS[session.inputs.tool].program} apply failed`, result)
}

/** A plan of the rest is a help; that it can't be made must not hide what the apply did. */
async function planRest(session: Session, prepared: Prepared): Promise<FreshPlan | undefined> {
  try {
    const rest = await makePlan(session, prepared, 'rest')
    return rest.changes ? rest : undefined
  } catch (error) {
    session.log.info(`The rest could not be planned: ${(error as Error).message}`)
    return undefined
  }
}
