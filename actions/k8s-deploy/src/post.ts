import { rm } from 'node:fs/promises'
import { readContext } from '../../../lib/action/context.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { DeployError } from './failure.ts'
import { endDeployment } from './flow/github-deployment.ts'
import { appOf } from './flow/home.ts'
import { publishRecovery } from './flow/publish.ts'
import { putBack } from './flow/put-back.ts'
import { createStory, type Story } from './flow/story.ts'
import { readInputs } from './inputs.ts'
import type { Report } from './report/model.ts'
import { openSession, type Session } from './session.ts'
import { listRevisions } from './state/history.ts'
import { holderOf } from './state/holder.ts'
import { readInventory } from './state/inventory.ts'
import { type Lock, takeLock } from './state/lock.ts'
import { findUnfinished, isKept, type Snapshot } from './state/snapshot.ts'
import { deploymentSlot, scratchSlot, type Unfinished, unfinishedSlot } from './state-slots.ts'

/** After the job: puts back what a killed or cancelled run had begun, and deletes the run's own folder, which holds credentials. */
export async function cleanUp(env: Environment): Promise<void> {
  const scratch = scratchSlot.load()
  const unfinished = unfinishedSlot.load()
  try {
    if (unfinished) await recover(env, unfinished)
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
  }
}

async function recover(env: Environment, unfinished: Unfinished): Promise<void> {
  const context = readContext(env)
  const session = await openSession(readInputs(env, context), context, env)
  try {
    await putBackOwn({ ...session, namespace: unfinished.namespace }, unfinished)
  } finally {
    await session.close()
    await rm(session.scratch, { recursive: true, force: true })
  }
}

/** A cancelled job's post steps have five minutes together (actions/runner), so less than that. */
const LONGEST_WAIT_MS = 240_000

async function putBackOwn(session: Session, { holderId, snapshot }: Unfinished): Promise<void> {
  const story = createStory(session, 'deploy')
  const lock = await takeLockAgain(session, holderId)
  try {
    // When another deployment has the lock, what it begins with is to put this run's back.
    const isLost =
      lock !== undefined && snapshot !== undefined && !(await isKept(session.cluster, appOf(session), snapshot))
    const own = lock === undefined ? [] : await findOwn(session)
    const report =
      lock && own.length > 0 ? await putBackAll(session, story, own, lock) : await tellSettled(session, story, isLost)
    const deployment = deploymentSlot.load()
    if (deployment) await endDeployment(session, deployment, report)
  } finally {
    await lock?.release()
  }
}

/** `undefined` when another deployment has it: that one begins by putting back what this run had begun. */
async function takeLockAgain(session: Session, holderId: string): Promise<Lock | undefined> {
  const { cluster, context, log } = session
  const holder = holderOf(context.runUrl, context.job, holderId)
  try {
    return await takeLock(cluster, { ...appOf(session), holder, waitMs: 0 })
  } catch (error) {
    if (!(error instanceof DeployError) || error.failure.reason !== 'lock-held') throw error
    log.info(error.message)
    return undefined
  }
}

async function findOwn(session: Session): Promise<Snapshot[]> {
  const unfinished = await findUnfinished(session.cluster, appOf(session))
  return unfinished.filter(({ runUrl }) => runUrl === session.context.runUrl)
}

async function putBackAll(session: Session, story: Story, own: readonly Snapshot[], lock: Lock): Promise<Report> {
  const options = { signal: lock.signal, waitMs: Math.min(session.inputs.timeoutMs, LONGEST_WAIT_MS) }
  let isDone = true
  for (const snapshot of own.toReversed()) isDone = (await putBack(session, story, snapshot, options)) && isDone
  const message = 'The run was ended in the middle of the deployment.'
  const report = story.end(isDone ? 'rolled-back' : 'rollback-failed', { reason: 'interrupted', message })
  await publishRecovery(session, report)
  return report
}

/** @param isLost the snapshot that was saved isn't there any more */
async function tellSettled(session: Session, story: Story, isLost: boolean): Promise<Report> {
  const revision = await ownRevision(session)
  const message =
    revision !== undefined
      ? `The run was ended when its deployment was complete: revision ${revision} is deployed.`
      : isLost
        ? 'The run was ended in the middle of the deployment, and the snapshot of what was there before is gone: unless this run or a later one had put everything back, things are as this run left them.'
        : 'The run was ended, and nothing that it had begun is left to put back.'
  session.log.annotate({ level: revision === undefined && isLost ? 'warning' : 'notice', message })
  story.revision = revision
  return revision === undefined ? story.end('interrupted', { reason: 'interrupted', message }) : story.end('deployed')
}

/** The revision that is deployed, if this run has recorded it. */
async function ownRevision(session: Session): Promise<number | undefined> {
  const { cluster, context } = session
  const current = (await readInventory(cluster, appOf(session)))?.revision
  const revisions = await listRevisions(cluster, appOf(session))
  return revisions.find(({ revision, run }) => revision === current && run === context.runUrl)?.revision
}
