import { busyboxImage } from '../../../../lab/cluster/index.ts'
import { web } from './shop.ts'

const PAUSE = 'registry.k8s.io/pause:3.10'

interface Meta {
  name: string
  annotations?: Record<string, string>
}

/** One object of each kind that the deployer's Role is about; `mark` is in each, so that another one changes all. */
export function everything(mark: string, names: { suffix?: string } = {}): object[] {
  const { suffix = '' } = names
  const meta = (name: string): Meta => ({ name: `${name}${suffix}`, annotations: { 'example.com/mark': mark } })
  const pod = (app: string, more: object = {}) => ({
    metadata: { labels: { app: `${app}${suffix}` }, annotations: { 'example.com/mark': mark } },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: PAUSE }], ...more },
  })
  const selector = (app: string) => ({ matchLabels: { app: `${app}${suffix}` } })
  const run = (command: string[]) => ({
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: busyboxImage, command }],
  })
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('settings'), data: { mark } },
    { apiVersion: 'v1', kind: 'Secret', metadata: meta('password'), stringData: { password: `of ${mark} here` } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta('shop') },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta('cart'),
      spec: { selector: { app: `cart${suffix}` }, ports: [{ port: 80 }] },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: meta('uploads'),
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta('cart'),
      spec: { selector: selector('cart'), template: pod('cart') },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: meta('queue'),
      spec: { serviceName: 'queue', selector: selector('queue'), template: pod('queue') },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: meta('agent'),
      spec: { selector: selector('agent'), template: pod('agent') },
    },
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: meta('nightly'),
      spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: { spec: run(['true']) } } } },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: meta('cart'),
      spec: {
        minReplicas: 1,
        maxReplicas: 2,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: `cart${suffix}` },
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: meta('cart'),
      spec: { maxUnavailable: 1, selector: selector('cart') },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: meta('cart'),
      spec: { defaultBackend: { service: { name: `cart${suffix}`, port: { number: 80 } } } },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: meta('cart'),
      spec: { podSelector: {}, ingress: [{}] },
    },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: meta('import'),
      spec: { template: { spec: run(['true']) } },
    },
  ]
}

export function hook(name: string, command: string[]): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { 'ondol.dev/hook': 'pre-deploy' } },
    spec: {
      backoffLimit: 0,
      template: {
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: busyboxImage, command }] },
      },
    },
  }
}

/** A Deployment that fails at once. */
export function broken(name = 'broken'): object {
  const labels = { app: name }
  return {
    ...web(),
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: 'ghcr.io/ACME/shop:v1' }] },
      },
    },
  }
}
