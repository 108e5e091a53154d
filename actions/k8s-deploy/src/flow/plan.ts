import { parseDuration } from '../../../../lib/action/inputs.ts'
import { DeployError, type Failure } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KindName, type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import { invalidManifest } from '../manifests/invalid.ts'
import { waves } from '../manifests/order.ts'
import { type Prepared, prepare } from '../manifests/prepare.ts'
import { isForbidden } from '../rollout/dry-run.ts'
import { type Validated, validate } from '../rollout/validate.ts'
import type { Session } from '../session.ts'
import { nextRevision } from '../state/history.ts'
import { type Inventory, isPrunable, leftOver, readInventory } from '../state/inventory.ts'
import { activeSide, forSide, otherSide, servicesOf } from '../strategies/blue-green.ts'
import { isDeployment } from '../strategies/deployment.ts'
import { appOf } from './home.ts'
import { learnSecret } from './load.ts'

/** A deployment, looked at from all sides before anything is written. */
export interface Plan {
  hooks: Prepared['hooks']
  /** In apply order. */
  objects: Validated[]
  /** `undefined` before the app's first good deployment. */
  inventory: Inventory | undefined
  revision: number
  /** Keys of what autoscalers scale. */
  scaled: ReadonlySet<string>
  /** Objects of the app that left the manifests, as they live: to be deleted after all proofs. */
  prunable: KubeObject[]
  /** Of a blue-green deployment: what serves until the switch, and the Services that are switched. */
  switched: { services: ReadonlySet<string>; retired: KubeObject[] }
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
  set: readonly Manifest[],
  { key, isHome, mayNotReadSecrets = false }: { key: Buffer; isHome: boolean; mayNotReadSecrets?: boolean },
): Promise<Plan> {
  const { cluster, inputs } = session
  const deployedAt = cluster.now()
  const inventory = isHome ? await readInventory(cluster, appOf(session)) : undefined
  const revision = isHome ? await nextRevision(cluster, appOf(session)) : 1
  const look = await lookAt(session, set, { key, revision, mayNotReadSecrets })
  const { prepared, validation, switched } = look
  for (const { manifest } of validation.objects) refuseBadTimeout(manifest)
  for (const { before, after } of validation.objects) {
    learnSecret(session, before)
    learnSecret(session, after)
  }
  const prunable = inputs.prune && inventory ? await findPrunable(session, inventory, validation.objects) : []
  return {
    hooks: prepared.hooks,
    objects: validation.objects,
    inventory,
    revision,
    scaled: new Set([...prepared.scaled, ...look.targets]),
    prunable,
    switched,
    problems: validation.problems,
    notes: [...validation.notes, ...look.notes],
    deployedAt,
  }
}

interface Look {
  prepared: Prepared
  validation: Awaited<ReturnType<typeof validate>>
  switched: Plan['switched']
  /** Keys of what autoscalers of the cluster scale. */
  targets: ReadonlySet<string>
  notes: string[]
}

interface LookOptions {
  key: Buffer
  revision: number
  mayNotReadSecrets: boolean
}

async function lookAt(session: Session, set: readonly Manifest[], options: LookOptions): Promise<Look> {
  if (session.inputs.strategy !== 'blue-green') {
    return { ...(await judge(session, set, options)), switched: { services: new Set(), retired: [] } }
  }
  return lookAtSides(session, set, options)
}

/** For the side that serves, if nothing of it changes; else for the other one. */
async function lookAtSides(session: Session, set: readonly Manifest[], options: LookOptions): Promise<Look> {
  const { cluster, namespace } = session
  const inPlace = (ref: Ref): Ref => ({ ...ref, namespace: ref.namespace ?? namespace })
  const services = servicesOf(set).map(({ object }) => inPlace(refOf(object)))
  const active = activeSide(await Promise.all(services.map((ref) => cluster.get(ref))))
  if (active !== undefined) {
    const same = await judge(session, forSide(set, active).manifests, options)
    const changes = same.validation.objects.some(({ ref, change }) => isDeployment(toObject(ref)) && change !== 'none')
    if (!changes) return { ...same, switched: { services: new Set(), retired: [] } }
  }
  const sided = forSide(set, otherSide(active))
  const other = await judge(session, sided.manifests, options)
  const live = await Promise.all(sided.others.map((ref) => cluster.get(inPlace(ref))))
  const retired = live.filter((object) => object !== undefined && isPrunable(object, session.inputs.app))
  const keys = [...sided.services].map((key) => withNamespace(key, namespace))
  return { ...other, switched: { services: new Set(keys), retired: retired as KubeObject[] } }
}

const toObject = (ref: Ref): KubeObject => ({
  apiVersion: ref.apiVersion,
  kind: ref.kind,
  metadata: { name: ref.name },
})

/** The manifest's own key lacks the namespace that is put in later. */
function withNamespace(key: string, namespace: string): string {
  const [group = '', kind = '', own = '', name = ''] = key.split('/')
  return [group, kind, own || namespace, name].join('/')
}

async function judge(
  session: Session,
  set: readonly Manifest[],
  { key, revision, mayNotReadSecrets }: LookOptions,
): Promise<Omit<Look, 'switched'>> {
  const { cluster, inputs, context, namespace } = session
  const kinds = await scopesOf(session, set)
  const scaling = await liveScaleTargets(session, set)
  const prepared = prepare(set, {
    app: inputs.app,
    namespace,
    isNamespaced: (kind) => kinds.get(`${kind.apiVersion} ${kind.kind}`),
    identity: { revision, commit: context.sha, runUrl: context.runUrl, actor: context.actor },
    digestKey: key,
    liveScaleTargets: scaling.targets,
  })
  const { preDeploy, postDeploy } = prepared.hooks
  const all = await validate(cluster, [preDeploy, ...waves(prepared.objects), postDeploy], {
    app: inputs.app,
    fieldManager: inputs.fieldManager,
    force: inputs.forceConflicts,
    secretsMayBeUnreadable: mayNotReadSecrets,
  })
  const hooks = new Set([...preDeploy, ...postDeploy])
  const objects = all.objects.filter(({ manifest }) => !hooks.has(manifest))
  return { prepared, validation: { ...all, objects }, ...scaling }
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

interface Autoscaler {
  scaleTargetRef?: { apiVersion?: string; kind?: string; name?: string }
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
    for (const item of items) {
      const {
        apiVersion = 'apps/v1',
        kind = 'Deployment',
        name = '',
      } = (item['spec'] as Autoscaler | undefined)?.scaleTargetRef ?? {}
      targets.add(keyOf({ apiVersion, kind, name, namespace: place }))
    }
  }
  return { targets, notes: [...notes] }
}

async function findPrunable(
  { cluster, inputs }: Session,
  inventory: Inventory,
  objects: readonly Validated[],
): Promise<KubeObject[]> {
  const current = objects.map(({ ref }) => ref)
  const gone = leftOver(inventory, current, inputs.pruneKinds)
  const live = await Promise.all(gone.map((ref) => cluster.get(ref)))
  return live.filter((object) => object !== undefined).filter((object) => isPrunable(object, inputs.app))
}

/** @throws DeployError for the first object that the server refuses */
export function demandAccepted({ problems: [first, ...others] }: Plan): void {
  if (first === undefined) return
  if (others.length === 0) throw new DeployError(first)
  const more = `${others.length} more ${others.length === 1 ? 'object is' : 'objects are'} refused, too.`
  throw new DeployError({ ...first, remedy: [first.remedy, more].filter(Boolean).join(' ') })
}

/** Is everything as the manifests want it? */
export function isUnchanged({ objects, hooks, prunable, switched }: Plan): boolean {
  return (
    objects.every(({ write }) => write === 'skip') &&
    hooks.preDeploy.length + hooks.postDeploy.length + prunable.length + switched.retired.length === 0
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
