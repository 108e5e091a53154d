import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { baselineOf, relapse, type Seen } from './soak.ts'

interface Status {
  restarts?: number
  ready?: boolean
  state?: object
  lastState?: object
  deleted?: boolean
  uid?: string
}

/** A StatefulSet with one pod of its newest revision. */
function seen({ restarts = 0, ready = true, state, lastState, deleted, uid = 'pod' }: Status, revision = 'new'): Seen {
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set', controller: true }
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'db-0',
      uid,
      labels: { 'controller-revision-hash': revision },
      ownerReferences: [owner],
      ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [{ name: 'main' }] },
    status: {
      containerStatuses: [{ name: 'main', restartCount: restarts, ready, state: state ?? { running: {} }, lastState }],
    },
  }
  const object: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'shop', uid: 'set' },
    status: { updateRevision: 'new' },
  }
  const moment = new Date(0)
  return {
    ref: { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'shop', name: 'db' },
    object,
    surroundings: { pods: [pod], events: [], replicaSets: [], now: moment, deployedAt: moment },
  }
}

const after = (before: Status, now: Status, revision?: string) =>
  relapse([seen(now, revision)], baselineOf([seen(before, revision)]))
const ended = (exitCode: number, reason = 'Error') => ({ terminated: { exitCode, reason } })

describe('a relapse', () => {
  test.each<[string, Status, Status, string, string]>([
    ['a restart', { restarts: 2 }, { restarts: 3, lastState: ended(7) }, 'crash-loop', 'exit code 7'],
    ['an end before the restart', {}, { ready: false, state: ended(1) }, 'crash-loop', 'exit code 1'],
    ['an end in order', {}, { ready: false, state: ended(0, 'Completed') }, 'crash-loop', 'exit code 0'],
    [
      'too much memory',
      {},
      { restarts: 1, lastState: ended(137, 'OOMKilled') },
      'oom-killed',
      'more memory than its limit',
    ],
    ['no longer ready', {}, { ready: false }, 'probe-failing', 'was ready and then no longer'],
    [
      'a restart of a pod that is new',
      {},
      { uid: 'newer', restarts: 1, lastState: ended(1) },
      'crash-loop',
      'exit code 1',
    ],
  ])('%s', (_, before, now, reason, message) => {
    expect(after(before, now)).toMatchObject({
      kind: 'failed',
      object: { name: 'db' },
      verdict: { state: 'failed', reason, message: expect.stringContaining(message), pod: 'db-0', container: 'main' },
    })
  })
})

describe('no relapse', () => {
  test.each<[string, Status, Status, string]>([
    ['as before', { restarts: 5, lastState: ended(1) }, { restarts: 5, lastState: ended(1) }, 'new'],
    ['a pod that is being deleted', {}, { deleted: true, ready: false, state: ended(143) }, 'new'],
    ['a pod of an older revision', {}, { restarts: 1, lastState: ended(1) }, 'old'],
    ['a new pod that is not ready yet', {}, { uid: 'newer', ready: false }, 'new'],
  ])('%s', (_, before, now, revision) => {
    expect(after(before, now, revision)).toBeUndefined()
  })
})
