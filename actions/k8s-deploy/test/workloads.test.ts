import { expect, test } from '@jest/globals'
import { busyboxImage } from '../../../lab/cluster/index.ts'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import type { KubeObject } from '../src/kube/objects.ts'
import { openScene, type Scene } from './support/scene.ts'
import { BROKEN_IMAGE, config, files, service, shop, web } from './support/shop.ts'

const describeCluster = await requireCluster()

async function withScene(first: Record<string, string>, body: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene(first)
  try {
    expect(await scene.deploy()).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
    await body(scene)
  } finally {
    await scene.close()
  }
}

function workload(kind: 'StatefulSet' | 'DaemonSet', image = busyboxImage): object {
  const labels = { app: 'worker' }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'worker' },
    spec: {
      selector: { matchLabels: labels },
      ...(kind === 'StatefulSet' ? { replicas: 2, serviceName: 'worker' } : {}),
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'worker', image, command: ['sleep', '100000'] }],
        },
      },
    },
  }
}

const restartsOf = async ({ kubectl }: Scene, selector: string): Promise<number[]> => {
  const path = 'jsonpath={.items[*].status.containerStatuses[0].restartCount}'
  return (await kubectl('get', 'pods', `--selector=${selector}`, `--output=${path}`)).split(' ').map(Number)
}

describeCluster('soak', () => {
  const dyingLater = {
    replicas: 1,
    command: ['sh', '-c', 'httpd -p 8080 -h /www; sleep 12; echo out of ideas; exit 3'],
  }

  test.concurrent(
    'a pod that gets ready and then crashes fails the deployment, and all is put back',
    () =>
      withScene(shop({ replicas: 1 }), async (scene) => {
        const good = await scene.world()
        const step = await scene.deploy(shop({ greeting: 'two', ...dyingLater }), { inputs: { soak: '40s' } })
        expect(step).toMatchObject({ reason: 'crash-loop', outputs: { result: 'rolled-back' } })
        expect(step.annotations[0]?.message).toMatch(
          /Deployment `web`: container `web` was ready and then ended with exit code 3/,
        )
        expect(step.summary).toContain('out of ideas')
        expect(await scene.world()).toEqual(good)
      }),
    180_000,
  )

  test.concurrent('a pod that restarted before this deployment does not', () => {
    const restarting = web({
      replicas: 1,
      command: ['sh', '-c', 'test -f /seen/once && exec httpd -f -p 8080 -h /www; touch /seen/once; exit 1'],
      container: {
        volumeMounts: [
          { name: 'content', mountPath: '/www' },
          { name: 'seen', mountPath: '/seen' },
        ],
      },
      pod: {
        volumes: [
          { name: 'content', configMap: { name: 'web' } },
          { name: 'seen', emptyDir: {} },
        ],
      },
    })
    const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' }, data: { key: 'value' } }
    return withScene(files(config(), service(), restarting), async (scene) => {
      expect(await restartsOf(scene, 'app=web')).toEqual([1])
      const step = await scene.deploy(files(config(), service(), restarting, other))
      expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
      expect(await restartsOf(scene, 'app=web')).toEqual([1])
    })
  }, 180_000)
})

describeCluster('kinds of workloads with an image that is not there', () => {
  test.concurrent(
    'a StatefulSet that its own failed pod would block is freed, and ready again',
    () =>
      withScene(files(workload('StatefulSet')), async (scene) => {
        const good = await scene.world()
        const step = await scene.deploy(files(workload('StatefulSet', BROKEN_IMAGE)))
        expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rolled-back' } })
        expect(step.log.join('\n')).toContain('Pod `worker-1` of the failed revision was in the way and is deleted')
        expect(await scene.world()).toEqual(good)
        expect((await scene.object('statefulset', 'worker'))?.['status']).toMatchObject({
          readyReplicas: 2,
          updatedReplicas: 2,
        })
      }),
    240_000,
  )

  test.concurrent('a Job that had run before is not run again', () => {
    const job = (text: string) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'seed' },
      spec: {
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [{ name: 'main', image: busyboxImage, command: ['echo', text] }],
          },
        },
      },
    })
    const set = (text: string, image?: string) =>
      files(job(text), config(text), service(), web({ replicas: 1, ...(image ? { image } : {}) }))
    return withScene(set('one'), async (scene) => {
      const { 'Job/seed': _, ...good } = await scene.world()
      const step = await scene.deploy(set('two', BROKEN_IMAGE))
      expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rolled-back' } })
      expect(step.summary).toMatch(
        /The(&#32;| )earlier(&#32;| )Job(&#32;| )had(&#32;| )run(&#32;| )to(&#32;| )its(&#32;| )end/,
      )
      expect(await scene.world()).toEqual(good)
    })
  }, 180_000)

  test.concurrent(
    'a DaemonSet is put back on every node',
    () =>
      withScene(files(workload('DaemonSet')), async (scene) => {
        const good = await scene.world()
        const step = await scene.deploy(files(workload('DaemonSet', BROKEN_IMAGE)))
        expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rolled-back' } })
        expect(await scene.world()).toEqual(good)
        const status = (await scene.object('daemonset', 'worker'))?.['status'] as KubeObject & Record<string, number>
        expect(status['numberReady']).toBe(status['desiredNumberScheduled'])
        expect(status['updatedNumberScheduled']).toBe(status['desiredNumberScheduled'])
      }),
    240_000,
  )
})

describeCluster('what says little of itself', () => {
  test.concurrent('a Job that is deleted as soon as it has ended has done its work, as a hook and beside slower pods', () => {
    const job = (name: string, ttl: number, annotations = {}) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, annotations },
      spec: {
        ttlSecondsAfterFinished: ttl,
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: busyboxImage, command: ['true'] }] },
        },
      },
    })
    const slow = web({
      replicas: 1,
      container: { readinessProbe: { httpGet: { path: '/', port: 8080 }, initialDelaySeconds: 8, periodSeconds: 1 } },
    })
    const jobs = [job('migrate', 0, { 'ondol.dev/hook': 'pre-deploy' }), job('seed', 0), job('warm', 2)]
    return withScene(files(config(), service(), slow, ...jobs), async (scene) => {
      expect(Object.keys(await scene.world()).filter((key) => key.startsWith('Job/'))).toEqual([])
      const step = await scene.deploy({}, { inputs: { mode: 'status' } })
      expect(step).toMatchObject({ conclusion: 'success' })
    })
  }, 120_000)

  test.concurrent('pods that nothing replaces are told of', () => {
    const set = (image: string) => {
      const { spec, ...daemonSet } = workload('DaemonSet', image) as { spec: object }
      return files({ ...daemonSet, spec: { ...spec, updateStrategy: { type: 'OnDelete' } } })
    }
    return withScene(set(busyboxImage), async (scene) => {
      const step = await scene.deploy(set(BROKEN_IMAGE))
      expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
      expect(step.summary).toMatch(/its pods keep their older form until they are deleted/)
      expect(step.outputs['objects']).toMatch(/\d pods keep their older revision until they are deleted/)
    })
  }, 120_000)
})
