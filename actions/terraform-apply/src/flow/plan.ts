import { UserError } from '../../../../lib/action/errors.ts'
import { getPullRequest, isAtLeast, type PullRequest, permissionOf } from '../../../../lib/github/pull-requests.ts'
import type { Task, TriggerComment } from '../events/decide.ts'
import { pullRequestOfEvent } from '../events/pull-request.ts'
import type { Session } from '../session.ts'
import { type FreshPlan, makePlan, type Prepared, prepare, readLockFile, takeClosure } from './fresh-plan.ts'
import { judgeDestroys } from './guard.ts'
import { failed, type Outcome, outcome } from './outcome.ts'
import { reply } from './refuse.ts'
import { requireCheckout } from './require-checkout.ts'
import { asFailure } from './terraform-failure.ts'

/** Plans what the pull request proposes (or, without one, what is checked out) and says how it can be applied. */
export async function planProposal(session: Session, task: Extract<Task, { kind: 'plan' }>): Promise<Outcome> {
  const { trigger } = task
  if (trigger.kind === 'event') return planOf(session, pullRequestOfEvent(session.context.event.payload))
  const pullRequest = await getPullRequest(session.github, trigger.pullRequest)
  try {
    await requirePermission(session, trigger.comment, pullRequest)
    // A comment's run checks out the default branch unless told otherwise, and would plan that.
    await requireCheckout(session, await takeClosure(session, await readLockFile(session)), pullRequest)
    return await planOf(session, pullRequest)
  } catch (error) {
    if (error instanceof UserError) return reply(session, pullRequest, error)
    throw error
  }
}

async function planOf(session: Session, pullRequest: PullRequest | undefined): Promise<Outcome> {
  try {
    const prepared = await prepare(session)
    return await planned(session, prepared, await makePlan(session, prepared, 'plan'), pullRequest)
  } catch (error) {
    const failure = asFailure(session, error)
    if (failure) return failed(session, failure, pullRequest)
    throw error
  }
}

/** `/plan` runs the pull request's code with this repository's secrets, so not everybody may ask for it. */
async function requirePermission(session: Session, comment: TriggerComment, pullRequest: PullRequest): Promise<void> {
  const minimum = session.inputs.approversPermission
  if (comment.authorIsBot) throw notAllowed(`${comment.author} is a bot, and bots can't give the command`)
  for (const login of new Set([comment.author, session.context.triggeringActor])) {
    const permission = await permissionOf(session.github, login)
    if (!isAtLeast(permission, minimum))
      throw notAllowed(`${login} has the permission ${permission}; ${minimum} is needed to plan`)
  }
  if (pullRequest.state === 'closed') throw notAllowed('the pull request was closed without being merged')
  if (pullRequest.headRepositoryId !== pullRequest.baseRepositoryId && pullRequest.state !== 'merged') {
    throw notAllowed(
      "the pull request comes from a fork, whose code a comment's run would give this repository's secrets",
    )
  }
}

async function planned(
  session: Session,
  { closure }: Prepared,
  fresh: FreshPlan,
  pullRequest: PullRequest | undefined,
): Promise<Outcome> {
  const { guard } = await judgeDestroys(session, fresh.plan, pullRequest, undefined)
  // Asked now: a re-run of an old plan job has the event of a pull request that has been merged since.
  const current = pullRequest && session.keys ? await getPullRequest(session.github, pullRequest.number) : pullRequest
  const barrier = storageBarrier(session, current)
  const kind = current?.state === 'merged' ? 'offered' : 'reviewed'
  return outcome(session, {
    status: {
      kind: 'planned',
      apply:
        barrier === undefined
          ? { kind: 'possible', how: howToApply(session, fresh, kind) }
          : { kind: 'impossible', why: barrier },
    },
    pullRequest,
    fresh,
    guard,
    diagnostics: fresh.warnings,
    store: barrier === undefined ? { kind, fresh, closure } : undefined,
  })
}

/** Why this plan can't be applied later. */
function storageBarrier(session: Session, pullRequest: PullRequest | undefined): string | undefined {
  if (!pullRequest) return 'It belongs to no pull request.'
  if (pullRequest.state === 'closed') return 'The pull request was closed without being merged.'
  if (pullRequest.baseBranch !== session.context.repository.defaultBranch) {
    return `The pull request is for ${pullRequest.baseBranch}; only what goes to ${session.context.repository.defaultBranch} is applied.`
  }
  if (pullRequest.headRepositoryId !== pullRequest.baseRepositoryId) {
    return 'The pull request comes from a fork: its plan is not stored. Once it is merged, the apply run shows a plan of its own to approve.'
  }
  return session.keys ? undefined : 'The input `plan-key` is not set, so the plan is not stored.'
}

function howToApply({ inputs }: Session, fresh: FreshPlan, kind: 'reviewed' | 'offered'): string {
  const command = `\`/apply ${inputs.name}\``
  if (kind === 'offered') {
    return `The pull request is merged already, so this plan is approved by \`/apply ${inputs.name} ${fresh.fingerprint.slice(0, 12)}\` only.`
  }
  switch (inputs.requireApproval) {
    case 'merged':
      return 'Merge it.'
    case 'environment':
      return `Merge it, or comment ${command}; either way the environment of that run has to be approved.`
    case 'none':
      return `Merge it, or comment ${command}.`
    default:
      return `Merge it, or comment ${command} once somebody else has approved it.`
  }
}

function notAllowed(why: string): UserError {
  return new UserError('not-approved', `Not planned: ${why}.`)
}
