import { type Published, publish } from '../../../../lib/github/comments.ts'
import { listOwn, type Thread } from '../../../../lib/github/own-comments.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import { publishRow } from '../joined/publish-row.ts'
import { type Begun, beginBody, commentBodies, type Report } from '../render/report.ts'
import type { Session } from '../session.ts'
import type { Outcome } from './outcome.ts'
import { groupThread, KEPT_FIELD, REVIEWED_FIELD, rootThread, rowOf, writeShown } from './thread.ts'

/** Room for the marker's line within GitHub's 65,536 characters. */
const LIMITS = { bytes: 64_000, parts: 5 }

/** A report, and what is made of it for GitHub. */
export interface Told {
  report: Report
  /** Where the whole report is, in plain words. */
  whole: string
  bodies: readonly string[]
  /** The plan to compare the next one with; `undefined` keeps the one that the comment has. */
  kept: string | undefined
}

/** The body of a report whose comments and whole are both to be written. */
export function begin({ redact }: Session, report: Report): Begun {
  return beginBody(report, redact, LIMITS)
}

export function tell({ redact }: Session, report: Report, whole: string, kept?: string, begun?: Begun): Told {
  const { bodies } = commentBodies(report, redact, { ...LIMITS, fullReport: whole }, begun)
  return { report, whole, bodies: bodies.map(redact), kept }
}

/**
 * Writes the outcome into the root's comment (or its row of the group's), or as a reply of its own. `undefined` when
 * there is nowhere to write, or when it failed and something worse has to be told.
 */
export async function writeComment(session: Session, outcome: Outcome, told: Told): Promise<Published | undefined> {
  const { pullRequest, thread, failure } = outcome
  const { report } = told
  if (session.inputs.comment === 'off' || !pullRequest) return undefined
  try {
    if (thread === 'reply') return await writeReply(session, pullRequest, told)
    const published =
      (await appliedComment(session, pullRequest, report)) ?? (await writeShared(session, pullRequest, told))
    tellUnwritten(session, published)
    // A newer run's comment stays; but what was applied must be told somewhere.
    return published.kind === 'newer-run' && changedWorld(report)
      ? await writeReply(session, pullRequest, told)
      : published
  } catch (error) {
    // An apply that took place, or a failure that has its own reason, must not be hidden behind GitHub's.
    if (report.status.kind !== 'applied' && !failure) throw error
    session.log.annotate({ level: 'warning', message: `The comment could not be written: ${(error as Error).message}` })
    return undefined
  }
}

/** The root's comment while an apply is going on. A comment that several roots share shows the end only. */
export async function writeProgress(session: Session, pullRequest: PullRequest, told: Told): Promise<void> {
  const { comment, commentGroup } = session.inputs
  if (comment === 'off' || commentGroup !== undefined) return
  await write(session, rootThread(session, pullRequest), told, comment)
}

function writeShared(session: Session, pullRequest: PullRequest, told: Told): Promise<Published> {
  const { comment, commentGroup: group } = session.inputs
  const mode = comment === 'new' ? 'new' : 'update'
  if (group === undefined) return write(session, rootThread(session, pullRequest), told, mode)
  const { report, whole: fullReport, kept } = told
  const thread = groupThread(session, pullRequest, group)
  const own = { group, thread, pullRequest, report, fullReport, kept, shown: shownIn(session, report) }
  return publishRow(session, own, LIMITS)
}

/** A comment of this run's own. */
async function writeReply(session: Session, pullRequest: PullRequest, told: Told): Promise<Published> {
  const root = rootThread(session, pullRequest)
  const published = await write(session, { ...root, key: `reply:${root.key}` }, told, 'new')
  tellUnwritten(session, published)
  return published
}

function changedWorld({ status }: Report): boolean {
  return status.kind === 'applied' || (status.kind === 'failed' && status.progress !== undefined)
}

/** What was applied stays told: "nothing left" after it (the push of the merge, a re-run) would only hide it. */
async function appliedComment(
  session: Session,
  pullRequest: PullRequest,
  report: Report,
): Promise<Published | undefined> {
  if (report.status.kind !== 'nothing-left') return undefined
  const { commentGroup } = session.inputs
  const thread =
    commentGroup === undefined ? rootThread(session, pullRequest) : groupThread(session, pullRequest, commentGroup)
  const comments = await listOwn(session.github, thread)
  const first = comments.find(({ part, fields }) => part === 1 && fields['head'] === report.footer.headSha)
  const status = commentGroup === undefined ? first?.fields['status'] : rowOf(session, comments, pullRequest)?.status
  return first && status === 'applied' ? { kind: 'published', url: first.url } : undefined
}

function write(
  session: Session,
  thread: Thread,
  { report, bodies, kept }: Told,
  mode: 'update' | 'new',
): Promise<Published> {
  const { headSha: head, fingerprint } = report.footer
  const { runId: run, runAttempt: attempt } = session.context
  const shown = shownIn(session, report)
  const fields = {
    head,
    fingerprint,
    status: report.status.kind,
    ...(shown === undefined ? {} : { [REVIEWED_FIELD]: shown }),
    ...(kept === undefined ? {} : { [KEPT_FIELD]: kept }),
  }
  return publish(session.github, thread, { run, attempt }, bodies, { mode, fields, keep: [REVIEWED_FIELD, KEPT_FIELD] })
}

/** The plan that a report shows for review, as the marker keeps it. */
function shownIn({ context: { runId } }: Session, { status, footer: { fingerprint } }: Report): string | undefined {
  return status.kind === 'planned' && fingerprint !== '' ? writeShown({ runId, fingerprint }) : undefined
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
