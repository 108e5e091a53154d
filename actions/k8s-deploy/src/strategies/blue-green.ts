import { DeployError } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import { isDeployment, podLabels, twin } from './deployment.ts'

export type Side = 'blue' | 'green'

/** A set in which Deployments stand under the name of a side, and Services select that side. */
export interface Sided {
  manifests: Manifest[]
  /** Keys of the Services that select a side. */
  services: ReadonlySet<string>
  /** The Deployments of the other side, and those without one. */
  others: Ref[]
}

/** The side that serves now, by the live Services; `undefined` before the first blue-green deployment. */
export function activeSide(liveServices: readonly (KubeObject | undefined)[]): Side | undefined {
  for (const service of liveServices) {
    const side = selectorOf(service)?.[names.track]
    if (side === 'blue' || side === 'green') return side
  }
  return undefined
}

export const otherSide = (side: Side | undefined): Side => (side === 'blue' ? 'green' : 'blue')

/** Services of the set that select pods of its Deployments. */
export function servicesOf(manifests: readonly Manifest[]): Manifest[] {
  const deployments = manifests.filter(({ object }) => isDeployment(object))
  return manifests.filter(
    ({ object }) => object.kind === 'Service' && deployments.some((deployment) => selects(object, deployment.object)),
  )
}

/**
 * The set for a side: every Deployment that a Service selects becomes `<name>-<side>`, and the Service selects that side.
 *
 * @throws DeployError `invalid-manifest` where no Service selects a Deployment's pods, or something scales one
 */
export function forSide(manifests: readonly Manifest[], side: Side): Sided {
  const services = servicesOf(manifests)
  const sided = manifests.filter(
    ({ object }) => isDeployment(object) && services.some((service) => selects(service.object, object)),
  )
  if (sided.length === 0) {
    throw new DeployError({
      reason: 'invalid-manifest',
      message: 'The strategy is blue-green, and no Service of the manifests selects the pods of a Deployment of them.',
      remedy: 'Add the Service that is to be switched, or choose another strategy.',
    })
  }
  for (const { object } of sided) refuseScaled(object, manifests)
  const switched = new Set(services.map(({ object }) => keyOf(refOf(object))))
  const deployments = new Set(sided)
  return {
    manifests: manifests.map((manifest) => {
      const { object } = manifest
      if (deployments.has(manifest)) {
        return { ...manifest, object: twin(object, `${object.metadata.name}-${side}`, { [names.track]: side }) }
      }
      return switched.has(keyOf(refOf(object))) ? { ...manifest, object: selecting(object, side) } : manifest
    }),
    services: switched,
    others: sided.flatMap(({ object }) => [
      { ...refOf(object), name: `${object.metadata.name}-${otherSide(side)}` },
      refOf(object),
    ]),
  }
}

/** An autoscaler's target can't change its name with every deployment. */
function refuseScaled(deployment: KubeObject, manifests: readonly Manifest[]): void {
  const scaler = manifests.find(({ object }) => {
    const target = (object['spec'] as { scaleTargetRef?: { kind?: string; name?: string } } | undefined)?.scaleTargetRef
    return target?.name === deployment.metadata.name && (target.kind ?? 'Deployment') === 'Deployment'
  })
  if (scaler === undefined) return
  throw new DeployError({
    reason: 'invalid-manifest',
    message: `${describeRef(refOf(scaler.object))} scales ${describeRef(refOf(deployment))}, which the strategy blue-green replaces by one of another name.`,
    remedy: 'Choose the strategy rolling or canary for what an autoscaler scales.',
    object: refOf(deployment),
  })
}

function selectorOf(service: KubeObject | undefined): Record<string, string> | undefined {
  return (service?.['spec'] as { selector?: Record<string, string> } | undefined)?.selector
}

function selects(service: KubeObject, deployment: KubeObject): boolean {
  const selector = selectorOf(service)
  const labels = podLabels(deployment)
  if (selector === undefined || service.metadata.namespace !== deployment.metadata.namespace) return false
  const wanted = Object.entries(selector)
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}

function selecting(service: KubeObject, side: Side): KubeObject {
  const spec = service['spec'] as Record<string, unknown>
  return { ...service, spec: { ...spec, selector: { ...selectorOf(service), [names.track]: side } } }
}
