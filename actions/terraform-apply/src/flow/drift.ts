import { UserError } from '../../../../lib/action/errors.ts'
import type { Kept } from '../../../../lib/github/issues.ts'
import { branchTip } from '../../../../lib/github/pull-requests.ts'
import { findDrift } from '../drift/findings.ts'
import { writeIssue } from '../drift/issue.ts'
import type { Report } from '../render/report.ts'
import type { Session } from '../session.ts'
import { type FreshPlan, makePlan, prepare } from './fresh-plan.ts'
import { failed, type Outcome, outcome } from './outcome.ts'
import { asFailure } from './terraform-failure.ts'

/**
 * What the world did to the default branch's objects, and what of the configuration isn't applied yet: kept in one issue
 * per root. A plan that fails says nothing of the world, so it leaves the issue as it is. There is no check of it: the
 * commit's own says how its apply went.
 */
export async function detectDrift(session: Session): Promise<Outcome> {
  try {
    return await compared(session, await makePlan(session, await prepare(session), 'drift'))
  } catch (error) {
    const failure = asFailure(session, error)
    if (failure) return { ...failed(session, failure, undefined), thread: 'reply' }
    throw error
  }
}

async function compared(session: Session, fresh: FreshPlan): Promise<Outcome> {
  const why = 'It was made to look for drift; `/plan` on a pull request makes one that can be.'
  const seen = outcome(session, {
    status: { kind: 'planned', apply: { kind: 'impossible', why } },
    fresh,
    thread: 'reply',
    diagnostics: fresh.warnings,
  })
  const told = await tellInIssue(session, seen.report, fresh)
  return {
    ...seen,
    outputs: { ...seen.outputs, ...(told.url === undefined ? {} : { 'comment-url': told.url }) },
    failure: session.inputs.failOnDrift ? (driftFailure(fresh, told.url) ?? told.failure) : told.failure,
  }
}

function driftFailure({ counts: { drift } }: FreshPlan, url: string | undefined): UserError | undefined {
  if (drift === 0) return undefined
  const objects = `${drift} object${drift === 1 ? ' was' : 's were'}`
  return new UserError('drift', `${objects} changed outside Terraform.`, {
    remedy: `${url ?? 'The job summary'} says which, and what to do.`,
  })
}

interface Told {
  url?: string
  /** The step fails with it, after the summary has been written. */
  failure?: UserError
}

async function tellInIssue(session: Session, report: Report, fresh: FreshPlan): Promise<Told> {
  if (session.inputs.comment === 'off') return {}
  try {
    if (await isOldCommit(session)) return {}
    const kept = await writeIssue(session, report, findDrift(fresh.plan))
    tellKept(session, kept)
    return 'url' in kept ? { url: kept.url } : {}
  } catch (error) {
    const message = `The issue about drift could not be written: ${(error as Error).message}.`
    return { failure: new UserError('unexpected', message, { remedy: 'The next run tries again.', cause: error }) }
  }
}

/** A re-run has the files of its first attempt, of which what was merged since would look like drift. */
async function isOldCommit({ context, github, log }: Session): Promise<boolean> {
  const { runAttempt, sha, repository } = context
  if (runAttempt === 1 || sha === (await branchTip(github, repository.defaultBranch))) return false
  log.annotate({
    level: 'warning',
    message: `The issue was left as it is: this re-run looks at an older commit of ${repository.defaultBranch}. Start a new run instead.`,
  })
  return true
}

const BECAME = { opened: 'new', reopened: 'open again', changed: 'rewritten', closed: 'closed', nothing: 'up to date' }

function tellKept({ log }: Session, kept: Kept): void {
  if (kept.kind === 'kept') log.info(`Issue #${kept.number} is ${BECAME[kept.did]}: ${kept.url}`)
  if (kept.kind === 'newer-run')
    log.info(`Issue #${kept.number} was left as it is: run ${kept.run}, which is newer, has written it.`)
  if (kept.kind === 'unavailable') {
    log.annotate({
      level: 'warning',
      message:
        'The issue about drift was not written, because the token may not write issues or the repository has them switched off; ' +
        'the report is in the job summary. Add "issues: write" to the permissions of the job, or set comment: off.',
    })
  }
}
