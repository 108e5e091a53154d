import { describe, expect, test } from '@jest/globals'
import type { Ref } from '../kube/objects.ts'
import { isPrunable, leftOver } from './inventory.ts'

const ref = (apiVersion: string, kind: string, name: string, namespace: string | undefined = 'shop'): Ref => ({
  apiVersion,
  kind,
  namespace,
  name,
})

describe('leftOver', () => {
  test('is what left the manifests, and not what only moved to another version or group', () => {
    const gone = ref('v1', 'ConfigMap', 'gone')
    const refs = [
      ref('apps/v1beta1', 'Deployment', 'web'),
      ref('extensions/v1beta1', 'Ingress', 'web'),
      gone,
      ref('v1', 'ConfigMap', 'web'),
    ]
    const current = [
      ref('apps/v1', 'Deployment', 'web'),
      ref('networking.k8s.io/v1', 'Ingress', 'web'),
      ref('v1', 'ConfigMap', 'web'),
    ]
    expect(leftOver({ refs, left: [] }, current)).toEqual([gone])
    expect(leftOver({ refs: [gone], left: [] }, [ref('v1', 'ConfigMap', 'gone', 'other')])).toEqual([gone])
  })

  test('is also what left them earlier, unless it is back', () => {
    const [early, back] = [ref('v1', 'ConfigMap', 'early'), ref('v1', 'ConfigMap', 'back')]
    expect(leftOver({ refs: [], left: [early, back] }, [back])).toEqual([early])
  })
})

test.each([
  ['v1', 'Namespace', [], false],
  ['v1', 'PersistentVolumeClaim', [], false],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', [], false],
  ['v1', 'PersistentVolumeClaim', ['PersistentVolumeClaim'], true],
  ['example.com/v1', 'Namespace', [], true],
])('an object of %s %s may go with prune-kinds %j: %s', (apiVersion, kind, pruneKinds, expected) => {
  const live = { apiVersion, kind, metadata: { name: 'x', labels: { 'ondol.dev/app': 'shop' } } }
  expect(isPrunable(live, 'shop', pruneKinds)).toBe(expected)
})

test.each([
  [{ 'ondol.dev/app': 'shop' }, {}, true],
  [{ 'ondol.dev/app': 'shop' }, { 'ondol.dev/prune': 'keep' }, false],
  [{ 'ondol.dev/app': 'other' }, {}, false],
  [{}, {}, false],
])('an object with labels %j and annotations %j may go: %s', (labels, annotations, expected) => {
  const live = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', labels, annotations } }
  expect(isPrunable(live as Parameters<typeof isPrunable>[0], 'shop', [])).toBe(expected)
})
