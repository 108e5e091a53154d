import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../../../lib/action/errors.ts'
import { appendSummary } from '../../../../lib/action/summary.ts'
import { uploadFile } from '../../../../lib/github/artifacts.ts'
import { createCheck } from '../../../../lib/github/checks.ts'
import { isForbidden } from '../../../../lib/github/client.ts'
import { listOwn, type Published, publish as publishComments, type Thread } from '../../../../lib/github/comments.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import { sealBundle } from '../bundle/bundle.ts'
import type { Outputs } from '../outputs.ts'
import { type CommentBodies, commentBodies, fullReport, type Report, titleOf } from '../render/report.ts'
import type { Session } from '../session.ts'
import { placeOf } from '../terraform/diagnostics.ts'
import { slotOf } from './application.ts'
import type { Outcome } from './outcome.ts'

/** Room for the marker's line within GitHub's 65,536 characters. */
const BODY_BYTES = 64_000
const MAX_PARTS = 5

/**
 * Tells what a run came to: report file, summary, comment, check, annotations; then stores the plan, because only a plan
 * that could be seen may be approved. Returns the outputs that this adds.
 */
export async function publish(session: Session, outcome: Outcome): Promise<Outputs> {
  const { report } = outcome
  const whole = session.redact(fullReport(report, session.redact))
  const reportPath = session.inputs.reportPath ?? join(session.scratch, 'report.md')
  await writeFile(reportPath, whole, { mode: 0o600 })
  const bodies = bodiesOf(session, report)
  await writeSummary(session, whole, bodies, reportPath)
  const comment = await writeComment(session, outcome, bodies)
  await writeCheck(session, outcome, bodies.bodies[0] ?? '')
  annotate(session, outcome)
  await storePlan(session, outcome, comment)
  session.log.info(titleOf(report))
  return { 'report-path': reportPath, ...(comment && 'url' in comment ? { 'comment-url': comment.url } : {}) }
}

/** The root's comment while an apply is going on. */
export async function publishProgress(session: Session, pullRequest: PullRequest, report: Report): Promise<void> {
  if (session.inputs.comment === 'off') return
  await write(session, rootThread(session, pullRequest), bodiesOf(session, report), session.inputs.comment, report)
}

function bodiesOf(session: Session, report: Report): CommentBodies {
  const { bodies, kind } = commentBodies(report, session.redact, {
    bytes: BODY_BYTES,
    parts: MAX_PARTS,
    fullReport: `the summary of run ${session.context.runId}`,
  })
  return { kind, bodies: bodies.map(session.redact) }
}

async function writeSummary(session: Session, whole: string, bodies: CommentBodies, reportPath: string): Promise<void> {
  if (!session.inputs.summary) return
  const first = bodies.bodies[0] ?? ''
  const written = appendSummary(session.summaryFile, whole, first)
  if (written === 'written') return
  // The report is whole in no place that outlives the job, so it becomes an artifact.
  const copy = join(
    session.scratch,
    `ondol-report-${session.inputs.name.replace(/[^\w.-]+/g, '-')}-${session.context.runAttempt}.md`,
  )
  await writeFile(copy, whole, { mode: 0o600 })
  await uploadFile(copy).catch(() =>
    session.log.annotate({
      level: 'notice',
      message: `The report is too long for the summary; it is in ${reportPath} until the job ends.`,
    }),
  )
}

function rootThread(session: Session, pullRequest: PullRequest): Thread {
  const { directory, ...slot } = slotOf(session, pullRequest)
  const prefix = session.inputs.mode === 'render' ? 'render:' : ''
  return {
    issue: pullRequest.number,
    kind: 'terraform-apply',
    key: `${prefix}${slot.root} ${slot.workspace} ${directory}`,
    sign: session.keys?.sign,
  }
}

async function writeComment(
  session: Session,
  { report, pullRequest, thread, failure }: Outcome,
  bodies: CommentBodies,
): Promise<Published | undefined> {
  const { comment: mode } = session.inputs
  if (mode === 'off' || !pullRequest) return undefined
  const root = rootThread(session, pullRequest)
  const target = thread === 'root' ? root : { ...root, key: `reply:${root.key}` }
  try {
    const applied = await appliedComment(session, root, report)
    if (applied) return applied
    const published = await write(session, target, bodies, thread === 'root' ? mode : 'new', report)
    tellUnwritten(session, published)
    return published
  } catch (error) {
    // An apply that took place, or a failure that has its own reason, must not be hidden behind GitHub's.
    if (report.status.kind !== 'applied' && !failure) throw error
    session.log.annotate({ level: 'warning', message: `The comment could not be written: ${(error as Error).message}` })
    return undefined
  }
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
  const writer = { run: session.context.runId, attempt: session.context.runAttempt }
  const fields = { head: report.footer.headSha, fingerprint: report.footer.fingerprint, status: report.status.kind }
  return publishComments(session.github, thread, writer, bodies, { mode, fields })
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
      level: 'notice',
      message: `Run ${published.run} has written a newer comment, which was left as it is; this run's plan is not stored.`,
    })
  }
}

async function writeCheck(session: Session, { report, failure, pullRequest }: Outcome, text: string): Promise<void> {
  const headSha = pullRequest && pullRequest.state !== 'merged' ? pullRequest.headSha : session.context.sha
  const check = {
    name: `ondol / ${session.inputs.name}`,
    headSha,
    conclusion: failure ? ('failure' as const) : ('success' as const),
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

async function storePlan(
  session: Session,
  { store, pullRequest }: Outcome,
  comment: Published | undefined,
): Promise<void> {
  if (!store || !pullRequest || !session.keys || !couldBeSeen(session, comment)) return
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
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw new UserError(
      'unexpected',
      `The plan could not be stored, so it can't be applied: ${(cause as Error).message}.`,
      { remedy: 'Re-run the plan.', cause },
    )
  }
}
