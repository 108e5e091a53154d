import { parseDuration } from '../../../../lib/action/inputs.ts'
import { isForbidden } from '../cluster/api-error.ts'
import { DeployError, type Failure } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KindName, type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import { invalidManifest } from '../manifests/invalid.ts'
import { waves } from '../manifests/order.ts'
import { type Prepared, prepare } from '../manifests/prepare.ts'
import { refuseReserved } from '../manifests/reserved.ts'
import { scaleTarget } from '../manifests/scaling.ts'
import { unrolled } from '../rollout/unrolled.ts'
import { type Validated, type Validation, validate } from '../rollout/validate.ts'
import type { Session } from '../session.ts'
import { nextRevision } from '../state/history.ts'
import { type Inventory, readInventory } from '../state/inventory.ts'
import type { SnapshotEntry } from '../state/snapshot.ts'
import { planCanaries } from './canary.ts'
import { appOf } from './home.ts'
import { sortLeftOver } from './left-over.ts'
import { learnSecret } from './load.ts'
import { chooseSide } from './sides.ts'
import { findRetired } from './tracks.ts'
import type { WantedSet } from './wanted-set.ts'

/** A deployment, looked at from all sides before anything is written. */
export interface Plan {
  hooks: Prepared['hooks']
  /** The same, as the server judges them. */
  hooked: Validated[]
  /** In apply order. */
  objects: Validated[]
  /** `undefined` before the app's first good deployment. */
  inventory: Inventory | undefined
  revision: number
  /** Keys of what autoscalers scale. */
  scaled: ReadonlySet<string>
  /** Objects of the app that left the manifests, as they live: to be deleted after all proofs. */
  prunable: KubeObject[]
  /** Keys of what had to be made before the rest could be judged: the app's own namespace. */
  made: ReadonlySet<string>
  /** Others that left them. */
  staying: Ref[]
  /** Keys of the Services that blue-green switches. */
  switched: ReadonlySet<string>
  /** By key of a new side's Deployment: the one that serves now, in whose place it comes. */
  serving: ReadonlyMap<string, KubeObject>
  /** Canaries to be made, and what is left of killed ones. */
  canaries: SnapshotEntry[]
  /** Deployments that no longer serve after this: they go when all is proved. */
  retired: KubeObject[]
  /** What the server refuses, in the same order. */
  problems: Failure[]
  notes: string[]
  /** By the API server's clock. */
  deployedAt: Date
}

/**
 * Makes a set complete and has the server judge all of it.
 *
 * @param key of digests; `isHome`: is there anything of this app to be read yet?
 * @throws DeployError for a set that can't be judged at all
 */
export async function makePlan(
  session: Session,
  { manifests: set, secrets = [] }: WantedSet,
  { key, isHome, mayNotReadSecrets = false }: { key: Buffer; isHome: boolean; mayNotReadSecrets?: boolean },
): Promise<Plan> {
  const { cluster } = session
  for (const manifest of set) refuseReserved(manifest, appOf(session))
  const deployedAt = cluster.now()
  const inventory = isHome ? await readInventory(cluster, appOf(session)) : undefined
  // Whoever only looks records none, and may not be allowed to list Secrets.
  const revision = isHome && !mayNotReadSecrets ? await nextRevision(cluster, appOf(session)) : 1
  const look = await lookAt(session, set, { key, revision, secrets, mayNotReadSecrets })
  const { prepared, validation, hooked, switched, serving } = look
  for (const { manifest } of validation.objects) refuseBadTimeout(manifest)
  for (const { before, after } of [...hooked, ...validation.objects]) {
    learnSecret(session, before)
    learnSecret(session, after)
  }
  const canaries = await planCanaries(session, validation.objects)
  const coming = new Set(canaries.entries.map(({ ref }) => keyOf(ref)))
  const retired = mayNotReadSecrets ? [] : await findRetired(session, validation.objects, coming)
  const leftOver = await sortLeftOver(session, inventory, [
    ...validation.objects.map(({ ref }) => ref),
    ...[...retired, ...serving.values()].map(refOf),
  ])
  return {
    hooks: prepared.hooks,
    hooked,
    objects: validation.objects,
    inventory,
    revision,
    scaled: new Set([...prepared.scaled, ...look.targets]),
    prunable: leftOver.prunable,
    staying: leftOver.staying,
    made: new Set(),
    switched,
    serving,
    canaries: canaries.entries,
    retired,
    problems: validation.problems,
    notes: [...validation.notes, ...unrolled(validation.objects), ...look.notes, ...canaries.notes, ...leftOver.notes],
    deployedAt,
  }
}

interface Judgement {
  prepared: Prepared
  /** Without the hooks. */
  validation: Validation
  hooked: Validated[]
}

interface Look extends Judgement {
  switched: Plan['switched']
  serving: Plan['serving']
  /** Keys of what autoscalers of the cluster scale. */
  targets: ReadonlySet<string>
  notes: string[]
}

interface LookOptions {
  key: Buffer
  revision: number
  secrets: readonly KubeObject[]
  mayNotReadSecrets: boolean
}

async function lookAt(session: Session, set: readonly Manifest[], options: LookOptions): Promise<Look> {
  const scaling = await liveScaleTargets(session, set)
  const judgeSet = (sided: readonly Manifest[]): Promise<Judgement> => judge(session, sided, scaling.targets, options)
  if (session.inputs.strategy !== 'blue-green') {
    return { ...(await judgeSet(set)), ...scaling, switched: new Set(), serving: new Map() }
  }
  const { judged, notes, ...sides } = await chooseSide(session, set, { scaled: scaling.targets, judge: judgeSet })
  return { ...judged, ...scaling, ...sides, notes: [...scaling.notes, ...notes] }
}

async function judge(
  session: Session,
  set: readonly Manifest[],
  liveScaleTargets: ReadonlySet<string>,
  { key, revision, secrets, mayNotReadSecrets }: LookOptions,
): Promise<Judgement> {
  const { cluster, inputs, context, commit, namespace } = session
  const kinds = await scopesOf(session, set)
  const prepared = prepare(set, {
    app: inputs.app,
    namespace,
    isNamespaced: (kind) => kinds.get(`${kind.apiVersion} ${kind.kind}`),
    identity: { revision, commit, runUrl: context.runUrl, actor: context.actor },
    digestKey: key,
    secrets,
    liveScaleTargets,
  })
  const { preDeploy, postDeploy } = prepared.hooks
  const all = await validate(cluster, [preDeploy, ...waves(prepared.objects), postDeploy], {
    ...appOf(session),
    fieldManager: inputs.fieldManager,
    force: inputs.forceConflicts,
    secretsMayBeUnreadable: mayNotReadSecrets,
  })
  const hooks = new Set([...preDeploy, ...postDeploy])
  const objects = all.objects.filter(({ manifest }) => !hooks.has(manifest))
  const hooked = all.objects.filter(({ manifest }) => hooks.has(manifest))
  return { prepared, validation: { ...all, objects }, hooked }
}

async function scopesOf({ cluster }: Session, set: readonly Manifest[]): Promise<Map<string, boolean>> {
  const scopes = new Map<string, boolean>()
  for (const { apiVersion, kind } of distinctKinds(set)) {
    const resource = await cluster.resourceOf({ apiVersion, kind })
    if (resource !== undefined) scopes.set(`${apiVersion} ${kind}`, resource.namespaced)
  }
  return scopes
}

function distinctKinds(set: readonly Manifest[]): KindName[] {
  const kinds = set.map(({ object: { apiVersion, kind } }) => [`${apiVersion} ${kind}`, { apiVersion, kind }] as const)
  return [...new Map(kinds).values()]
}

/** What autoscalers that aren't in the set scale. KEDA's come as autoscalers of this kind, too. */
async function liveScaleTargets(
  { cluster, namespace }: Session,
  set: readonly Manifest[],
): Promise<{ targets: Set<string>; notes: string[] }> {
  const namespaces = new Set([namespace, ...set.flatMap(({ object }) => object.metadata.namespace ?? [])])
  const targets = new Set<string>()
  const notes = new Set<string>()
  for (const place of namespaces) {
    const query = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace: place }
    const { items } = await cluster.list(query).catch((error: unknown) => {
      if (!isForbidden(error)) throw error
      notes.add('Autoscalers could not be listed, so `replicas` of the manifests is written.')
      return { items: [] }
    })
    for (const target of items.map(scaleTarget)) if (target !== undefined) targets.add(target)
  }
  return { targets, notes: [...notes] }
}

/** @throws DeployError for the first object that the server refuses */
export function demandAccepted({ problems: [first, ...others] }: Plan): void {
  if (first === undefined) return
  if (others.length === 0) throw new DeployError(first)
  const more = `${others.length} more ${others.length === 1 ? 'object is' : 'objects are'} refused, too.`
  throw new DeployError({ ...first, remedy: [first.remedy, more].filter(Boolean).join(' ') })
}

/** @throws DeployError `invalid-input` when to go back would be to do nothing, which nobody asks for */
export function demandChange(plan: Plan, targetRevision: number | undefined): void {
  if (!isUnchanged(plan)) return
  throw new DeployError({
    reason: 'invalid-input',
    message: `Everything already is as it was in revision ${targetRevision}, so there is nothing to go back to.`,
    remedy: 'Choose an older revision with the input to-revision.',
  })
}

/** Does the app consist of what it consists of already, unchanged? */
export function isSameSet({ objects, inventory }: Plan): boolean {
  const known = new Set(inventory?.refs.map(keyOf))
  return known.size === objects.length && objects.every(({ ref, write }) => write === 'skip' && known.has(keyOf(ref)))
}

/** Is everything as the manifests want it? */
export function isUnchanged({ objects, hooks, prunable, retired }: Plan): boolean {
  return (
    objects.every(({ write }) => write === 'skip') &&
    hooks.preDeploy.length + hooks.postDeploy.length + prunable.length + retired.length === 0
  )
}

function refuseBadTimeout({ object, source }: Manifest): void {
  const text = object.metadata.annotations?.[names.timeout]
  if (text === undefined || parseDuration(text) !== undefined) return
  throw invalidManifest(
    source,
    `the annotation ${names.timeout} of ${describeRef(refOf(object))} is ${JSON.stringify(text)}; allowed is a duration such as 90s, 10m or 36h`,
    { object: refOf(object) },
  )
}
