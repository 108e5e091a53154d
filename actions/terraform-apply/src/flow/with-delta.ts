import { compareWriters, listOwn, type OwnComment } from '../../../../lib/github/own-comments.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import { deltaSince } from '../delta/delta.ts'
import { newestIndex } from '../joined/publish-row.ts'
import { rootKey } from '../joined/row.ts'
import type { Report } from '../render/report.ts'
import type { Session } from '../session.ts'
import type { Outcome } from './outcome.ts'
import { groupThread, KEPT_FIELD, rootThread } from './thread.ts'

/** The report with what the plan changes since the one that its comment shows, and what to keep for the next plan. */
export async function withDelta(
  session: Session,
  { report, digest, pullRequest }: Outcome,
): Promise<{ report: Report; kept: string | undefined }> {
  if (!digest || !pullRequest || report.status.kind !== 'planned' || session.inputs.comment === 'off')
    return { report, kept: undefined }
  const { delta, field } = deltaSince(await keptBefore(session, pullRequest, report), report.footer.headSha, digest)
  return { report: delta ? { ...report, delta } : report, kept: field }
}

/** A remark is not worth a failure: without an answer there is none. */
async function keptBefore(session: Session, pullRequest: PullRequest, report: Report): Promise<string | undefined> {
  const { github, inputs } = session
  try {
    if (inputs.commentGroup === undefined) return newestKept(await listOwn(github, rootThread(session, pullRequest)))
    const index = newestIndex(await listOwn(github, groupThread(session, pullRequest, inputs.commentGroup)))
    return index.find(({ key }) => key === rootKey(report.root))?.kept
  } catch {
    return undefined
  }
}

function newestKept(comments: readonly OwnComment[]): string | undefined {
  return comments
    .filter(({ part }) => part === 1)
    .toSorted(compareWriters)
    .at(-1)?.fields[KEPT_FIELD]
}
