import type { KubeObject } from '../../src/kube/objects.ts'

/** Builders of small objects of one app in one namespace. */
export function objectsOf(app: string, namespace: string) {
  const metadata = (name: string): KubeObject['metadata'] => ({ name, namespace, labels: { 'ondol.dev/app': app } })
  const container = (name: string, image: string, env: Record<string, string> = {}) => ({
    name,
    image,
    ...(Object.keys(env).length > 0 ? { env: Object.entries(env).map(([key, value]) => ({ name: key, value })) } : {}),
  })
  const template = (name: string, containers: object[]) => ({
    metadata: { labels: { 'ondol.dev/app': app, part: name } },
    spec: { terminationGracePeriodSeconds: 0, containers },
  })
  return {
    container,
    configMap: (name: string, data: Record<string, string>): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata(name),
      data,
    }),
    secret: (name: string, data: Record<string, string>): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata(name),
      data: Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    }),
    service: (name: string, port: number): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(name),
      spec: { selector: { part: name }, ports: [{ port, targetPort: 8080 }] },
    }),
    deployment: (name: string, containers: object[], spec: object = {}): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata(name),
      spec: { selector: { matchLabels: { part: name } }, template: template(name, containers), ...spec },
    }),
    statefulSet: (name: string, containers: object[], replicas: number): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata(name),
      spec: {
        replicas,
        serviceName: name,
        selector: { matchLabels: { part: name } },
        template: template(name, containers),
      },
    }),
    job: (name: string, containers: object[]): KubeObject => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: metadata(name),
      spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers } } },
    }),
    autoscaler: (target: string): KubeObject => ({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: metadata(target),
      spec: {
        maxReplicas: 5,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
      },
    }),
    volumeClaim: (name: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: metadata(name),
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
    }),
  }
}

export const PAUSE = 'registry.k8s.io/pause:3.10'
export const BUSYBOX = 'docker.io/library/busybox:lab'
export const MISSING = 'ghcr.io/acme/nowhere:v9'
