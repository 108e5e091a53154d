import { groupOf, type KindName } from '../kube/objects.ts'

/** A field as `spec.ports.*.nodePort`, in parts: `*` stands for each element of a list. */
export type Pattern = readonly string[]

/** What the server counts by itself. */
const EVERYWHERE = [
  ['status'],
  ['metadata', 'uid'],
  ['metadata', 'resourceVersion'],
  ['metadata', 'generation'],
  ['metadata', 'creationTimestamp'],
  ['metadata', 'deletionTimestamp'],
  ['metadata', 'deletionGracePeriodSeconds'],
  ['metadata', 'managedFields'],
  ['metadata', 'selfLink'],
]

/**
 * What controllers or the server decide, or what can't go back: volumes don't shrink, addresses are given once. The list began
 * as kapp's rebase rules (https://carvel.dev/kapp/docs/v0.64.x/config/#rebaserules); injected `caBundle`s aren't in it, since
 * their injector owns them, and one that the manifests give has to come back.
 */
const BY_KIND: Record<string, string[][]> = {
  '/Service': [
    ['spec', 'clusterIP'],
    ['spec', 'clusterIPs'],
    ['spec', 'healthCheckNodePort'],
  ],
  '/PersistentVolumeClaim': [
    ['spec', 'volumeName'],
    ['spec', 'resources'],
    ['metadata', 'annotations', 'pv.kubernetes.io/bind-completed'],
    ['metadata', 'annotations', 'pv.kubernetes.io/bound-by-controller'],
    ['metadata', 'annotations', 'volume.kubernetes.io/selected-node'],
  ],
  '/PersistentVolume': [['spec', 'claimRef']],
  '/ServiceAccount': [['secrets']],
  '/Pod': [['spec', 'nodeName']],
  'apps/Deployment': [['metadata', 'annotations', 'deployment.kubernetes.io/revision']],
  'apps/DaemonSet': [['metadata', 'annotations', 'deprecated.daemonset.template.generation']],
  'batch/Job': [
    ['spec', 'selector'],
    ['spec', 'template', 'metadata', 'labels', 'batch.kubernetes.io/controller-uid'],
    ['spec', 'template', 'metadata', 'labels', 'controller-uid'],
    ['metadata', 'labels', 'batch.kubernetes.io/controller-uid'],
    ['metadata', 'labels', 'controller-uid'],
  ],
}

/** Under an autoscaler the number of replicas is the autoscaler's. */
export const replicas: Pattern = ['spec', 'replicas']

/** The fields of a kind that a restored object keeps as they are now. */
export function ignoredFields(kind: KindName): Pattern[] {
  return [...EVERYWHERE, ...(BY_KIND[`${groupOf(kind)}/${kind.kind}`] ?? [])]
}

/** Whether a field, written with `*` for elements of lists, is one of the patterns. */
export function matchesAny(path: Pattern, patterns: readonly Pattern[]): boolean {
  return patterns.some((pattern) => pattern.length === path.length && pattern.every((part, at) => part === path[at]))
}
