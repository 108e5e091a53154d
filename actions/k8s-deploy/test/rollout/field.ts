import { busyboxImage } from '../../../../lab/cluster/index.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { names } from '../../src/kube/names.ts'
import type { KubeObject } from '../../src/kube/objects.ts'

export const app = 'shop'

/** The object as the manifests' preparation leaves it: with its namespace and the app's label, also on its pods. */
export function manifest(namespace: string | undefined, object: object, line = 1): Manifest {
  const { metadata, ...rest } = object as KubeObject
  const labelled = {
    ...rest,
    metadata: {
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...metadata.labels, [names.app]: app },
    },
  } as KubeObject
  return { object: labelled, source: { file: 'k8s/all.yaml', document: 1, line } }
}

export function configMap(name: string, data: Record<string, string> = { key: 'value' }): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
}

interface Container {
  image?: string
  command?: string[]
  [field: string]: unknown
}

const forever = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done']

export function deployment(name: string, container: Container = {}, spec: object = {}): object {
  const labels = { name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels: { ...labels, [names.app]: app } }, spec: podSpec(container) },
      ...spec,
    },
  }
}

export function job(name: string, container: Container = {}, spec: object = {}): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      backoffLimit: 0,
      template: { metadata: { labels: { [names.app]: app } }, spec: { ...podSpec(container), restartPolicy: 'Never' } },
      ...spec,
    },
  }
}

function podSpec(container: Container): object {
  const main = { name: 'main', image: busyboxImage, command: forever, ...container }
  return { terminationGracePeriodSeconds: 0, containers: [main] }
}
