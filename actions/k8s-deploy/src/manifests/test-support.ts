import type { Manifest } from '../kube/manifest.ts'
import type { KubeObject } from '../kube/objects.ts'

let lines = 0

/** A manifest at a place of its own. */
export function manifest(object: KubeObject): Manifest {
  lines += 1
  return { object, source: { file: 'k8s/all.yaml', document: lines, line: lines } }
}

export function workload(kind: string, name: string, pod: object, more: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: { selector: { matchLabels: { name } }, template: { metadata: { labels: { name } }, spec: pod }, ...more },
  }
}

export function config(kind: 'ConfigMap' | 'Secret', name: string, content: object, more: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name }, ...content, ...more }
}
