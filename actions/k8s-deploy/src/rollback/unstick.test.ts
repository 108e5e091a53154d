import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { stuckPod } from '../readiness/statefulsets.ts'

const set = (spec: object = {}, status: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', uid: 'set', generation: 3 },
  spec: { replicas: 3, ...spec },
  status: { observedGeneration: 3, currentRevision: 'old', updateRevision: 'old', updatedReplicas: 2, ...status },
})
const pod = (ordinal: number, revision: string, isReady: boolean, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `db-${ordinal}`,
    labels: { 'controller-revision-hash': revision },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set', controller: true }],
    ...metadata,
  },
  status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
})

describe('stuckPod', () => {
  const broken = pod(10, 'bad', false)
  const pods = [pod(9, 'bad', false), broken, pod(0, 'old', true)]

  test('is the highest one that is not ready, of a revision that is not wanted', () => {
    expect(stuckPod(set(), pods)).toBe(broken)
  })

  test.each<[string, KubeObject, KubeObject[]]>([
    ['the controller has not seen the change yet', set({}, { observedGeneration: 2 }), pods],
    ['an update is under way', set({}, { updateRevision: 'new' }), pods],
    ['all are updated', set({}, { updatedReplicas: 3 }), pods],
    ['pods are managed in parallel', set({ podManagementPolicy: 'Parallel' }), pods],
    ['people delete the pods', set({ updateStrategy: { type: 'OnDelete' } }), pods],
    ['the broken one is ready', set(), [pod(2, 'bad', true)]],
    ['the one that is waited for is right', set(), [pod(1, 'bad', false), pod(2, 'old', false)]],
    ['it is being deleted', set(), [pod(2, 'bad', false, { deletionTimestamp: '2030-01-01T00:00:00Z' })]],
    ["it is another set's", set(), [pod(2, 'bad', false, { ownerReferences: [] })]],
  ])('is none when %s', (_, object, given) => {
    expect(stuckPod(object, given)).toBeUndefined()
  })
})
