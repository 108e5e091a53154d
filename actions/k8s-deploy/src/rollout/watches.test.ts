import { expect, test } from '@jest/globals'
import { planWatches } from './watches.ts'

const ref = (apiVersion: string, kind: string, namespace?: string) => ({ apiVersion, kind, namespace, name: 'x' })

test('one watch per kind and namespace, pods and ReplicaSets where they decide, no Secrets', () => {
  const plan = planWatches('shop', [
    ref('v1', 'Namespace'),
    ref('v1', 'Secret', 'a'),
    ref('v1', 'ConfigMap', 'b'),
    ref('apps/v1', 'Deployment', 'a'),
    ref('apps/v1', 'Deployment', 'a'),
    ref('v1', 'Pod', 'a'),
    ref('v1', 'Service', 'c'),
  ])
  const labelSelector = 'ondol.dev/app=shop'
  expect(plan.objects).toEqual([
    { apiVersion: 'v1', kind: 'Namespace', labelSelector },
    { apiVersion: 'v1', kind: 'Pod', namespace: 'a', labelSelector },
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'a', labelSelector },
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'a', labelSelector },
    { apiVersion: 'v1', kind: 'Service', namespace: 'c', labelSelector },
  ])
  expect(plan.events).toEqual([
    { apiVersion: 'v1', kind: 'Event', namespace: 'a' },
    { apiVersion: 'v1', kind: 'Event', namespace: 'c' },
  ])
})
