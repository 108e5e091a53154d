import type { UserError } from '../../../../lib/action/errors.ts'
import { createCheck } from '../../../../lib/github/checks.ts'
import { isForbidden } from '../../../../lib/github/client.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import type { Outputs } from '../outputs.ts'
import { type Report, type Status, titleOf } from '../render/report.ts'
import type { Session } from '../session.ts'
import { placeOf } from '../terraform/diagnostics.ts'
import { keepWhole, offerReport, summaryOf, writeReport } from './keep-report.ts'
import type { Outcome } from './outcome.ts'
import { storePlan } from './store-plan.ts'
import { withDelta } from './with-delta.ts'
import { begin, type Told, tell, writeComment, writeProgress } from './write-comment.ts'

/**
 * Tells what a run came to: comment, summary, report file, annotations; then stores the plan, because only a plan that
 * could be seen may be approved; the check last, because it says whether all of that went well. Returns the outputs that
 * this adds. What fails here never hides an apply that took place.
 */
export async function publish(session: Session, outcome: Outcome): Promise<Outputs> {
  const { report, kept } = await withDelta(session, outcome)
  const begun = begin(session, report)
  const whole = await writeReport(session, report, begun)
  const place = await keepWhole(session, whole)
  const told = tell(session, report, place, kept, begun)
  const comment = await writeComment(session, outcome, told)
  annotate(session, outcome)
  session.log.info(titleOf(report))
  const unstored = await storePlan(session, outcome, comment)
  if (unstored) await tellUnstored(session, outcome, told, unstored)
  await writeCheck(session, outcome, told, unstored)
  if (unstored && !outcome.failure) throw unstored
  const reportPath = await offerReport(session, whole)
  return {
    ...(reportPath === undefined ? {} : { 'report-path': reportPath }),
    ...(comment && 'url' in comment ? { 'comment-url': comment.url } : {}),
  }
}

/** The root's comment while an apply is going on. */
export function publishProgress(session: Session, pullRequest: PullRequest, report: Report): Promise<void> {
  return writeProgress(session, pullRequest, tell(session, report, summaryOf(session)))
}

/** A refused command leaves the check of the plan alone: whoever may comment must not be able to turn it red. */
async function writeCheck(
  session: Session,
  { failure, pullRequest, thread }: Outcome,
  { report, bodies }: Told,
  unstored: UserError | undefined,
): Promise<void> {
  if (thread === 'reply') return
  const headSha = pullRequest && pullRequest.state !== 'merged' ? pullRequest.headSha : session.context.sha
  const check = {
    name: `ondol / ${session.inputs.name}`,
    headSha,
    conclusion: failure || unstored ? ('failure' as const) : ('success' as const),
    title: titleOf(report),
    summary: bodies[0] ?? '',
    url: session.context.runUrl,
  }
  await createCheck(session.github, check).catch((error: unknown) => {
    if (!isForbidden(error))
      session.log.annotate({ level: 'warning', message: `The check could not be written: ${(error as Error).message}` })
    else session.log.info('No check was written: the token lacks "checks: write".')
  })
}

/** The runner shows 10 annotations of a kind; the step's own error is one of them. */
const MAX_ANNOTATIONS = 9

function annotate(session: Session, { diagnostics }: Outcome): void {
  const errorsFirst = [...diagnostics].sort((left, right) => left.severity.localeCompare(right.severity))
  for (const diagnostic of errorsFirst.slice(0, MAX_ANNOTATIONS)) {
    const { severity, summary, detail } = diagnostic
    const place = placeOf(diagnostic)
    session.log.annotate({ level: severity, title: summary, message: detail || summary, ...(place ? { place } : {}) })
  }
}

/** The comment promised an apply that is not possible now. */
async function tellUnstored(
  session: Session,
  outcome: Outcome,
  { report, whole, kept }: Told,
  unstored: UserError,
): Promise<void> {
  const status = withoutPromise(report.status, unstored.message)
  await writeComment(session, outcome, tell(session, { ...report, status }, whole, kept))
}

function withoutPromise(status: Status, why: string): Status {
  if (status.kind === 'planned') return { kind: 'planned', apply: { kind: 'impossible', why } }
  if (status.kind !== 'refused' && status.kind !== 'failed') return status
  const { offer: _, ...rest } = status
  return rest
}
