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
  const inventory = (refs: Ref[]) => ({ revision: 1, refs, resourceVersion: '1' })

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
    expect(leftOver(inventory(refs), current, [])).toEqual([gone])
    expect(leftOver(inventory([gone]), [ref('v1', 'ConfigMap', 'gone', 'other')], [])).toEqual([gone])
  })

  test('is never what takes more with it, unless its kind is named', () => {
    const refs = [
      ref('v1', 'Namespace', 'shop'),
      ref('v1', 'PersistentVolumeClaim', 'data'),
      ref('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.example.com'),
      ref('example.com/v1', 'Namespace', 'theirs'),
    ]
    expect(leftOver(inventory(refs), [], [])).toEqual([refs[3]])
    expect(leftOver(inventory(refs), [], ['PersistentVolumeClaim'])).toEqual([refs[1], refs[3]])
  })
})

test.each([
  [{ 'ondol.dev/app': 'shop' }, {}, true],
  [{ 'ondol.dev/app': 'shop' }, { 'ondol.dev/prune': 'keep' }, false],
  [{ 'ondol.dev/app': 'other' }, {}, false],
  [{}, {}, false],
])('an object with labels %j and annotations %j may go: %s', (labels, annotations, expected) => {
  const live = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', labels, annotations } }
  expect(isPrunable(live as Parameters<typeof isPrunable>[0], 'shop')).toBe(expected)
})
