import type { Manifest } from '../kube/manifest.ts'
import { describeRef, type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import type { Validated, Validation } from '../rollout/validate.ts'
import type { Session } from '../session.ts'
import type { AppName } from '../state/own-objects.ts'
import { isOwn } from '../state/ownership.ts'
import { activeSide, forSide, keysOf, otherSide, type Roles, rolesOf, type Side } from '../strategies/blue-green.ts'
import { deploymentSpec, replicasOf, twinName } from '../strategies/deployment.ts'
import { appOf } from './home.ts'

/** A set as blue-green deploys it. */
export interface Sides<Judged> {
  /** What the server makes of it. */
  judged: Judged
  /** Keys of the Services that follow when the new pods have proved themselves; none while the serving side stays. */
  switched: ReadonlySet<string>
  /** By key of a new side's Deployment: the one that serves now, in whose place it comes. */
  serving: ReadonlyMap<string, KubeObject>
  notes: string[]
}

export interface SidesOptions<Judged> {
  /** Keys of what autoscalers of the cluster scale. */
  scaled: ReadonlySet<string>
  /** What the server makes of a set. */
  judge: (set: readonly Manifest[]) => Promise<Judged>
}

/**
 * The set for the side that serves, if none of its Deployments changes there; else for the other one.
 *
 * @throws DeployError `invalid-manifest` for a set that can't be deployed so
 */
export async function chooseSide<Judged extends { validation: Validation }>(
  session: Session,
  set: readonly Manifest[],
  { scaled, judge }: SidesOptions<Judged>,
): Promise<Sides<Judged>> {
  const placed = set.map((manifest) => inPlace(manifest, session.namespace))
  const roles = rolesOf(placed, scaled)
  const live = (ref: Ref): Promise<KubeObject | undefined> => session.cluster.get(ref)
  const services = await Promise.all(roles.services.map(({ object }) => live(refOf(object))))
  const active = activeSide(services)
  const serving = new Map<string, KubeObject>()
  for (const { object } of roles.deployments) {
    const found = await live(servingRef(refOf(object), active))
    if (found) serving.set(keyOf(refOf(object)), found)
  }
  const filled = placed.map((manifest) => withReplicas(manifest, serving.get(keyOf(refOf(manifest.object)))))
  if (active !== undefined) {
    const judged = await judge(forSide(filled, roles, active))
    if (!changesSide(judged.validation.objects, roles, active)) {
      return { judged, switched: new Set(), serving: new Map(), notes: [] }
    }
  }
  const side = otherSide(active)
  const bySide = roles.deployments.flatMap(({ object }) => {
    const old = serving.get(keyOf(refOf(object)))
    return old === undefined ? [] : [[keyOf(servingRef(refOf(object), side)), old] as const]
  })
  return {
    judged: await judge(forSide(filled, roles, side)),
    switched: keysOf(roles.services),
    serving: new Map(bySide),
    notes: active === undefined && services.some(Boolean) ? firstTime([...serving.values()], appOf(session)) : [],
  }
}

/** Of kinds that lie in a namespace: whom a Service selects depends on it. */
function inPlace(manifest: Manifest, namespace: string): Manifest {
  const { object } = manifest
  const isNamespaced = object.kind === 'Service' || /^(apps|autoscaling|keda\.sh)\//.test(object.apiVersion)
  if (!isNamespaced || object.metadata.namespace !== undefined) return manifest
  return { ...manifest, object: { ...object, metadata: { ...object.metadata, namespace } } }
}

function servingRef(ref: Ref, active: Side | undefined): Ref {
  return active === undefined ? ref : { ...ref, name: twinName(ref.name, active) }
}

/** Without `replicas` in its manifest a new side would begin with one pod, however many serve. */
function withReplicas(manifest: Manifest, serving: KubeObject | undefined): Manifest {
  const { object } = manifest
  const spec = deploymentSpec(object)
  if (serving === undefined || spec.replicas !== undefined) return manifest
  return { ...manifest, object: { ...object, spec: { ...spec, replicas: replicasOf(serving) } } }
}

function changesSide(judged: readonly Validated[], { deployments }: Roles, side: Side): boolean {
  const sided = new Set(deployments.map(({ object }) => keyOf(servingRef(refOf(object), side))))
  return judged.some(({ ref, change }) => sided.has(keyOf(ref)) && change !== 'none')
}

/** Pods that run already have no label by which a Service could be kept to them. */
function firstTime(serving: readonly KubeObject[], app: AppName): string[] {
  if (serving.length === 0) return []
  const strangers = serving.filter((object) => !isOwn(object, app)).map((object) => describeRef(refOf(object)))
  return [
    'This is the first blue-green deployment here: until the switch, the Services select the pods of both versions.',
    ...strangers.map(
      (name) => `${name} was not deployed by this app, so it stays, and no longer serves after the switch.`,
    ),
  ]
}
