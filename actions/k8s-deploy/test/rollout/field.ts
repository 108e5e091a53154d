import { randomBytes } from 'node:crypto'
import { programPath } from '../../../../lab/cluster/build.ts'
import { busyboxImage, useCluster } from '../../../../lab/cluster/index.ts'
import { createProcessRunner, type ProcessRunner } from '../../../../lib/process/run.ts'
import { type OpenCluster, openCluster } from '../../src/cluster/index.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { names } from '../../src/kube/names.ts'
import type { KubeObject } from '../../src/kube/objects.ts'

export const app = 'shop'

/** A namespace of its own on a real cluster. */
export interface Field {
  cluster: OpenCluster
  namespace: string
  kubeconfig: string
  processes: ProcessRunner
  close(): Promise<void>
}

export async function openField(): Promise<Field> {
  const lab = await useCluster({ workers: 2 })
  const processes = createProcessRunner()
  const cluster = await connect(processes, lab.kubeconfig)
  const namespace = `t-rollout-${randomBytes(4).toString('hex')}`
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  return {
    cluster,
    namespace,
    processes,
    kubeconfig: lab.kubeconfig,
    async close() {
      await cluster.delete({ apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: namespace })
      await cluster.close()
      processes.close()
      await lab.close()
    },
  }
}

export function connect(processes: ProcessRunner, kubeconfig: string): Promise<OpenCluster> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
  return openCluster({ processes, kubectl: programPath('kubectl'), kubeconfig, context: undefined, env })
}

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
