import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserError } from '../../../../lib/action/errors.ts'
import { appendSummary } from '../../../../lib/action/summary.ts'
import { uploadFile } from '../../../../lib/github/artifacts.ts'
import { createCheck } from '../../../../lib/github/checks.ts'
import { isForbidden } from '../../../../lib/github/client.ts'
import { listOwn, type Published, publish as publishComments, type Thread } from '../../../../lib/github/comments.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import { sealBundle } from '../bundle/bundle.ts'
import type { Outputs } from '../outputs.ts'
import { type CommentBodies, commentBodies, fullReport, type Report, type Status, titleOf } from '../render/report.ts'
import type { Session } from '../session.ts'
import { placeOf } from '../terraform/diagnostics.ts'
import { slotOf } from './application.ts'
import type { Outcome } from './outcome.ts'
import { REVIEWED_FIELD, rootThread, writeShown } from './thread.ts'

/** Room for the marker's line within GitHub's 65,536 characters. */
const BODY_BYTES = 64_000
const MAX_PARTS = 5

/**
 * Tells what a run came to: comment, summary, report file, annotations; then stores the plan, because only a plan that
 * could be seen may be approved; the check last, because it says whether all of that went well. Returns the outputs that
 * this adds. What fails here never hides an apply that took place.
 */
export async function publish(session: Session, outcome: Outcome): Promise<Outputs> {
  const whole = session.redact(fullReport(outcome.report, session.redact))
  const place = await keepWhole(session, whole)
  const bodies = bodiesOf(session, outcome.report, place)
  const comment = await writeComment(session, outcome, bodies)
  annotate(session, outcome)
  session.log.info(titleOf(outcome.report))
  const unstored = await storePlan(session, outcome, comment)
  if (unstored) await tellUnstored(session, outcome, place, unstored)
  await writeCheck(session, outcome, bodies.bodies[0] ?? '', unstored)
  if (unstored && !outcome.failure) throw unstored
  const reportPath = await writeReport(session, whole)
  return {
    ...(reportPath === undefined ? {} : { 'report-path': reportPath }),
    ...(comment && 'url' in comment ? { 'comment-url': comment.url } : {}),
  }
}

/** The root's comment while an apply is going on. */
export async function publishProgress(session: Session, pullRequest: PullRequest, report: Report): Promise<void> {
  if (session.inputs.comment === 'off') return
  await write(
    session,
    rootThread(session, pullRequest),
    bodiesOf(session, report, summaryOf(session)),
    session.inputs.comment,
    report,
  )
}

/** Puts the whole report where it outlives the job, and says where in plain words. */
async function keepWhole(session: Session, whole: string): Promise<string> {
  const { inputs, context, scratch } = session
  if (inputs.summary && appendSummary(session.summaryFile, whole, '') === 'written') return summaryOf(session)
  const name = `ondol-report-${inputs.name.replace(/[^\w.-]+/g, '-')}-${context.runAttempt}.md`
  try {
    const copy = join(scratch, name)
    await writeFile(copy, whole, { mode: 0o600 })
    await uploadFile(copy)
    if (inputs.summary)
      appendSummary(session.summaryFile, `The report is too long for a summary: see the artifact ${name}.`, '')
    return `the artifact ${name} of run ${context.runId}`
  } catch (error) {
    session.log.annotate({
      level: 'notice',
      message: `The whole report could not be kept: ${(error as Error).message}`,
    })
    return `the file of the output report-path, until the job of run ${context.runId} ends`
  }
}

function summaryOf({ context }: Session): string {
  return `the summary of run ${context.runId}`
}

async function writeReport({ inputs, scratch, log }: Session, whole: string): Promise<string | undefined> {
  const path = inputs.reportPath ?? join(scratch, 'report.md')
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, whole, { mode: 0o600 })
    return path
  } catch (error) {
    log.annotate({
      level: 'warning',
      message: `The report could not be written to ${path}: ${(error as Error).message}`,
    })
    return undefined
  }
}

function bodiesOf(session: Session, report: Report, whole: string): CommentBodies {
  const { bodies, kind } = commentBodies(report, session.redact, {
    bytes: BODY_BYTES,
    parts: MAX_PARTS,
    fullReport: whole,
  })
  return { kind, bodies: bodies.map(session.redact) }
}

async function writeComment(session: Session, outcome: Outcome, bodies: CommentBodies): Promise<Published | undefined> {
  const { report, pullRequest, thread, failure } = outcome
  const { comment: mode } = session.inputs
  if (mode === 'off' || !pullRequest) return undefined
  const root = rootThread(session, pullRequest)
  try {
    const applied = await appliedComment(session, root, report)
    if (applied) return applied
    if (thread === 'reply') return await writeReply(session, root, bodies, report)
    const published = await write(session, root, bodies, mode, report)
    tellUnwritten(session, published)
    // A newer run's comment stays; but what was applied must be told somewhere.
    return published.kind === 'newer-run' && changedWorld(report)
      ? await writeReply(session, root, bodies, report)
      : published
  } catch (error) {
    // An apply that took place, or a failure that has its own reason, must not be hidden behind GitHub's.
    if (report.status.kind !== 'applied' && !failure) throw error
    session.log.annotate({ level: 'warning', message: `The comment could not be written: ${(error as Error).message}` })
    return undefined
  }
}

/** A comment of this run's own. */
async function writeReply(session: Session, root: Thread, bodies: CommentBodies, report: Report): Promise<Published> {
  const published = await write(session, { ...root, key: `reply:${root.key}` }, bodies, 'new', report)
  tellUnwritten(session, published)
  return published
}

function changedWorld({ status }: Report): boolean {
  return status.kind === 'applied' || (status.kind === 'failed' && status.progress !== undefined)
}

/** What was applied stays told: "nothing left" after it (the push of the merge, a re-run) would only hide it. */
async function appliedComment(session: Session, thread: Thread, report: Report): Promise<Published | undefined> {
  if (report.status.kind !== 'nothing-left') return undefined
  const first = (await listOwn(session.github, thread)).find(({ part }) => part === 1)
  const same = first?.fields['status'] === 'applied' && first.fields['head'] === report.footer.headSha
  return same ? { kind: 'published', url: first.url } : undefined
}

function write(
  session: Session,
  thread: Thread,
  { bodies }: CommentBodies,
  mode: 'update' | 'new',
  report: Report,
): Promise<Published> {
  const { headSha: head, fingerprint } = report.footer
  const runId = session.context.runId
  const status = report.status.kind
  const shown =
    status === 'planned' && fingerprint !== '' ? { [REVIEWED_FIELD]: writeShown({ runId, fingerprint }) } : {}
  const fields = { head, fingerprint, status, ...shown }
  return publishComments(session.github, thread, { run: runId, attempt: session.context.runAttempt }, bodies, {
    mode,
    fields,
    keep: [REVIEWED_FIELD],
  })
}

function tellUnwritten(session: Session, published: Published): void {
  if (published.kind === 'forbidden') {
    session.log.annotate({
      level: 'warning',
      message:
        'The comment was not written, because the token may not write on pull requests; the report is in the job summary. ' +
        'Add "pull-requests: write" to the permissions of the job; a run for a fork never gets it, one for Dependabot not by default.',
    })
  }
  if (published.kind === 'newer-run') {
    session.log.annotate({
      level: 'warning',
      message: `Run ${published.run} has written a newer comment, which was left as it is; a plan of this older run is not stored. "/plan" makes a new one.`,
    })
  }
}

/** A refused command leaves the check of the plan alone: whoever may comment must not be able to turn it red. */
async function writeCheck(
  session: Session,
  { report, failure, pullRequest, thread }: Outcome,
  text: string,
  unstored: UserError | undefined,
): Promise<void> {
  if (thread === 'reply') return
  const headSha = pullRequest && pullRequest.state !== 'merged' ? pullRequest.headSha : session.context.sha
  const check = {
    name: `ondol / ${session.inputs.name}`,
    headSha,
    conclusion: failure || unstored ? ('failure' as const) : ('success' as const),
    title: titleOf(report),
    summary: text,
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

/** In its comment, or in the summary of a run whose token may not comment; an older run's plan is not the one shown. */
function couldBeSeen({ inputs }: Session, comment: Published | undefined): boolean {
  if (comment?.kind === 'newer-run') return false
  return comment?.kind === 'published' || inputs.summary
}

/** Stores the plan that was just shown. Returns why it could not. */
async function storePlan(
  session: Session,
  { store, pullRequest }: Outcome,
  comment: Published | undefined,
): Promise<UserError | undefined> {
  if (!store || !pullRequest || !session.keys || !couldBeSeen(session, comment)) return undefined
  const slot = slotOf(session, pullRequest)
  const bundle = {
    version: 1 as const,
    kind: store.kind,
    plannedAt: session.github.now().toISOString(),
    canonical: store.fresh.canonical,
    closure: { digest: store.closure.digest, files: store.closure.files },
  }
  try {
    await session.store.put(slot, sealBundle(session.keys.bundle, bundle, { ...slot, runId: session.context.runId }))
    return undefined
  } catch (cause) {
    if (cause instanceof UserError) return cause
    const message = `The plan could not be stored, so it can't be applied: ${(cause as Error).message}.`
    return new UserError('unexpected', message, { remedy: 'Comment "/plan" to try again.', cause })
  }
}

/** The comment promised an apply that is not possible now. */
async function tellUnstored(session: Session, outcome: Outcome, place: string, unstored: UserError): Promise<void> {
  const report = { ...outcome.report, status: withoutPromise(outcome.report.status, unstored.message) }
  await writeComment(session, { ...outcome, report }, bodiesOf(session, report, place))
}

function withoutPromise(status: Status, why: string): Status {
  if (status.kind === 'planned') return { kind: 'planned', apply: { kind: 'impossible', why } }
  if (status.kind !== 'refused' && status.kind !== 'failed') return status
  const { offer: _, ...rest } = status
  return rest
}
