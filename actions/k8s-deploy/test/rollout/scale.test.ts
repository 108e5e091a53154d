import { expect, test } from '@jest/globals'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { applyWaves } from '../../src/rollout/apply.ts'
import { observe } from '../../src/rollout/observe.ts'
import { validate } from '../../src/rollout/validate.ts'
import { openNamespace } from '../support/own-namespace.ts'
import { app, configMap, deployment, manifest } from './field.ts'

const describeCluster = await requireCluster()
const { signal } = new AbortController()
const writing = { fieldManager: 'ondol', force: false, app, signal }

describeCluster('many objects', () => {
  test('200 ConfigMaps and 20 Deployments are checked, written and judged within half a minute, and then known as unchanged', async () => {
    const field = await openNamespace('rollout')
    const { cluster, namespace } = field
    const options = { ...writing, namespace }
    try {
      const configs = Array.from({ length: 200 }, (_, index) => manifest(namespace, configMap(`c-${index}`)))
      const workloads = Array.from({ length: 20 }, (_, index) => manifest(namespace, deployment(`d-${index}`)))
      const deployedAt = cluster.now()
      const start = performance.now()
      const { objects } = await validate(cluster, [configs, workloads], options)
      const written = await applyWaves(cluster, objects, options)
      const observer = observe(cluster, { app, deployedAt, objects: written.map(({ ref }) => ({ ref })) })
      expect(await observer.untilReady({ timeoutMs: 60_000, signal })).toEqual({ kind: 'ready' })
      await observer.close()
      expect(performance.now() - start).toBeLessThan(30_000)

      const again = await validate(cluster, [configs, workloads], options)
      expect(new Set(again.objects.map(({ write }) => write))).toEqual(new Set(['skip']))
    } finally {
      await field.close()
    }
  })
})
