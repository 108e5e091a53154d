import { UserError } from '../../../../lib/action/errors.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import { closureDifferences } from '../closure/closure.ts'
import type { ChosenPlan } from '../gate/choose.ts'
import { comparePlans, type Difference } from '../plan/compare.ts'
import type { Guard, Status } from '../render/report.ts'
import type { Session } from '../session.ts'
import type { Application } from './application.ts'
import { type FreshPlan, makePlan, type Prepared } from './fresh-plan.ts'
import { judgeDestroys } from './guard.ts'
import { type Outcome, outcome } from './outcome.ts'
import { listed, requireCheckout } from './require-checkout.ts'

/** The command that approves exactly this plan. */
export function offerOf(session: Session, fresh: FreshPlan): { command: string } {
  return { command: `/apply ${session.inputs.name} ${fresh.fingerprint.slice(0, 12)}` }
}

/** A refusal without a plan to show is a comment of its own, so that the root's comment keeps showing its plan. */
export function reply(session: Session, pullRequest: PullRequest, error: UserError): Outcome {
  return outcome(session, { status: refused(error), pullRequest, failure: error, thread: 'reply' })
}

/**
 * Refuses files that aren't the reviewed ones. They are what GitHub has now (another pull request was merged), so they
 * are planned, and the plan is offered.
 */
export async function refuseFiles(
  session: Session,
  prepared: Prepared,
  application: Application,
  reviewed: ChosenPlan,
): Promise<Outcome | undefined> {
  const { pullRequest } = application
  const paths = closureDifferences(reviewed.bundle.closure, prepared.closure)
  if (paths.length === 0) return undefined
  await requireCheckout(session, prepared.closure, pullRequest)
  const fresh = await makePlan(session, prepared, 'apply')
  if (!fresh.changes) return outcome(session, { status: { kind: 'nothing-left' }, pullRequest, fresh })
  const message = `The files are not those of the reviewed plan: ${listed(paths)}.`
  return refuseChanged(
    session,
    prepared,
    fresh,
    application,
    message,
    comparePlans(reviewed.bundle.canonical, fresh.canonical),
  )
}

/** A commit that came without a pull request: there is nobody to offer its plan to. */
export function refuseWithoutPullRequest(session: Session, fresh: FreshPlan): Outcome {
  const commit = session.context.sha.slice(0, 12)
  const message = `The commit \`${commit}\` is not the merge of a pull request, so no plan of it was reviewed.`
  const error = new UserError('plan-missing', message, { remedy: 'Bring changes by a pull request.' })
  return outcome(session, { status: refused(error), fresh, failure: error })
}

/** A plan that nobody has seen. */
export function refuseUnseen(
  session: Session,
  prepared: Prepared,
  fresh: FreshPlan,
  application: Application,
): Promise<Outcome> {
  const message = `No plan of ${session.inputs.name} was reviewed on #${application.pullRequest.number}; this is the plan now.`
  return refusal(session, prepared, fresh, application, { reason: 'plan-missing', message, differences: [] })
}

/** `undefined` when the fresh plan does exactly what the reviewed one did. */
export function refuseDifferences(
  session: Session,
  prepared: Prepared,
  fresh: FreshPlan,
  application: Application,
  reviewed: ChosenPlan,
): Promise<Outcome> | undefined {
  const differences = comparePlans(reviewed.bundle.canonical, fresh.canonical)
  if (fresh.fingerprint === reviewed.fingerprint && differences.length === 0) return undefined
  return refuseChanged(session, prepared, fresh, application, 'The plan made now is not the reviewed one.', differences)
}

/** The plan is the reviewed one and stays stored: with the label, the same command applies it. */
export function refuseDestroys(
  session: Session,
  fresh: FreshPlan,
  application: Application,
  guard: Guard | undefined,
  barrier: string,
): Outcome {
  const error = new UserError('destroy-blocked', `Not applied: ${barrier}.`, {
    remedy: `Somebody other than the author puts on the label ${session.inputs.allowDestroyLabel}; then apply again.`,
  })
  return outcome(session, {
    status: refused(error),
    pullRequest: application.pullRequest,
    fresh,
    guard,
    failure: error,
  })
}

function refuseChanged(
  session: Session,
  prepared: Prepared,
  fresh: FreshPlan,
  application: Application,
  message: string,
  differences: Difference[],
): Promise<Outcome> {
  return refusal(session, prepared, fresh, application, { reason: 'plan-changed', message, differences })
}

/** Refuses, and offers the plan made now. */
async function refusal(
  session: Session,
  { closure }: Prepared,
  fresh: FreshPlan,
  { pullRequest, policy }: Application,
  { reason, message, differences }: { reason: string; message: string; differences: Difference[] },
): Promise<Outcome> {
  const { guard } = await judgeDestroys(session, fresh.plan, pullRequest, undefined)
  const offer = offerOf(session, fresh)
  const who = policy === 'review' ? ' by somebody who is neither the author nor the last pusher' : ''
  const remedy = `To apply the plan made now instead: \`${offer.command}\`${who}.`
  return outcome(session, {
    status: { kind: 'refused', reason, message, differences, hints: hintsFor(differences), offer },
    pullRequest,
    fresh,
    guard,
    failure: new UserError(reason, message, { remedy }),
    store: { kind: 'offered', fresh, closure },
  })
}

function refused(error: UserError): Extract<Status, { kind: 'refused' }> {
  const hints = error.remedy === undefined ? [] : [error.remedy]
  return { kind: 'refused', reason: error.reason, message: error.message, differences: [], hints }
}

/** What most often makes two plans of the same files differ. */
function hintsFor(differences: readonly Difference[]): string[] {
  const attributes = differences.flatMap((difference) => (difference.kind === 'value' ? [difference.attribute] : []))
  const hints: string[] = []
  if (attributes.some((name) => /hash|filename|etag|md5|sha\d*|archive|source_code/i.test(name))) {
    hints.push(
      'An archive or a file that is built anew for each run has another checksum each time; build it so that equal input gives equal bytes.',
    )
  }
  if (attributes.some((name) => /time|date|created|expir/i.test(name))) {
    hints.push('A time stamp differs at every plan; `not-compared` can leave such an attribute out.')
  }
  return hints
}
