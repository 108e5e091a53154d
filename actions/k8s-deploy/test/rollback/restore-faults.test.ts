import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { type KubeObject, refOf } from '../../src/kube/objects.ts'
import { differences } from '../../src/rollback/compare.ts'
import { restore } from '../../src/rollback/restore.ts'
import { BUSYBOX, objectsOf, PAUSE } from './objects.ts'
import { fatesOf, openStage, type Stage } from './stage.ts'

const describeCluster = await requireCluster()

describeCluster('putting back what resists', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage('restore-faults')
  })
  afterAll(() => stage.close())

  test('Jobs, frozen and stubborn objects', async () => {
    const { job, container, configMap } = objectsOf('odd', stage.namespace)
    const done = (command: string) => job('done', [{ ...container('c', BUSYBOX), command: ['sh', '-c', command] }])
    const running = (seconds: string) => job('running', [{ ...container('c', BUSYBOX), command: ['sleep', seconds] }])
    const frozen = configMap('frozen', { a: '1' })
    await stage.apply([done('true'), running('600'), frozen])
    await stage.kubectl('wait', 'job/done', '--for=condition=Complete', '--timeout=30s')
    const stubborn = { ...configMap('stubborn', {}) }
    const entries = await stage.snapshotOf([frozen, stubborn, configMap('foreign', {}), done('true'), running('600')])

    await stage.kubectl('delete', 'job/done', 'job/running')
    await stage.apply([
      done('exit 1'),
      running('601'),
      { ...configMap('frozen', { a: '2' }), immutable: true },
      { ...stubborn, metadata: { ...stubborn.metadata, finalizers: ['example.com/never'] } },
    ])
    await stage.kubectl('create', 'configmap', 'foreign')
    const told: string[] = []
    const deps = stage.depsFor('odd', { deleteTimeoutMs: 1000, onObject: ({ object }) => void told.push(object.name) })
    const restored = await restore(entries, deps)
    expect(fatesOf(restored)).toEqual({
      'ConfigMap/frozen': 'restored',
      'ConfigMap/stubborn': 'left',
      'ConfigMap/foreign': 'unchanged',
      'Job/done': 'deleted',
      'Job/running': 'restored',
    })
    expect(restored.problems).toEqual([
      'ConfigMap `stubborn` could not be put back: It is being deleted and waits for its finalizers: example.com/never.',
    ])
    expect(told.sort()).toEqual(['done', 'foreign', 'frozen', 'running', 'stubborn'])
    await stage.expectAsBefore(entries.filter(({ ref }) => ['frozen', 'running'].includes(ref.name)))
    await stage.cluster.patch(refOf(stubborn), { metadata: { finalizers: null } })
  })

  test('an object that cannot be put back keeps no other from it, and nothing is written once a newer one has begun', async () => {
    const { configMap, service, deployment, container } = objectsOf('faulty', stage.namespace)
    const state = (value: number) => [
      configMap('one', { value: String(value) }),
      service('two', value),
      deployment('three', [container('c', PAUSE)], { replicas: 0, revisionHistoryLimit: value }),
    ]
    await stage.apply(state(1))
    const entries = await stage.snapshotOf(state(1))
    await stage.apply(state(2))
    const newer = new AbortController()
    const faulty: Cluster = {
      ...stage.cluster,
      replace: (object) =>
        object.metadata.name === 'one'
          ? Promise.reject(new Error('the webhook is down'))
          : stage.cluster.replace(object),
    }
    const onObject = () => newer.abort(new Error('a newer deployment began'))
    const restored = await restore(
      entries,
      stage.depsFor('faulty', { cluster: faulty, signal: newer.signal, onObject }),
    )
    expect(restored.problems).toEqual([
      'ConfigMap `one` could not be put back: the webhook is down',
      'Deployment `three` could not be put back: Stopped before it was its turn: a newer deployment began',
    ])
    const changed = await Promise.all(
      entries.map(async ({ ref, before }) => differences(before as KubeObject, await stage.live(ref))),
    )
    expect(changed).toEqual([['data.value'], [], ['spec.revisionHistoryLimit']])
  })
})
