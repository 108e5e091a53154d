import { rm } from 'node:fs/promises'
import { readContext } from '../../../lib/action/context.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { endDeployment } from './flow/github-deployment.ts'
import { appOf } from './flow/home.ts'
import { publishRecovery } from './flow/publish.ts'
import { putBack } from './flow/put-back.ts'
import { createStory } from './flow/story.ts'
import { readInputs } from './inputs.ts'
import { openSession, type Session } from './session.ts'
import { holderOf } from './state/holder.ts'
import { takeLock } from './state/lock.ts'
import { findUnfinished } from './state/snapshot.ts'
import { deploymentSlot, scratchSlot, unfinishedSlot } from './state-slots.ts'

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

async function recover(env: Environment, unfinished: { namespace: string; holderId: string }): Promise<void> {
  const context = readContext(env)
  const session = await openSession(readInputs(env, context), context, env)
  try {
    await putBackOwn({ ...session, namespace: unfinished.namespace }, unfinished.holderId)
  } finally {
    await session.close()
    await rm(session.scratch, { recursive: true, force: true })
  }
}

/** A cancelled job's post steps have five minutes together (actions/runner), so less than that. */
const LONGEST_WAIT_MS = 240_000

async function putBackOwn(session: Session, holderId: string): Promise<void> {
  const { cluster, context, log } = session
  const app = appOf(session)
  const story = createStory(session, 'deploy')
  const lock = await takeLock(cluster, {
    ...app,
    holder: holderOf(context.runUrl, context.job, holderId),
    waitMs: LONGEST_WAIT_MS,
    onWait: ({ link }) => log.info(`Waiting for ${link}, which may be putting back what this run had begun`),
  })
  try {
    const own = (await findUnfinished(cluster, app)).filter(({ runUrl }) => runUrl === context.runUrl)
    if (own.length === 0) log.info('There is nothing to put back.')
    let isDone = true
    for (const snapshot of own.toReversed()) {
      const options = { signal: lock.signal, waitMs: Math.min(session.inputs.timeoutMs, LONGEST_WAIT_MS) }
      isDone = (await putBack(session, story, snapshot, options)) && isDone
    }
    const message = 'The run was ended in the middle of the deployment.'
    const report = story.end(isDone ? 'rolled-back' : 'rollback-failed', { reason: 'interrupted', message })
    if (own.length > 0) await publishRecovery(session, report)
    const deployment = deploymentSlot.load()
    if (deployment) await endDeployment(session, deployment, report)
  } finally {
    await lock.release()
  }
}
