import { randomBytes } from 'node:crypto'
import { appendSummary } from '../../../../lib/action/summary.ts'
import { type Published, publish } from '../../../../lib/github/comments.ts'
import { explainApiError } from '../cluster/explain.ts'
import { DeployError, type Failure } from '../failure.ts'
import { type Outputs, writeOutputs } from '../outputs.ts'
import { stepFailure } from '../report/annotations.ts'
import type { DiffReport } from '../report/diff-model.ts'
import { tellDiff } from '../report/told.ts'
import type { Session } from '../session.ts'
import { digestKey } from '../state/digest-key.ts'
import { diffReport, diffsOfNothing, targetOf } from './diff-report.ts'
import { appOf } from './home.ts'
import { loadSet } from './load.ts'
import { makePlan, type Plan } from './plan.ts'
import { writeReport } from './publish.ts'

/**
 * Shows what a deployment would change. Nothing is written to the cluster; the server's dry run says what would come of each
 * object.
 *
 * @throws DeployError when the deployment would be refused, after that has been told
 */
export async function showDiff(session: Session): Promise<void> {
  const key = await readKey(session)
  const plan = await planOf(session, key).catch(async (error: unknown) => {
    const { failure } = explainApiError(error)
    // What is wrong with what is asked for is for the pull request to know; of anything else the step's error is enough.
    const isTheirs = failure.reason === 'invalid-manifest' || failure.reason === 'invalid-input'
    if (!isTheirs) throw error
    writeOutputs(await tell(session, diffsOfNothing(session, [failure])))
    throw refusal(failure)
  })
  writeOutputs(await tell(session, diffReport(session, plan, key)))
  const [first] = plan.problems
  if (first !== undefined) throw refusal(first)
}

function refusal(failure: Failure): DeployError {
  return new DeployError(stepFailure(failure, 'This deployment would fail'))
}

async function planOf(session: Session, key: Buffer): Promise<Plan> {
  const set = { manifests: await loadSet(session) }
  try {
    return await makePlan(session, set, { key, isHome: true, mayNotReadSecrets: true })
  } catch (error) {
    throw explainApiError(error)
  }
}

/** Without a key of the app's own, digests can be compared within this one diff. */
async function readKey(session: Session): Promise<Buffer> {
  const { cluster, inputs } = session
  if (inputs.digestKey !== undefined) return Buffer.from(inputs.digestKey)
  try {
    return Buffer.from(await digestKey({ ...cluster, create: refuseToWrite }, appOf(session), undefined))
  } catch {
    return randomBytes(32)
  }
}

function refuseToWrite(): Promise<never> {
  return Promise.reject(new Error('nothing is written in diff mode'))
}

const MAX_PARTS = 5

async function tell(session: Session, report: DiffReport): Promise<Outputs> {
  const { inputs, context, redact, log } = session
  const fullReport = `The whole diff is in the summary of run ${context.runId}.`
  const told = tellDiff(report, redact, { parts: MAX_PARTS, fullReport })
  const path = await writeReport(session, inputs.diffPath, 'diff.txt', told.diff)
  if (inputs.summary) appendSummary(session.summaryFile, told.summary, told.headline)
  for (const annotation of told.annotations) log.annotate(annotation)
  log.info(told.headline)
  const comment = await writeComment(session, told.comments)
  return {
    // A word of deployments, which this is none of.
    ...(report.problems.length === 0 ? { result: '' } : {}),
    changed: told.changed,
    ...(path === undefined ? {} : { 'diff-path': path }),
    ...(comment && 'url' in comment ? { 'comment-url': comment.url } : {}),
  }
}

async function writeComment(session: Session, bodies: readonly string[]): Promise<Published | undefined> {
  const { inputs, context, github, log, namespace } = session
  const issue = (context.event.payload['pull_request'] as { number?: number } | undefined)?.number
  if (inputs.comment === 'off' || issue === undefined) return undefined
  const target = targetOf(inputs)
  const key = JSON.stringify([inputs.app, namespace, ...(target ? [target.kind, target.name] : [])])
  const thread = { issue, kind: 'k8s-deploy', key, sign: undefined }
  const writer = { run: context.runId, attempt: context.runAttempt }
  const published = await publish(github, thread, writer, bodies, { mode: inputs.comment, fields: {} })
  if (published.kind === 'forbidden') {
    log.annotate({
      level: 'warning',
      message:
        'The comment was not written, because the token may not write on pull requests; the diff is in the job summary. ' +
        'Add "pull-requests: write" to the permissions of the job; a run for a fork never gets it.',
    })
  }
  return published
}
