import { keyedDigest } from '../../../../lib/crypto/fingerprint.ts'
import { explained } from '../cluster/explain.ts'
import { DeployError } from '../failure.ts'
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
import { unfinishedSlot } from '../state-slots.ts'
import { withoutSide } from '../strategies/blue-green.ts'
import type { Attempt } from './attempt.ts'
import { withNamespace } from './ending-namespace.ts'
import { giveUp } from './give-up.ts'
import { appOf, enterHome, type Home, leaveHome, newHolderId } from './home.ts'
import { demandAccepted, demandChange, isSameSet, isUnchanged, makePlan, type Plan } from './plan.ts'
import { rollOut } from './roll-out.ts'
import { settleEarlier } from './settle.ts'
import { createStory, type Story } from './story.ts'
import type { WantedSet } from './wanted-set.ts'

/** Deploys a set: everything of it becomes ready, or everything is put back. Failures are in the report. */
export async function deploy(
  session: Session,
  loadSet: (story: Story) => Promise<WantedSet>,
  mode: 'deploy' | 'rollback',
): Promise<Report> {
  const story = createStory(session, mode)
  const holderId = newHolderId()
  let home: Home | undefined
  try {
    const set = await loadSet(story)
    home = await enterHome(session, story, set.manifests, holderId)
    if (home) await settleEarlier(session, story, home)
    let plan = await makePlan(session, set, { key: home?.key ?? Buffer.alloc(0), isHome: home !== undefined })
    demandAccepted(plan)
    if (mode === 'rollback' && session.inputs.toRevision === undefined) demandChange(plan, story.targetRevision)
    if (home === undefined) {
      home = await makeHome(session, story, plan, set, holderId)
      const made = plan.objects.filter(isHomeOf(session)).map(({ ref }) => keyOf(ref))
      plan = { ...(await makePlan(session, set, { key: home.key, isHome: true })), made: new Set(made) }
      demandAccepted(plan)
    }
    for (const note of plan.notes) story.note(note)
    return await underLock(session, story, plan, home, set.restores)
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
  { manifests }: WantedSet,
  holderId: string,
): Promise<Home> {
  const namespaces = plan.objects.filter(isHomeOf(session))
  const { fieldManager, forceConflicts } = session.inputs
  await applyWaves(session.cluster, namespaces, {
    ...appOf(session),
    fieldManager,
    force: forceConflicts,
    signal: session.stop,
  })
  const home = await enterHome(session, story, manifests, holderId)
  if (home !== undefined) return home
  throw new DeployError({
    reason: 'unexpected',
    message: `The namespace \`${session.namespace}\` was made, and is not there.`,
  })
}

function isHomeOf({ namespace }: Session): (object: Validated) => boolean {
  return ({ ref }) => ref.kind === 'Namespace' && ref.name === namespace
}

async function underLock(
  session: Session,
  story: Story,
  plan: Plan,
  home: Home,
  restores: number | undefined,
): Promise<Report> {
  story.previousRevision = plan.inventory?.revision
  const signal = AbortSignal.any([session.stop, home.lock.signal])
  const deadline = performance.now() + session.inputs.timeoutMs
  const attempt: Attempt = { session, story, plan, signal, deadline, done: new Set(), written: new Set() }
  mention(story, plan)
  signal.throwIfAborted()
  const snapshot = isUnchanged(plan) ? undefined : await remember(session, plan, home)
  try {
    await rollOut(attempt)
    signal.throwIfAborted()
    story.revision = snapshot ? await record(session, plan, home, restores) : plan.inventory?.revision
  } catch (error) {
    if (snapshot === undefined) throw error
    return await giveUp(attempt, home, snapshot, await withNamespace(session, explained(error)))
  }
  if (snapshot === undefined) {
    story.tell('Nothing has changed, and everything is ready')
    return story.end('unchanged')
  }
  await forget(session, home, snapshot)
  story.tell(`Revision ${story.revision} is deployed`)
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
  const { cluster, context } = session
  const entries: SnapshotEntry[] = [
    ...(await hookEntries(session, plan)),
    ...plan.objects.flatMap(({ write, ref, before }) => (write === 'skip' ? [] : [{ ref, before }])),
    ...plan.canaries,
    ...[...plan.retired, ...plan.prunable].map((object) => ({ ref: refOf(object), before: object })),
  ]
  home.isUnfinished = true
  const snapshot = await saveSnapshot(cluster, {
    ...home.app,
    runUrl: context.runUrl,
    revision: plan.revision,
    startedAt: plan.deployedAt,
    entries,
  })
  unfinishedSlot.save({ namespace: home.app.namespace, holderId: home.holderId, snapshot: snapshot.id })
  return snapshot
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

/**
 * What only ran its hooks, or pruned, has no new set to go back to.
 *
 * @returns the revision that is deployed now
 */
async function record(session: Session, plan: Plan, home: Home, restores: number | undefined): Promise<number> {
  const { cluster, context, commit } = session
  const { runUrl: run, actor } = context
  const known = isSameSet(plan) ? plan.inventory?.revision : undefined
  const revision = known ?? plan.revision
  if (known === undefined) {
    const objects = plan.objects.map(({ manifest }) => withoutSide(manifest.object))
    const made = { revision, commit, run, actor, ...(restores === undefined ? {} : { restores }), objects }
    await recordRevision(cluster, home.app, made, (value) => keyedDigest(home.key, value))
  }
  await writeInventory(cluster, home.app, {
    revision,
    refs: plan.objects.map(({ ref }) => ref),
    left: plan.staying,
    resourceVersion: plan.inventory?.resourceVersion,
  })
  return revision
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
