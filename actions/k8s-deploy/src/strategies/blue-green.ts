import { DeployError } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject, keyOf, refOf } from '../kube/objects.ts'
import { scaleTarget } from '../manifests/scaling.ts'
import { deploymentSpec, isDeployment, podLabels, runsAlone, twin, withoutTrack } from './deployment.ts'

export type Side = 'blue' | 'green'

/** The parts of a set that blue-green moves. All of its objects name their namespaces. */
export interface Roles {
  /** Those whose pods a Service selects. */
  deployments: Manifest[]
  services: Manifest[]
}

/**
 * Which Deployments get sides, and which Services are switched.
 *
 * @param scaled keys of what autoscalers of the cluster scale
 * @throws DeployError `invalid-manifest` where no Service selects a Deployment's pods, or what one selects can't have sides
 */
export function rolesOf(manifests: readonly Manifest[], scaled: ReadonlySet<string>): Roles {
  const all = manifests.filter(({ object }) => isDeployment(object))
  const services = manifests.filter(
    ({ object }) => object.kind === 'Service' && all.some((deployment) => selects(object, deployment.object)),
  )
  const isSelected = ({ object }: Manifest): boolean => services.some((service) => selects(service.object, object))
  const deployments = all.filter(isSelected)
  if (deployments.length === 0) {
    throw new DeployError({
      reason: 'invalid-manifest',
      message: 'The strategy is blue-green, and no Service of the manifests selects the pods of a Deployment of them.',
      remedy: 'Add the Service that is to be switched, or choose another strategy.',
    })
  }
  for (const manifest of manifests.filter(isSelected)) refuseSideless(manifest)
  const targets = new Set([...scaled, ...manifests.flatMap(({ object }) => scaleTarget(object) ?? [])])
  for (const { object } of deployments) if (targets.has(keyOf(refOf(object)))) throw autoscaled(object)
  return { deployments, services }
}

/** The set for a side: every such Deployment becomes `<name>-<side>`, and its Services select that side. */
export function forSide(manifests: readonly Manifest[], { deployments, services }: Roles, side: Side): Manifest[] {
  const [sided, switched] = [keysOf(deployments), keysOf(services)]
  return manifests.map((manifest) => {
    const { object } = manifest
    const key = keyOf(refOf(object))
    if (sided.has(key)) return { ...manifest, object: twin(object, side) }
    return switched.has(key) ? { ...manifest, object: selecting(object, { [names.track]: side }) } : manifest
  })
}

/** An object of a side as the manifests have it; any other as it is. */
export function withoutSide(object: KubeObject): KubeObject {
  if (isDeployment(object)) return withoutTrack(object)
  return object.kind === 'Service' && sideOf(object) !== undefined ? selecting(object, {}) : object
}

/** The side that serves now, by the live Services; `undefined` before the first blue-green deployment. */
export function activeSide(liveServices: readonly (KubeObject | undefined)[]): Side | undefined {
  return liveServices.map(sideOf).find((side) => side !== undefined)
}

export const otherSide = (side: Side | undefined): Side => (side === 'blue' ? 'green' : 'blue')

export function keysOf(manifests: readonly Manifest[]): Set<string> {
  return new Set(manifests.map(({ object }) => keyOf(refOf(object))))
}

/** A Service that selects a side selects nothing else any more. */
function refuseSideless({ object, source }: Manifest): void {
  if (isDeployment(object) && !runsAlone(object)) return
  const why = isDeployment(object)
    ? 'has the strategy Recreate, so two versions of it must not run side by side'
    : 'can have no sides, which only Deployments have'
  throw new DeployError({
    reason: 'invalid-manifest',
    message: `The strategy is blue-green, and ${describeRef(refOf(object))}, whose pods a Service selects, ${why}.`,
    remedy: 'Choose another strategy, or a Service of its own with other labels.',
    object: refOf(object),
    source,
  })
}

/** An autoscaler's target can't change its name with every deployment. */
function autoscaled(deployment: KubeObject): DeployError {
  const ref = refOf(deployment)
  return new DeployError({
    reason: 'invalid-manifest',
    message: `An autoscaler scales ${describeRef(ref)}, which the strategy blue-green replaces by one of another name.`,
    remedy: 'Choose the strategy rolling or canary for what an autoscaler scales.',
    object: ref,
  })
}

function selectorOf(service: KubeObject | undefined): Record<string, string> | undefined {
  return (service?.['spec'] as { selector?: Record<string, string> } | undefined)?.selector
}

function sideOf(service: KubeObject | undefined): Side | undefined {
  const side = selectorOf(service)?.[names.track]
  return side === 'blue' || side === 'green' ? side : undefined
}

/** Of a workload with lasting pods: a Job's aren't meant to serve. */
function selects(service: KubeObject, workload: KubeObject): boolean {
  const selector = Object.entries(selectorOf(service) ?? {})
  if (!workload.apiVersion.startsWith('apps/') || deploymentSpec(workload).template === undefined) return false
  if (service.metadata.namespace !== workload.metadata.namespace || selector.length === 0) return false
  const labels = podLabels(workload)
  return selector.every(([key, value]) => labels[key] === value)
}

function selecting(service: KubeObject, track: Record<string, string>): KubeObject {
  const { [names.track]: _, ...selector } = selectorOf(service) ?? {}
  const spec = service['spec'] as Record<string, unknown>
  return { ...service, spec: { ...spec, selector: { ...selector, ...track } } }
}
