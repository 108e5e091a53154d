import { inParallel } from '../../../../lib/in-parallel/in-parallel.ts'
import { isForbidden } from '../cluster/api-error.ts'
import { explainApiError } from '../cluster/explain.ts'
import { DeployError, type Failure } from '../failure.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject, type Ref } from '../kube/objects.ts'
import type { Report } from '../report/model.ts'
import { REQUESTS_AT_ONCE } from '../rollout/at-once.ts'
import { observe } from '../rollout/observe.ts'
import { liveReader } from '../rollout/read-live.ts'
import type { Session } from '../session.ts'
import { listRevisions } from '../state/history.ts'
import { type Inventory, readInventory } from '../state/inventory.ts'
import { appOf } from './home.ts'
import { evidenceOf, failureOf } from './prove.ts'
import { createStory, type Story } from './story.ts'

/** A moment for the first verdicts; nothing is waited for beyond it. */
const LOOK_MS = 3_000

/** How the objects of the last good deployment are now. Writes nothing. */
export async function tellStatus(session: Session): Promise<Report> {
  const story = createStory(session, 'status')
  const inventory = await inventoryOf(session)
  story.revision = inventory.revision
  for (const ref of inventory.refs) story.fate(ref, 'unchanged')
  const found = await lookFor(session, inventory.refs)
  const missing = found.flatMap(({ ref, live }) => (live === undefined ? tellMissing(story, ref) : []))
  const present = found.flatMap(({ ref, live }) => (live === undefined ? [] : [ref]))
  const unwell = await firstUnwell(session, story, present)
  const failure = missing[0] ?? unwell
  const report = failure === undefined ? story.end('deployed') : story.end('failed', failure)
  return { ...report, ...(await authorship(session, inventory, found)) }
}

async function inventoryOf(session: Session): Promise<Inventory> {
  const { cluster, inputs } = session
  const inventory = await readInventory(cluster, appOf(session)).catch((error: unknown) => {
    throw explainApiError(error)
  })
  if (inventory !== undefined) return inventory
  throw new DeployError({
    reason: 'invalid-input',
    message: `${inputs.app} has had no good deployment to the namespace ${session.namespace} yet.`,
    remedy: `Correct the inputs app and namespace, or deploy it. What a first deployment that failed has left is shown by: kubectl get all --selector ${names.app}=${inputs.app} --namespace ${session.namespace}`,
  })
}

interface Found {
  ref: Ref
  /** What may not be read, as a Secret, is given the benefit of the doubt. */
  live: KubeObject | 'unreadable' | undefined
}

async function lookFor({ cluster, inputs }: Session, refs: readonly Ref[]): Promise<Found[]> {
  const read = await liveReader(cluster, refs, inputs.app)
  return inParallel(refs, REQUESTS_AT_ONCE, async (ref) => {
    try {
      return { ref, live: await read(ref) }
    } catch (error) {
      if (isForbidden(error)) return { ref, live: 'unreadable' as const }
      throw explainApiError(error, ref)
    }
  })
}

/** A Job that is over may be deleted by itself, and has done its work by then. */
function tellMissing(story: Story, ref: Ref): Failure[] {
  if (ref.kind === 'Job') {
    story.verdict(ref, 'ready', `${describeRef(ref)} was done with the deployment, and is not kept.`)
    return []
  }
  const message = `${describeRef(ref)} is not there any more.`
  story.verdict(ref, 'failed', message)
  return [
    { reason: 'resource-failed', message, remedy: 'Find out who or what deleted it, and deploy again.', object: ref },
  ]
}

async function firstUnwell(session: Session, story: Story, refs: readonly Ref[]): Promise<Failure | undefined> {
  const { cluster, inputs, stop } = session
  const observer = observe(cluster, {
    app: inputs.app,
    objects: refs.map((ref) => ({ ref })),
    deployedAt: new Date(0),
    onVerdict: (ref, { state, message }) => story.verdict(ref, state, message),
  })
  try {
    const outcome = await observer.untilReady({ timeoutMs: LOOK_MS, signal: stop })
    if (outcome.kind === 'ready') return undefined
    const evidence = await evidenceOf(cluster, observer, outcome)
    story.evidence.push(...evidence)
    return failureOf(outcome, evidence)
  } finally {
    await observer.close()
  }
}

/** Whose deployment it is that is looked at: by the history, or by its objects where Secrets can't be read. */
async function authorship(
  session: Session,
  { revision }: Inventory,
  found: readonly Found[],
): Promise<Pick<Report, 'commit' | 'actor' | 'deployedAt'>> {
  const kept = await listRevisions(session.cluster, appOf(session)).catch(() => [])
  const info = kept.find((one) => one.revision === revision)
  if (info !== undefined) return { commit: info.commit, actor: info.actor, deployedAt: info.at }
  const marks = found
    .map(({ live }) => (live === 'unreadable' ? undefined : live?.metadata.annotations))
    .find((annotations) => annotations?.[names.revision] === String(revision))
  return { commit: marks?.[names.commit] ?? '', actor: marks?.[names.actor] ?? '' }
}
