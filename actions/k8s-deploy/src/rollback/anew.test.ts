import { expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { anew } from './anew.ts'

const object = (apiVersion: string, kind: string, spec: object, metadata: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: {
    name: 'x',
    uid: 'u',
    resourceVersion: '1',
    generation: 2,
    managedFields: [],
    labels: { a: 'b' },
    ...metadata,
  },
  spec,
  status: { phase: 'Bound' },
})

test.each<[string, KubeObject, object]>([
  [
    'a Service gets a new address',
    object('v1', 'Service', { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], type: 'ClusterIP' }),
    { spec: { type: 'ClusterIP' } },
  ],
  [
    'a headless one stays so',
    object('v1', 'Service', { clusterIP: 'None', clusterIPs: ['None'] }),
    { spec: { clusterIP: 'None', clusterIPs: ['None'] } },
  ],
  [
    'a claim is bound anew',
    object(
      'v1',
      'PersistentVolumeClaim',
      { volumeName: 'pv', storageClassName: 's' },
      { annotations: { 'pv.kubernetes.io/bind-completed': 'yes', a: 'b' } },
    ),
    { metadata: { name: 'x', labels: { a: 'b' }, annotations: { a: 'b' } }, spec: { storageClassName: 's' } },
  ],
  [
    'a pod is scheduled anew',
    object('v1', 'Pod', { nodeName: 'worker-1', containers: [] }),
    { spec: { containers: [] } },
  ],
  [
    'a Job finds its new pods',
    object('batch/v1', 'Job', {
      selector: { matchLabels: { 'controller-uid': 'u' } },
      template: { metadata: { labels: { 'controller-uid': 'u', 'job-name': 'x', c: 'd' } }, spec: {} },
    }),
    { spec: { template: { metadata: { labels: { c: 'd' } }, spec: {} } } },
  ],
  [
    'but by its own selector where it has one',
    object('batch/v1', 'Job', { manualSelector: true, selector: {}, template: { metadata: {}, spec: {} } }),
    { spec: { manualSelector: true, selector: {}, template: { metadata: {}, spec: {} } } },
  ],
])('%s', (_, before, expected) => {
  const { apiVersion, kind } = before
  expect(anew(before)).toEqual({ apiVersion, kind, metadata: { name: 'x', labels: { a: 'b' } }, ...expected })
})
