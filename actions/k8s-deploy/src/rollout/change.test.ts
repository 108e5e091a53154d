import { expect, test } from '@jest/globals'
import type { KubeObject, ManagedFields } from '../kube/objects.ts'
import { changeOf, ownsAlike } from './change.ts'

const config = (metadata: object = {}, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', uid: '1', resourceVersion: '5', generation: 1, ...metadata },
  data: { key: 'value' },
  ...more,
})

test.each<[string, KubeObject | undefined, KubeObject, string]>([
  ['one that is not there', undefined, config(), 'create'],
  ['the same', config(), config(), 'none'],
  ['what the server counts', config(), config({ resourceVersion: '6', generation: 2, managedFields: [] }), 'none'],
  ['the status', config({}, { status: { ready: 1 } }), config({}, { status: { ready: 2 } }), 'none'],
  [
    'which deployment wrote it',
    config({ annotations: { 'ondol.dev/run': '1' } }),
    config({ annotations: { 'ondol.dev/run': '2', 'ondol.dev/commit': 'abc' } }),
    'none',
  ],
  ['data', config(), config({}, { data: { key: 'other' } }), 'change'],
  ['a label', config(), config({ labels: { a: 'b' } }), 'change'],
  ['another annotation', config(), config({ annotations: { a: 'b' } }), 'change'],
])('%s', (_, before, after, change) => {
  expect(changeOf(before, after)).toBe(change)
})

test('a field that only another manager owns has yet to be owned', () => {
  const owner = (manager: string, fieldsV1: Record<string, unknown>, more: object = {}): ManagedFields => ({
    manager,
    operation: 'Apply',
    fieldsV1,
    ...more,
  })
  const mine = config({ managedFields: [owner('ondol', { 'f:data': {} })] })
  const sameLater = config({
    managedFields: [owner('kubectl', {}), owner('ondol', { 'f:data': {} }, { time: 'later' })],
  })
  const theirs = config({ managedFields: [owner('kubectl', { 'f:data': {} })] })
  const updated = config({ managedFields: [owner('ondol', { 'f:data': {} }, { operation: 'Update' })] })
  expect(ownsAlike(mine, sameLater, 'ondol')).toBe(true)
  expect(ownsAlike(theirs, mine, 'ondol')).toBe(false)
  expect(ownsAlike(updated, mine, 'ondol')).toBe(false)
})
