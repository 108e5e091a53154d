import { type Kept, keepIssue, type Subject } from '../../../../lib/github/issues.ts'
import { summaryOf } from '../flow/keep-report.ts'
import { runLink } from '../render/footer.ts'
import type { Report } from '../render/report.ts'
import type { Session } from '../session.ts'
import { type DriftDocument, driftDocument, issueBody } from './document.ts'
import { type Findings, isUnapplied } from './findings.ts'
import { revision, type Seen } from './revise.ts'

/** Room for the marker's line within GitHub's 65,536 characters. */
const BODY_BYTES = 64_000

/** Keeps the root's issue up to date. */
export function writeIssue(session: Session, report: Report, findings: Findings): Promise<Kept> {
  const { context, github } = session
  const sighting = { now: () => minuteOf(github.now()), run: `run ${runLink(context.runUrl, context.runId)}` }
  const writer = { run: context.runId, attempt: context.runAttempt }
  return keepIssue(github, subjectOf(session, report), writer, revision(seenIn(session, report, findings), sighting))
}

/** One issue per root and workspace, wherever the root's folder is moved. */
function subjectOf({ keys }: Session, { root: { name, workspace } }: Report): Subject {
  const under = workspace === 'default' ? '' : ` (workspace ${workspace})`
  return {
    kind: 'terraform-apply',
    key: JSON.stringify(['drift', name, workspace]),
    sign: keys?.sign,
    title: `Drift: ${name}${under}`,
  }
}

function seenIn(session: Session, report: Report, findings: Findings): Seen {
  if (findings.drifted.length === 0 && !isUnapplied(findings)) return { kind: 'clean' }
  const document: DriftDocument = driftDocument(findings, report, session.redact)
  const options = { bytes: BODY_BYTES, fullReport: summaryOf(session) }
  return {
    kind: 'something',
    digest: document.digest,
    body: (times) => session.redact(issueBody(document, report, times, session.redact, options)),
  }
}

/** `2026-11-25 05:17 UTC` */
function minuteOf(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
