import { UserError } from '../../../../lib/action/errors.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import { closureDifferences } from '../closure/closure.ts'
import type { ChosenPlan } from '../gate/choose.ts'
import { comparePlans, type Difference } from '../plan/compare.ts'
import type { Guard } from '../render/report.ts'
import type { Session } from '../session.ts'
import type { Application } from './application.ts'
import { checkoutDifferences } from './checkout.ts'
import { type FreshPlan, makePlan, type Prepared } from './fresh-plan.ts'
import { judgeDestroys } from './guard.ts'
import { type Outcome, outcome } from './outcome.ts'

/** The command that approves exactly this plan. */
export function offerOf(session: Session, fresh: FreshPlan): { command: string } {
  return { command: `/apply ${session.inputs.name} ${fresh.fingerprint.slice(0, 12)}` }
}

/** A refusal without a plan to show is a comment of its own, so that the root's comment keeps showing its plan. */
export function reply(session: Session, pullRequest: PullRequest, error: UserError): Outcome {
  const hints = error.remedy === undefined ? [] : [error.remedy]
  return outcome(session, {
    status: { kind: 'refused', reason: error.reason, message: error.message, differences: [], hints },
    pullRequest,
    failure: error,
    thread: 'reply',
  })
}

/**
 * Refuses a checkout that isn't what was reviewed. A checkout that is not even what GitHub has now (an old job, the
 * wrong ref) is not planned at all; files that changed by a later merge are, and the plan is offered.
 */
export async function refuseCheckout(
  session: Session,
  prepared: Prepared,
  application: Application,
  reviewed: ChosenPlan | undefined,
): Promise<Outcome | undefined> {
  const { pullRequest } = application
  const fromReviewed = reviewed ? closureDifferences(reviewed.bundle.closure, prepared.closure) : []
  if (pullRequest.state !== 'merged' && fromReviewed.length === 0) return undefined
  const fromGitHub = await checkoutDifferences(session, prepared.closure, pullRequest)
  if (fromGitHub.length > 0) return reply(session, pullRequest, wrongCheckout(pullRequest, fromGitHub))
  if (fromReviewed.length === 0) return undefined
  const fresh = await makePlan(session, prepared, 'apply')
  if (!fresh.changes) return outcome(session, { status: { kind: 'nothing-left' }, pullRequest, fresh })
  const differences = reviewed ? comparePlans(reviewed.bundle.canonical, fresh.canonical) : []
  return refuseChanged(
    session,
    prepared,
    fresh,
    application,
    `The files are not those of the reviewed plan: ${listed(fromReviewed)}.`,
    differences,
  )
}

/** A plan that nobody has seen. */
export function refuseUnseen(
  session: Session,
  prepared: Prepared,
  fresh: FreshPlan,
  application: Application,
): Promise<Outcome> {
  const message = `No plan of ${session.inputs.name} was reviewed on #${application.pullRequest.number}; this is the plan now.`
  return refusal(session, prepared, fresh, application, new UserError('plan-missing', message), [], [])
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
    status: {
      kind: 'refused',
      reason: error.reason,
      message: error.message,
      differences: [],
      hints: [error.remedy ?? ''],
    },
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
  return refusal(
    session,
    prepared,
    fresh,
    application,
    new UserError('plan-changed', message),
    differences,
    hintsFor(differences),
  )
}

async function refusal(
  session: Session,
  prepared: Prepared,
  fresh: FreshPlan,
  application: Application,
  error: UserError,
  differences: Difference[],
  hints: string[],
): Promise<Outcome> {
  const { guard } = await judgeDestroys(session, fresh.plan, application.pullRequest, undefined)
  return outcome(session, {
    status: {
      kind: 'refused',
      reason: error.reason,
      message: error.message,
      differences,
      hints,
      offer: offerOf(session, fresh),
    },
    pullRequest: application.pullRequest,
    fresh,
    guard,
    failure: error,
    store: { kind: 'offered', fresh, closure: prepared.closure },
  })
}

function wrongCheckout(pullRequest: PullRequest, differences: readonly string[]): UserError {
  const { baseBranch, number } = pullRequest
  const merged = pullRequest.state === 'merged'
  const wanted = merged ? `the tip of ${baseBranch}` : `this pull request`
  return new UserError('plan-changed', `The checkout is not ${wanted}: ${listed(differences)}.`, {
    remedy: merged
      ? `The run of the newer commit applies; an old one doesn't.`
      : `Check out refs/pull/${number}/merge before this step.`,
  })
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

function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map((path) => `\`${path.replaceAll('`', "'")}\``)
  return shown.join(', ') + (paths.length > shown.length ? ` and ${paths.length - shown.length} more` : '')
}
