import { groupOf, type KindName, type KubeObject } from '../kube/objects.ts'
import { type Fields, fieldsOf, isFields, listOf, type Path, updateAt, valuesAt } from './fields.ts'

/** A pod template, or a Pod itself: `metadata` and `spec`. */
export type PodTemplate = Fields

const SPEC_TEMPLATE: Path = ['spec', 'template']

/** By group and kind. A Pod is its own template. */
const PLACES: Readonly<Record<string, Path>> = {
  '/Pod': [],
  '/PodTemplate': ['template'],
  '/ReplicationController': SPEC_TEMPLATE,
  'apps/Deployment': SPEC_TEMPLATE,
  'apps/StatefulSet': SPEC_TEMPLATE,
  'apps/DaemonSet': SPEC_TEMPLATE,
  'apps/ReplicaSet': SPEC_TEMPLATE,
  'batch/Job': SPEC_TEMPLATE,
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
}

/** Groups of Kubernetes itself: what isn't in the table has no pod template, whatever its fields are called. */
const BUILT_IN = /^(?:|apps|batch|autoscaling|policy|.*\.k8s\.io)$/

/**
 * Where the pod templates of an object are. For kinds of others (argoproj.io `Rollout`, Knative, JobSet, …): every field whose
 * name ends in `template` and that has `spec.containers`.
 */
export function podTemplatePlaces(object: KubeObject): Path[] {
  const place = PLACES[tableKey(object)]
  if (place !== undefined) return valuesAt(object, place).some(isFields) ? [place] : []
  return BUILT_IN.test(groupOf(object)) ? [] : [...distinct(foundPlaces(object, []))]
}

export function podTemplatesOf(object: KubeObject): PodTemplate[] {
  return podTemplatePlaces(object).flatMap((place) => valuesAt(object, place).filter(isFields))
}

/** A copy with each pod template changed; the object itself where nothing changes. */
export function mapPodTemplates(object: KubeObject, change: (template: PodTemplate) => PodTemplate): KubeObject {
  return podTemplatePlaces(object).reduce<KubeObject>(
    (changed, place) => updateAt(changed, place, (value) => (isFields(value) ? change(value) : value)) as KubeObject,
    object,
  )
}

/**
 * Does a change of the pod template restart the pods? A Pod and a Job can't be changed, and a CronJob's next run reads its
 * configuration anew anyway.
 */
export function isRestartedByTemplate(object: KubeObject): boolean {
  return !['/Pod', '/PodTemplate', 'batch/Job', 'batch/CronJob'].includes(tableKey(object))
}

export const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const

export function containersOf(template: PodTemplate): Fields[] {
  const spec = fieldsOf(template['spec'])
  return containerLists.flatMap((list) => listOf(spec[list]).filter(isFields))
}

function tableKey(object: KindName): string {
  return `${groupOf(object)}/${object.kind}`
}

function* foundPlaces(value: unknown, place: Path): Generator<Path> {
  if (Array.isArray(value)) {
    for (const element of value) yield* foundPlaces(element, [...place, '[]'])
    return
  }
  if (!isFields(value)) return
  for (const [field, inner] of Object.entries(value)) {
    const at = [...place, field]
    if (/template$/i.test(field) && Array.isArray(fieldsOf(fieldsOf(inner)['spec'])['containers'])) yield at
    else yield* foundPlaces(inner, at)
  }
}

function distinct(places: Iterable<Path>): Iterable<Path> {
  return new Map([...places].map((place) => [place.join('\n'), place])).values()
}
