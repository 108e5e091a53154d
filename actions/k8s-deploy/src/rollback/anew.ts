import type { KubeObject } from '../kube/objects.ts'

const ASSIGNED = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink']

/** Labels and selector by which a Job finds its pods: made from its uid, unless it has a selector of its own. */
const JOB_LABELS = ['controller-uid', 'batch.kubernetes.io/controller-uid', 'job-name', 'batch.kubernetes.io/job-name']

const VOLUME_ANNOTATIONS = ['pv.kubernetes.io/bind-completed', 'pv.kubernetes.io/bound-by-controller']

/** The object as it is created again after it was deleted: without what the server and controllers had given the old one. */
export function anew({ status: _, ...object }: KubeObject): KubeObject {
  const metadata = omit(object.metadata, ASSIGNED) as KubeObject['metadata']
  return withoutAssigned({ ...object, metadata })
}

function withoutAssigned(object: KubeObject): KubeObject {
  const spec = (object['spec'] ?? {}) as Record<string, unknown>
  switch (object.kind) {
    case 'Service':
      return spec['clusterIP'] === 'None'
        ? object
        : { ...object, spec: omit(spec, ['clusterIP', 'clusterIPs', 'healthCheckNodePort']) }
    case 'PersistentVolumeClaim':
      return {
        ...object,
        metadata: {
          ...object.metadata,
          annotations: omit(object.metadata.annotations, VOLUME_ANNOTATIONS) as Record<string, string>,
        },
        spec: omit(spec, ['volumeName']),
      }
    case 'Pod':
      return { ...object, spec: omit(spec, ['nodeName']) }
    case 'Job':
      return spec['manualSelector'] === true ? object : jobAnew(object, spec)
    default:
      return object
  }
}

function jobAnew(object: KubeObject, spec: Record<string, unknown>): KubeObject {
  const template = spec['template'] as { metadata?: Record<string, unknown> }
  const metadata = { ...template.metadata, labels: omit(template.metadata?.['labels'], JOB_LABELS) }
  return {
    ...object,
    metadata: { ...object.metadata, labels: omit(object.metadata.labels, JOB_LABELS) as Record<string, string> },
    spec: { ...omit(spec, ['selector']), template: { ...template, metadata } },
  }
}

function omit(fields: unknown, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([name]) => !names.includes(name)))
}
