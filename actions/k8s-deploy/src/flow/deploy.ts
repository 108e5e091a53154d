import { keyedDigest } from '../../../../lib/crypto/fingerprint.ts'
import { counted } from '../../../../lib/markdown/words.ts'
import { explainApiError } from '../cluster/explain.ts'
import { DeployError, type Failure } from '../failure.ts'
import type { Strategy } from '../inputs.ts'
import type { Manifest } from '../kube/manifest.ts'
import { keyOf, refOf } from '../kube/objects.ts'
import { runsOnce } from '../manifests/hooks.ts'
import { isOver } from '../readiness/jobs.ts'
import type { Report } from '../report/model.ts'
import { applyWaves } from '../rollout/apply.ts'
import type { Validated } from '../rollout/validate.ts'
import type { Session } from '../session.ts'
import { recordRevision } from '../state/history.ts'
import { writeInventory } from '../state/inventory.ts'
import { deleteSnapshot, type Snapshot, type SnapshotEntry, saveSnapshot } from '../state/snapshot.ts'
import { withoutSide } from '../strategies/blue-green.ts'
import type { Attempt } from './attempt.ts'
import { enterHome, type Home, leaveHome, newHolderId } from './home.ts'
import { demandAccepted, isUnchanged, makePlan, type Plan } from './plan.ts'
import { putBack } from './put-back.ts'
import { rollOut } from './roll-out.ts'
import { settleEarlier } from './settle.ts'
import { createStory, type Story } from './story.ts'

/** Deploys a set: everything of it becomes ready, or everything is put back. Failures are in the report. */
export async function deploy(
  session: Session,
  loadSet: (story: Story) => Promise<Manifest[]>,
  mode: 'deploy' | 'rollback',
): Promise<Report> {
  const story = createStory(session, mode)
  const holderId = newHolderId()
  let home: Home | undefined
  try {
    const set = await loadSet(story)
    home = await enterHome(session, story, set, holderId)
    if (home) await settleEarlier(session, story, home)
    let plan = await makePlan(session, set, { key: home?.key ?? Buffer.alloc(0), isHome: home !== undefined })
    demandAccepted(plan)
    if (home === undefined) {
      home = await makeHome(session, story, plan, set, holderId)
      const made = plan.objects.filter(isHomeOf(session)).map(({ ref }) => keyOf(ref))
      plan = { ...(await makePlan(session, set, { key: home.key, isHome: true })), made: new Set(made) }
      demandAccepted(plan)
    }
    for (const note of plan.notes) story.note(note)
    return await underLock(session, story, plan, home)
  } catch (error) {
    const failure = explained(error)
    return story.end(failure.reason === 'interrupted' ? 'interrupted' : 'failed', failure)
  } finally {
    if (home) await leaveHome(home)
  }
}

/** The namespace is the first thing that is written: the lock, and what will be kept, lie in it. */
async function makeHome(
  session: Session,
  story: Story,
  plan: Plan,
  set: readonly Manifest[],
  holderId: string,
): Promise<Home> {
  const namespaces = plan.objects.filter(isHomeOf(session))
  const { fieldManager, forceConflicts } = session.inputs
  await applyWaves(session.cluster, namespaces, { fieldManager, force: forceConflicts, signal: session.stop })
  const home = await enterHome(session, story, set, holderId)
  if (home !== undefined) return home
  throw new DeployError({
    reason: 'unexpected',
    message: `The namespace \`${session.namespace}\` was made, and is not there.`,
  })
}

function isHomeOf({ namespace }: Session): (object: Validated) => boolean {
  return ({ ref }) => ref.kind === 'Namespace' && ref.name === namespace
}

async function underLock(session: Session, story: Story, plan: Plan, home: Home): Promise<Report> {
  story.previousRevision = plan.inventory?.revision
  const signal = AbortSignal.any([session.stop, home.lock.signal])
  const deadline = performance.now() + session.inputs.timeoutMs
  const attempt: Attempt = { session, story, plan, signal, deadline }
  mention(story, plan)
  signal.throwIfAborted()
  const snapshot = isUnchanged(plan) ? undefined : await remember(session, plan, home)
  try {
    await rollOut(attempt)
    signal.throwIfAborted()
    if (snapshot) await record(session, plan, home)
    else story.revision = plan.inventory?.revision
  } catch (error) {
    if (snapshot === undefined) throw error
    return await giveUp(attempt, home, snapshot, explained(error))
  }
  if (snapshot === undefined) {
    story.tell('Nothing has changed, and everything is ready')
    return story.end('unchanged')
  }
  await forget(session, home, snapshot)
  story.revision = plan.revision
  story.tell(`Revision ${plan.revision} is deployed`)
  return story.end('deployed')
}

/** Every object, in apply order, before anything happens to it. */
function mention(story: Story, { hooks, objects, prunable, retired, made }: Plan): void {
  const hooked = [...hooks.preDeploy, ...hooks.postDeploy].map((manifest) => ({
    ref: refOf(manifest.object),
    manifest,
  }))
  for (const { ref, manifest } of [...hooked, ...objects]) {
    story.fate(ref, made.has(keyOf(ref)) ? 'created' : 'not-reached', { source: manifest.source })
  }
  for (const object of [...retired, ...prunable]) story.fate(refOf(object), 'unchanged')
}

/** Saves what will be touched; from here on there is something to put back. */
async function remember(session: Session, plan: Plan, home: Home): Promise<Snapshot> {
  const { cluster, context, namespace, inputs } = session
  const entries: SnapshotEntry[] = [
    ...(await hookEntries(session, plan)),
    ...plan.objects.flatMap(({ write, ref, before }) => (write === 'skip' ? [] : [{ ref, before }])),
    ...plan.canaries,
    ...[...plan.retired, ...plan.prunable].map((object) => ({ ref: refOf(object), before: object })),
  ]
  home.isUnfinished = true
  return saveSnapshot(cluster, {
    app: inputs.app,
    namespace,
    runUrl: context.runUrl,
    revision: plan.revision,
    startedAt: plan.deployedAt,
    entries,
  })
}

/** What still works, or is no Job, would run again if it were put back: it counts as one that wasn't there. */
async function hookEntries({ cluster }: Session, { hooks }: Plan): Promise<SnapshotEntry[]> {
  const refs = [...hooks.preDeploy, ...hooks.postDeploy].map(({ object }) => refOf(object))
  const entries = await Promise.all(refs.map(async (ref) => ({ ref, before: await cluster.get(ref) })))
  return entries.map(({ ref, before }) => ({
    ref,
    before: before && runsOnce(before) && !isOver(before) ? undefined : before,
  }))
}

async function record(session: Session, plan: Plan, home: Home): Promise<void> {
  const { cluster, context } = session
  const objects = plan.objects.map(({ manifest }) => withoutSide(manifest.object))
  await recordRevision(
    cluster,
    home.app,
    { revision: plan.revision, commit: context.sha, run: context.runUrl, actor: context.actor, objects },
    (value) => keyedDigest(home.key, value),
  )
  await writeInventory(cluster, home.app, {
    revision: plan.revision,
    refs: plan.objects.map(({ ref }) => ref),
    left: plan.staying,
    resourceVersion: plan.inventory?.resourceVersion,
  })
}

/** What is recorded stays so: a snapshot that can't be deleted now is cleared away by the post step or the next run. */
async function forget({ cluster, log }: Session, home: Home, snapshot: Snapshot): Promise<void> {
  try {
    await deleteSnapshot(cluster, snapshot)
    home.isUnfinished = false
  } catch (error) {
    log.info(`The snapshot could not be deleted yet: ${explained(error).message}`)
  }
}

/** What is done after a failure, by the input on-failure. Throws the reason for which it may not go on. */
async function giveUp(
  { session, story, plan, signal }: Attempt,
  home: Home,
  snapshot: Snapshot,
  failure: Failure,
): Promise<Report> {
  const { cluster, inputs } = session
  try {
    signal.throwIfAborted()
    const keepsNew =
      plan.inventory === undefined && inputs.onFailure === 'rollback' && mayStay(inputs.strategy, snapshot)
    if (keepsNew) tellKept(story, snapshot)
    if (inputs.onFailure === 'keep') {
      story.note('Everything is left as the failed deployment made it, as on-failure: keep says.')
    }
    if (inputs.onFailure === 'keep' || (keepsNew && snapshot.entries.every(isNew))) {
      await deleteSnapshot(cluster, snapshot)
      home.isUnfinished = false
      return story.end('failed', failure)
    }
    home.isUnfinished = !(await putBack(session, story, snapshot, { signal, waitMs: inputs.timeoutMs, keepsNew }))
    return story.end(home.isUnfinished ? 'rollback-failed' : 'rolled-back', failure)
  } catch (error) {
    if (signal.aborted) throw stopped(story, home, signal.reason, failure)
    story.note(`What was begun could not be put back: ${explained(error).message}`)
    return story.end('rollback-failed', failure)
  }
}

/** Tells who goes on instead. */
function stopped(story: Story, { lock }: Home, reason: unknown, failure: Failure): unknown {
  if (lock.signal.aborted) story.note('A newer deployment has taken over, and puts back what this one had begun.')
  else story.note('The run was cancelled; its post step puts back what was begun.')
  if (explained(reason).reason !== failure.reason) story.note(`What had failed before: ${failure.message}`)
  return reason
}

const isNew = ({ before }: SnapshotEntry): boolean => before === undefined

/** A canary, or a side, would go on answering for what was there before. */
function mayStay(strategy: Strategy, { entries }: Snapshot): boolean {
  return strategy === 'rolling' || entries.every(isNew)
}

/** New objects of a first deployment stay, for a look at them, unless `delete-new` says otherwise. */
function tellKept(story: Story, { entries }: Snapshot): void {
  const kept = entries.filter(isNew).length
  if (kept === 0) return
  story.note(
    `This was the app's first deployment, so its ${counted(kept, 'new object')} stay for you to look at; on-failure: delete-new would delete them.`,
  )
}

export function explained(error: unknown): Failure {
  return explainApiError(error).failure
}
