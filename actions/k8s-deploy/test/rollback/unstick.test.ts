import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../../../../lab/cluster/processes.ts'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { type Ref, refOf } from '../../src/kube/objects.ts'
import { restore } from '../../src/rollback/restore.ts'
import { unstick } from '../../src/rollback/unstick.ts'
import { type OwnNamespace, openNamespace } from '../support/own-namespace.ts'
import { MISSING, objectsOf, PAUSE } from './objects.ts'

const describeCluster = await requireCluster()

describeCluster('a StatefulSet that is stuck after it was put back', () => {
  let own: OwnNamespace
  beforeAll(async () => {
    own = await openNamespace('unstick')
  })
  afterAll(() => own.close())

  test('goes on once its broken pod is deleted, and no other pod is', async () => {
    const { cluster } = own
    const { statefulSet, container } = objectsOf('db', own.namespace)
    const set = (image: string) => statefulSet('db', [container('db', image)], 2)
    const options = { fieldManager: 'ondol', force: false }
    await cluster.apply(set(PAUSE), options)
    await own.kubectl('rollout', 'status', 'statefulset/db', '--timeout=30s')
    const entries = [{ ref: refOf(set(PAUSE)), before: await cluster.get(refOf(set(PAUSE))) }]
    await cluster.apply(set(MISSING), options)
    const waiting = '{.status.containerStatuses[0].state.waiting.reason}'
    // It's gone for a moment while it's replaced.
    await until('db-1 waits for its image', 60_000, async () => {
      const reason = await own.kubectl('get', 'pod/db-1', '--ignore-not-found', `--output=jsonpath=${waiting}`)
      return reason === 'ImagePullBackOff'
    })
    const untouched = await own.kubectl('get', 'pod', 'db-0', '--output=jsonpath={.metadata.uid}')

    const signal = new AbortController().signal
    await restore(entries, {
      cluster,
      app: 'db',
      namespace: own.namespace,
      fieldManager: 'ondol',
      signal,
      deletableKinds: [],
    })
    const stop = new AbortController()
    const deleted: Ref[] = []
    const ended = unstick(cluster, refOf(set(PAUSE)), {
      labelSelector: 'ondol.dev/app=db',
      signal: stop.signal,
      onDeleted: (pod) => deleted.push(pod),
    })
    await own.kubectl('rollout', 'status', 'statefulset/db', '--timeout=30s')
    stop.abort()
    await ended
    expect(deleted.map(({ name }) => name)).toEqual(['db-1'])
    expect(await own.kubectl('get', 'pod', 'db-0', '--output=jsonpath={.metadata.uid}')).toBe(untouched)
  })
})
