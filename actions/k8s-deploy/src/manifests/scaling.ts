import type { Manifest } from '../kube/manifest.ts'
import { groupOf, type KubeObject, keyOf, refOf } from '../kube/objects.ts'
import { fieldsOf } from './fields.ts'

/** KEDA leaves kind and version of its target out for a Deployment. */
const DEFAULT_TARGET = { apiVersion: 'apps/v1', kind: 'Deployment' }

/** The key of what an autoscaler (HorizontalPodAutoscaler, or KEDA's ScaledObject) scales; `undefined` for other objects. */
export function scaleTarget(object: KubeObject): string | undefined {
  const isAutoscaler =
    (object.kind === 'HorizontalPodAutoscaler' && groupOf(object) === 'autoscaling') ||
    (object.kind === 'ScaledObject' && groupOf(object) === 'keda.sh')
  const { apiVersion, kind, name } = fieldsOf(fieldsOf(object['spec'])['scaleTargetRef'])
  if (!isAutoscaler || typeof name !== 'string') return undefined
  return keyOf({
    apiVersion: typeof apiVersion === 'string' ? apiVersion : DEFAULT_TARGET.apiVersion,
    kind: typeof kind === 'string' ? kind : DEFAULT_TARGET.kind,
    namespace: object.metadata.namespace,
    name,
  })
}

/**
 * Leaves `spec.replicas` to the autoscaler wherever there is one, in the set or (`liveTargets`, keys) in the cluster.
 * `scaled`: keys of the objects of the set that are scaled so.
 */
export function leaveReplicas(
  manifests: readonly Manifest[],
  liveTargets: ReadonlySet<string>,
): { manifests: Manifest[]; scaled: Set<string> } {
  const targets = new Set([...liveTargets, ...manifests.flatMap(({ object }) => scaleTarget(object) ?? [])])
  const scaled = new Set(manifests.map(({ object }) => keyOf(refOf(object))).filter((key) => targets.has(key)))
  const left = manifests.map((manifest) =>
    scaled.has(keyOf(refOf(manifest.object))) ? { ...manifest, object: withoutReplicas(manifest.object) } : manifest,
  )
  return { manifests: left, scaled }
}

function withoutReplicas(object: KubeObject): KubeObject {
  const { replicas: _, ...spec } = fieldsOf(object['spec'])
  return { ...object, spec }
}
