import { invalidInput, UserError } from '../../../../lib/action/errors.ts'
import { getPullRequest, isAtLeast, type PullRequest, permissionOf } from '../../../../lib/github/pull-requests.ts'
import type { Task } from '../events/decide.ts'
import { pullRequestOfEvent } from '../events/pull-request.ts'

import type { Session } from '../session.ts'
import { checkoutDifferences } from './checkout.ts'
import { type FreshPlan, makePlan, type Prepared, prepare, TerraformFailure } from './fresh-plan.ts'
import { judgeDestroys } from './guard.ts'
import { type Outcome, outcome } from './outcome.ts'

/** Plans what the pull request proposes (or, without one, what is checked out) and says how it can be applied. */
export async function planProposal(session: Session, task: Extract<Task, { kind: 'plan' }>): Promise<Outcome> {
  const pullRequest = await proposal(session, task)
  try {
    const prepared = await prepare(session)
    if (pullRequest && task.trigger.kind === 'comment') await requireCheckout(session, prepared, pullRequest)
    const fresh = await makePlan(session, prepared, 'plan')
    return await planned(session, prepared, fresh, pullRequest)
  } catch (error) {
    if (!(error instanceof TerraformFailure)) throw error
    return failed(session, error, pullRequest)
  }
}

/** The outcome of a command that failed. */
export function failed(session: Session, error: TerraformFailure, pullRequest: PullRequest | undefined): Outcome {
  return outcome(session, {
    status: { kind: 'failed', reason: error.reason, message: error.message, diagnostics: [...error.diagnostics] },
    pullRequest,
    failure: error,
    diagnostics: error.diagnostics,
  })
}

async function proposal(session: Session, task: Extract<Task, { kind: 'plan' }>): Promise<PullRequest | undefined> {
  if (task.trigger.kind === 'event') return pullRequestOfEvent(session.context.event.payload)
  if (task.pullRequest === undefined) return undefined
  const { comment } = task.trigger
  const people = [comment.author, session.context.triggeringActor]
  if (comment.authorIsBot) throw notAllowed(`${comment.author} is a bot, and bots can't give the command`)
  for (const login of new Set(people)) {
    const permission = await permissionOf(session.github, login)
    const minimum = session.inputs.approversPermission
    if (!isAtLeast(permission, minimum))
      throw notAllowed(`${login} has the permission ${permission}; ${minimum} is needed to plan`)
  }
  const pullRequest = await getPullRequest(session.github, task.pullRequest)
  if (pullRequest.headRepositoryId !== pullRequest.baseRepositoryId) {
    throw notAllowed(
      "the pull request comes from a fork, whose code a comment's run would give this repository's secrets",
    )
  }
  return pullRequest
}

/** A comment's run checks out the default branch unless told otherwise, and a plan of that would be shown as the pull request's. */
async function requireCheckout(session: Session, { closure }: Prepared, pullRequest: PullRequest): Promise<void> {
  const differences = await checkoutDifferences(session, closure, pullRequest)
  if (differences.length === 0) return
  throw invalidInput(
    `The checkout is not this pull request: ${differences.slice(0, 3).join(', ')} differ; check out refs/pull/${pullRequest.number}/merge before this step.`,
  )
}

async function planned(
  session: Session,
  { closure }: Prepared,
  fresh: FreshPlan,
  pullRequest: PullRequest | undefined,
): Promise<Outcome> {
  const { guard } = await judgeDestroys(session, fresh.plan, pullRequest, undefined)
  const barrier = storageBarrier(session, pullRequest)
  return outcome(session, {
    status: {
      kind: 'planned',
      apply:
        barrier === undefined ? { kind: 'possible', how: howToApply(session) } : { kind: 'impossible', why: barrier },
    },
    pullRequest,
    fresh,
    ...(guard ? { guard } : {}),
    diagnostics: fresh.warnings,
    store: barrier === undefined ? { kind: 'reviewed', fresh, closure } : undefined,
  })
}

/** Why this plan can't be applied later. */
function storageBarrier(session: Session, pullRequest: PullRequest | undefined): string | undefined {
  if (!pullRequest) return 'It belongs to no pull request.'
  if (pullRequest.headRepositoryId !== pullRequest.baseRepositoryId) {
    return 'The pull request comes from a fork: its plan is not stored. Once it is merged, the apply run shows a plan of its own to approve.'
  }
  return session.keys ? undefined : 'The input `plan-key` is not set, so the plan is not stored.'
}

function howToApply({ inputs }: Session): string {
  switch (inputs.requireApproval) {
    case 'merged':
      return 'Applied when the pull request is merged.'
    case 'environment':
      return 'Applied when it is merged or by `/apply`, once the environment of that run is approved.'
    case 'none':
      return `Applied when it is merged, or by \`/apply ${inputs.name}\`.`
    default:
      return `Applied when it is merged, or after an approving review by \`/apply ${inputs.name}\`.`
  }
}

function notAllowed(why: string): UserError {
  return new UserError('not-approved', `Not planned: ${why}.`)
}
