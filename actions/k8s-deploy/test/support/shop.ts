import { stringify } from 'yaml'
import { busyboxImage } from '../../../../lab/cluster/index.ts'

/** A small service of two pods that says what its ConfigMap says. What tests change about it: */
export interface ShopOptions {
  greeting?: string
  replicas?: number | null
  image?: string
  /** Of the container; by default a web server of the ConfigMap's files. */
  command?: readonly string[]
  /** Merged into the container. */
  container?: object
  /** Merged into the pod's spec. */
  pod?: object
  /** Merged into the Deployment's spec. */
  spec?: object
  /** Labels of the Deployment's pods beyond `app: web`, and what its selector asks for. */
  labels?: Record<string, string>
}

/** Fails at once: a reference that no registry is asked for. */
export const BROKEN_IMAGE = 'ghcr.io/ACME/shop:v2'

export const SERVER = ['httpd', '-f', '-p', '8080', '-h', '/www']

export function config(greeting = 'one'): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web' },
    data: { 'index.html': `${greeting}\n` },
  }
}

export function service(more: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...more },
  }
}

export function web(options: ShopOptions = {}): object {
  const { replicas = 2, image = busyboxImage, command = SERVER, container, pod, spec, labels = {} } = options
  const podLabels = { app: 'web', ...labels }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      ...(replicas === null ? {} : { replicas }),
      selector: { matchLabels: podLabels },
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      ...spec,
      template: {
        metadata: { labels: podLabels },
        spec: {
          // busybox's httpd is no process 1 that heeds a signal.
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'web',
              image,
              command,
              readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
              volumeMounts: [{ name: 'content', mountPath: '/www' }],
              ...container,
            },
          ],
          volumes: [{ name: 'content', configMap: { name: 'web' } }],
          ...pod,
        },
      },
    },
  }
}

/** One file a document. */
export function files(...objects: object[]): Record<string, string> {
  return { 'all.yaml': objects.map((object) => stringify(object)).join('---\n') }
}

export function shop(options: ShopOptions = {}): Record<string, string> {
  return files(config(options.greeting), service(), web(options))
}
