import { expect, test } from '@jest/globals'
import { isGroundwork, waves } from './order.ts'
import { manifest } from './test-support.ts'

const object = (apiVersion: string, kind: string, more: object = {}) =>
  manifest({ apiVersion, kind, metadata: { name: kind.toLowerCase() }, ...more })
const kinds = (given: ReturnType<typeof waves>) => given.map((wave) => wave.map(({ object: { kind } }) => kind))

const definition = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
  spec: { group: 'acme.example', names: { kind: 'Shop' } },
})

test('everything waits for what it needs, whatever order it is written in', () => {
  const given = [
    object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'),
    object('networking.k8s.io/v1', 'Ingress'),
    object('gateway.networking.k8s.io/v1', 'HTTPRoute'),
    object('autoscaling/v2', 'HorizontalPodAutoscaler'),
    object('policy/v1', 'PodDisruptionBudget'),
    object('acme.example/v1', 'Shop'),
    object('batch/v1', 'CronJob'),
    object('apps/v1', 'Deployment'),
    object('serving.knative.dev/v1', 'Service', { spec: { template: { spec: { containers: [] } } } }),
    object('external-secrets.io/v1', 'ExternalSecret'),
    object('v1', 'Service'),
    object('v1', 'PersistentVolumeClaim'),
    object('storage.k8s.io/v1', 'StorageClass'),
    object('v1', 'Secret'),
    object('v1', 'ConfigMap'),
    object('networking.k8s.io/v1', 'NetworkPolicy'),
    object('rbac.authorization.k8s.io/v1', 'RoleBinding'),
    object('v1', 'ServiceAccount'),
    object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'),
    object('v1', 'ResourceQuota'),
    definition,
    object('v1', 'Namespace'),
  ]

  expect(kinds(waves(given))).toEqual([
    ['Namespace'],
    ['CustomResourceDefinition'],
    ['NetworkPolicy', 'RoleBinding', 'ServiceAccount', 'ValidatingAdmissionPolicy', 'ResourceQuota'],
    ['Secret', 'ConfigMap'],
    ['PersistentVolumeClaim', 'StorageClass'],
    ['Service'],
    ['ExternalSecret'],
    ['CronJob', 'Deployment', 'Service'],
    ['Shop'],
    ['HorizontalPodAutoscaler', 'PodDisruptionBudget'],
    ['Ingress', 'HTTPRoute'],
    ['ValidatingWebhookConfiguration'],
  ])
  expect(waves(given).flat()).toHaveLength(given.length)
})

test('a custom resource whose definition is there already goes before the workloads', () => {
  expect(kinds(waves([object('apps/v1', 'Deployment'), object('acme.example/v1', 'Shop')]))).toEqual([
    ['Shop'],
    ['Deployment'],
  ])
})

test('nothing gives no wave', () => {
  expect(waves([])).toEqual([])
})

test('what hooks may need comes before them, pods and what leads to them after', () => {
  const before = [
    object('v1', 'Secret'),
    object('v1', 'ServiceAccount'),
    object('v1', 'PersistentVolumeClaim'),
    definition,
  ]
  const after = [object('v1', 'Service'), object('apps/v1', 'Deployment'), object('acme.example/v1', 'Shop')]
  expect([...before, ...after].map(({ object: one }) => isGroundwork(one))).toEqual([
    ...before.map(() => true),
    ...after.map(() => false),
  ])
})
