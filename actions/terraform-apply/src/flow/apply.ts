import { UserError } from '../../../../lib/action/errors.ts'
import { getPullRequest, mergedPullRequests, type PullRequest } from '../../../../lib/github/pull-requests.ts'
import type { PlanBundle } from '../bundle/bundle.ts'
import type { ApplyTrigger } from '../events/decide.ts'
import { judgeApproval } from '../gate/approval.ts'
import { type ChosenPlan, choosePlan, planMissing, type WantedPlan } from '../gate/choose.ts'
import { gatherFacts } from '../gate/facts.ts'
import type { Keys } from '../keys.ts'
import { fingerprintOf } from '../plan/canonical.ts'
import type { Session } from '../session.ts'
import { type Application, slotOf } from './application.ts'
import { type FreshPlan, makePlan, type Prepared, prepare, readLockFile, takeClosure } from './fresh-plan.ts'
import { judgeDestroys } from './guard.ts'
import { failed, type Outcome, outcome } from './outcome.ts'
import { performApply } from './perform-apply.ts'
import {
  refuseDestroys,
  refuseDifferences,
  refuseFiles,
  refuseUnseen,
  refuseWithoutPullRequest,
  reply,
} from './refuse.ts'
import { requireCheckout } from './require-checkout.ts'
import { asFailure } from './terraform-failure.ts'
import { shownPlan } from './thread.ts'

/**
 * Applies what was reviewed, and nothing else: finds the reviewed plan, asks GitHub whether it is approved, plans afresh
 * from files that must be the reviewed ones, and applies that fresh plan if its effects are the reviewed ones.
 */
export async function applyReviewed(session: Session, trigger: ApplyTrigger): Promise<Outcome> {
  const keys = requireKeys(session)
  const application = await locate(session, trigger)
  if (!application) return applyWithoutPullRequest(session)
  try {
    return await applyApplication(session, keys, application)
  } catch (error) {
    const failure = asFailure(session, error)
    if (failure) return failed(session, failure, application.pullRequest)
    if (error instanceof UserError && REPLIED.has(error.reason)) return reply(session, application.pullRequest, error)
    throw error
  }
}

/** Refusals that concern the pull request, and are told there. */
const REPLIED: ReadonlySet<string> = new Set(['plan-missing', 'plan-tampered', 'plan-changed', 'not-approved'])

async function applyApplication(session: Session, keys: Keys, application: Application): Promise<Outcome> {
  const { pullRequest, slot, fingerprint } = application
  const reviewed = await findReviewed(session, keys, application)
  // Nothing of an unmerged pull request is executed before a plan of it has been found and approved.
  if (!reviewed && pullRequest.state !== 'merged') throw planMissing(slot, fingerprint)
  await requireApproval(session, application, reviewed)
  await requireCheckout(session, await takeClosure(session, await readLockFile(session)), pullRequest)
  const prepared = await prepare(session)
  const refusal = reviewed && (await refuseFiles(session, prepared, application, reviewed))
  if (refusal) return refusal
  const fresh = await makePlan(session, prepared, 'apply')
  if (!fresh.changes) return nothingLeft(session, pullRequest, fresh)
  if (!reviewed) return refuseUnseen(session, prepared, fresh, application)
  const changed = refuseDifferences(session, prepared, fresh, application, reviewed)
  return changed ?? applyFresh(session, prepared, fresh, application, reviewed)
}

/** The stored plan that the pull request shows, or the one whose fingerprint the command names. */
async function findReviewed(
  session: Session,
  keys: Keys,
  { pullRequest, slot, fingerprint, policy, comment }: Application,
): Promise<ChosenPlan | undefined> {
  const fingerprintOfBundle = (bundle: PlanBundle) =>
    fingerprintOf(bundle.canonical, keys.fingerprint, bundle.closure.digest)
  const shown = fingerprint === undefined ? await shownPlan(session, pullRequest) : undefined
  const wanted: WantedPlan = fingerprint === undefined ? { kind: 'reviewed', shown } : { kind: 'named', fingerprint }
  const chosen = await choosePlan(session.store, slot, keys.bundle, fingerprintOfBundle, wanted)
  // A plan that came after the merge was not approved by it; the run plans afresh and offers that.
  const tooLate =
    chosen && policy === 'merged' && !comment && pullRequest.mergedAt && chosen.plannedAt >= pullRequest.mergedAt
  return tooLate ? undefined : chosen
}

async function applyFresh(
  session: Session,
  prepared: Prepared,
  fresh: FreshPlan,
  application: Application,
  reviewed: ChosenPlan,
): Promise<Outcome> {
  const { guard, barrier } = await judgeDestroys(session, fresh.plan, application.pullRequest, reviewed.plannedAt)
  if (barrier !== undefined) return refuseDestroys(session, fresh, application, guard, barrier)
  // Planning took its time: what happened to the pull request, its approval or the branch meanwhile still counts.
  const pullRequest = await requireUnchanged(session, application)
  const by = await requireApproval(session, { ...application, pullRequest }, reviewed)
  session.log.info(`Approved by ${by}.`)
  await requireCheckout(session, prepared.closure, pullRequest)
  return performApply(session, prepared, fresh, application, guard)
}

function requireKeys({ keys }: Session): Keys {
  if (keys) return keys
  throw new UserError(
    'invalid-input',
    'The input plan-key is empty; without it no stored plan can be trusted, so nothing can be applied.',
    {
      remedy: 'Set it to a secret of at least 32 bytes, for the plan and the apply alike.',
    },
  )
}

/** Finds the pull request and the rules; `undefined` when a pushed commit belongs to none. */
async function locate(session: Session, trigger: ApplyTrigger): Promise<Application | undefined> {
  const { context, inputs, github } = session
  const number = trigger.kind === 'comment' ? trigger.pullRequest : await mergedPullRequest(session)
  if (number === undefined) return undefined
  const pullRequest = await getPullRequest(github, number)
  if (pullRequest.baseBranch !== context.repository.defaultBranch) {
    throw notApproved(
      `#${number} is for ${pullRequest.baseBranch}, and only what goes to ${context.repository.defaultBranch} is applied`,
    )
  }
  return {
    pullRequest,
    slot: slotOf(session, pullRequest),
    policy: inputs.requireApproval ?? (trigger.kind === 'merged' ? 'merged' : 'review'),
    comment:
      trigger.kind === 'comment'
        ? {
            ...trigger.comment,
            triggeringActor: context.triggeringActor,
            namesFingerprint: trigger.command.fingerprint !== undefined,
          }
        : undefined,
    fingerprint: trigger.kind === 'comment' ? trigger.command.fingerprint : undefined,
  }
}

async function mergedPullRequest({ github, context }: Session): Promise<number | undefined> {
  const branch = context.ref.replace(/^refs\/heads\//, '')
  return (await mergedPullRequests(github, context.sha, branch))[0]
}

/**
 * By whom the plan is approved; throws `not-approved` unless GitHub's facts say so. Without a plan (a merged pull request that never showed
 * one) nothing will be applied, only planned and offered: the merge is enough for that, and a command still needs its
 * permission.
 */
async function requireApproval(
  { github, inputs, context }: Session,
  application: Application,
  reviewed: ChosenPlan | undefined,
): Promise<string> {
  const policy = reviewed ? application.policy : 'merged'
  const plannedAt = reviewed?.plannedAt ?? new Date(0)
  const facts = await gatherFacts(
    github,
    application.pullRequest,
    plannedAt,
    policy,
    application.comment,
    context.runId,
  )
  const verdict = judgeApproval(
    facts,
    policy,
    inputs.approversPermission,
    application.comment,
    reviewed?.bundle.kind ?? 'reviewed',
  )
  if (verdict.kind === 'refused') throw notApproved(verdict.why)
  return verdict.by
}

async function requireUnchanged({ github }: Session, { pullRequest: before }: Application): Promise<PullRequest> {
  const now = await getPullRequest(github, before.number)
  if (now.headSha !== before.headSha)
    throw notApproved(`${now.headSha.slice(0, 12)} was pushed to the pull request meanwhile`)
  if (now.state !== before.state)
    throw notApproved(`the pull request was ${now.state === 'open' ? 'reopened' : now.state} meanwhile`)
  if (now.baseBranch !== before.baseBranch)
    throw notApproved(`the pull request was pointed to ${now.baseBranch} meanwhile`)
  return now
}

function notApproved(why: string): UserError {
  return new UserError('not-approved', `Not applied: ${why}.`)
}

function nothingLeft(session: Session, pullRequest: PullRequest | undefined, fresh: FreshPlan): Outcome {
  return outcome(session, { status: { kind: 'nothing-left' }, pullRequest, fresh })
}

/** A commit that no pull request brought has no reviewed plan: fine as long as there is nothing to apply. */
async function applyWithoutPullRequest(session: Session): Promise<Outcome> {
  try {
    const fresh = await makePlan(session, await prepare(session), 'apply')
    return fresh.changes ? refuseWithoutPullRequest(session, fresh) : nothingLeft(session, undefined, fresh)
  } catch (error) {
    const failure = asFailure(session, error)
    if (failure) return failed(session, failure, undefined)
    throw error
  }
}
