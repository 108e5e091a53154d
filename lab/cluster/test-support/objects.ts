// Kubernetes objects that tests deploy.
import { busyboxImage, nodeImage } from '../base-images.ts'

interface Container {
  image?: string
  command: readonly string[]
  cpu?: string
  volume?: { claim: string; path: string }
}

export function deployment(name: string, replicas: number, container: Container): object {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(container) } },
  }
}

export function pod(name: string, container: Container, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...podSpec(container), ...more } }
}

function podSpec({ image = busyboxImage, command, cpu, volume }: Container): object {
  const main = {
    name: 'main',
    image,
    command,
    ...(cpu === undefined ? {} : { resources: { requests: { cpu }, limits: { cpu } } }),
    ...(volume === undefined ? {} : { volumeMounts: [{ name: 'data', mountPath: volume.path }] }),
  }
  return {
    // What ignores the signal to stop, as a PID 1 without a handler does, need not be waited for.
    terminationGracePeriodSeconds: 0,
    containers: [main],
    ...(volume === undefined
      ? {}
      : { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: volume.claim } }] }),
  }
}

const server = "require('http').createServer((_, reply) => reply.end(require('os').hostname())).listen(8080)"

/** A web service with two pods, each on a worker of its own; it answers with the pod's name. */
export function webService(name: string): object[] {
  const labels = { app: name }
  const spread = [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: labels },
    },
  ]
  const spec = {
    terminationGracePeriodSeconds: 0,
    topologySpreadConstraints: spread,
    containers: [
      {
        name: 'main',
        image: nodeImage,
        command: ['node', '-e', server],
        readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
      },
    ],
  }
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ]
}

export function claim(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } },
  }
}

/** Two replicas at most, for a Deployment of the same name, at half of the requested processor time. */
export function autoscaler(name: string): object {
  const target = { type: 'Utilization', averageUtilization: 50 }
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 1,
      maxReplicas: 2,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  }
}
