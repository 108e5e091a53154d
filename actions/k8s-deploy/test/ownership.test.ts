import { expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import type { KubeObject } from '../src/kube/objects.ts'
import { applyAs, ownersOf, watchField } from './support/others.ts'
import { openScene, type Scene } from './support/scene.ts'
import { BROKEN_IMAGE, config, files, service, shop, web } from './support/shop.ts'

const describeCluster = await requireCluster()

/** A change that rolls out well, and one whose pods never start. */
const outcomes = [
  { name: 'a good deployment', image: 'docker.io/library/busybox:lab', result: 'deployed' },
  { name: 'a failed one', image: BROKEN_IMAGE, result: 'rolled-back' },
]

async function withScene(body: (scene: Scene) => Promise<void>, first = shop()): Promise<void> {
  const scene = await openScene(first)
  try {
    await body(scene)
  } finally {
    await scene.close()
  }
}

function autoscaler(minReplicas: number): object {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas,
      maxReplicas: 5,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  }
}

const replicasOf = (object: KubeObject | undefined): number | undefined =>
  (object?.['spec'] as { replicas?: number } | undefined)?.replicas

describeCluster('what belongs to others is left alone', () => {
  test.concurrent.each(outcomes)(
    '$name: fields of other managers, and objects that are none of the app',
    ({ image, result }) =>
      withScene(async (scene) => {
        expect(await scene.deploy()).toMatchObject({ conclusion: 'success' })
        await applyAs(scene, 'team', {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web', labels: { team: 'blue' }, annotations: { 'example.com/on-call': 'blue' } },
        })
        await applyAs(scene, 'injector', {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web' },
          spec: {
            template: {
              metadata: { annotations: { 'example.com/injected': 'yes' } },
              spec: { containers: [{ name: 'sidecar', image: 'registry.k8s.io/pause:3.10' }] },
            },
          },
        })
        await applyAs(scene, 'other-app', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'not-ours', labels: { app: 'web' } },
          data: { key: 'value' },
        })
        await scene.kubectl('annotate', 'configmap/web', 'example.com/by-hand=yes')
        await scene.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
        const world = await scene.world()
        const owners = await ownersOf(scene, 'deployment/web')
        const foreign = await scene.object('configmap', 'not-ours')

        const step = await scene.deploy(shop({ greeting: 'two', image }))
        expect(step.outputs['result']).toBe(result)

        const after = await scene.object('deployment', 'web')
        const { 'team Apply': team, 'injector Apply': injector } = owners
        expect(team).toBeDefined()
        expect(await ownersOf(scene, 'deployment/web')).toMatchObject({
          'team Apply': team,
          'injector Apply': injector,
        })
        expect(await scene.object('configmap', 'not-ours')).toEqual(foreign)
        if (result === 'rolled-back') {
          expect(await scene.world()).toEqual(world)
          expect(await ownersOf(scene, 'deployment/web')).toEqual(owners)
          return
        }
        expect(after?.metadata).toMatchObject({
          labels: { team: 'blue' },
          annotations: { 'example.com/on-call': 'blue' },
        })
        expect(JSON.stringify(after?.['spec'])).toContain('"name":"sidecar"')
        expect((await scene.object('configmap', 'web'))?.metadata.annotations).toMatchObject({
          'example.com/by-hand': 'yes',
        })
        expect(Object.keys(await scene.world())).toEqual(Object.keys(world))
      }),
    180_000,
  )

  test.concurrent.each(outcomes)(
    '$name: replicas that the manifests leave out and somebody has set',
    ({ image, result }) =>
      withScene(
        async (scene) => {
          await scene.deploy()
          await scene.kubectl('scale', 'deployment/web', '--replicas=3')
          await scene.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
          const scaled = await ownersOf(scene, 'deployment/web')
          const replicas = watchField(scene, 'deployment/web', '.spec.replicas')
          try {
            const step = await scene.deploy(shop({ replicas: null, greeting: 'two', image }))
            expect(step.outputs['result']).toBe(result)
            expect(replicas.values()).toEqual(['3'])
          } finally {
            await replicas.close()
          }
          const after = await ownersOf(scene, 'deployment/web')
          expect(after['kubectl Update scale']).toEqual(scaled['kubectl Update scale'])
        },
        shop({ replicas: null }),
      ),
    180_000,
  )

  test(
    'replicas that somebody else has set against the manifests are a conflict that names them',
    () =>
      withScene(async (scene) => {
        await scene.deploy()
        await scene.kubectl('scale', 'deployment/web', '--replicas=3')
        const step = await scene.deploy(shop({ greeting: 'two' }))
        expect(step).toMatchObject({ reason: 'conflict', outputs: { result: 'failed' } })
        expect(step.annotations[0]?.message).toMatch(
          /Deployment `web`: `spec.replicas` belongs to another manager: `kubectl`/,
        )
        expect(replicasOf(await scene.object('deployment', 'web'))).toBe(3)
      }),
    120_000,
  )
})

describeCluster('replicas of an autoscaler', () => {
  test.concurrent.each(outcomes)(
    '$name: one that is in the cluster and not in the manifests',
    ({ image, result }) =>
      withScene(async (scene) => {
        await scene.deploy()
        await applyAs(scene, 'platform', autoscaler(3))
        await scene.eventually(async () => expect(replicasOf(await scene.object('deployment', 'web'))).toBe(3))
        const hpa = await ownersOf(scene, 'hpa/web')
        const replicas = watchField(scene, 'deployment/web', '.spec.replicas')
        try {
          const step = await scene.deploy(shop({ greeting: 'two', image }))
          expect(step.outputs['result']).toBe(result)
          expect(replicas.values()).toEqual(['3'])
        } finally {
          await replicas.close()
        }
        expect(await ownersOf(scene, 'hpa/web')).toEqual(hpa)
        expect(await ownersOf(scene, 'deployment/web')).toMatchObject({
          'kube-controller-manager Update scale': { 'f:spec': { 'f:replicas': {} } },
        })
      }),
    180_000,
  )

  test.concurrent.each(outcomes)(
    '$name: one that comes with it takes over without a pod less',
    ({ image, result }) =>
      withScene(async (scene) => {
        await scene.deploy()
        const good = await scene.world()
        const owners = await ownersOf(scene, 'deployment/web')
        const replicas = watchField(scene, 'deployment/web', '.spec.replicas')
        try {
          const step = await scene.deploy(files(config('two'), service(), web({ image }), autoscaler(2)))
          expect(step.outputs['result']).toBe(result)
          expect(replicas.values()).toEqual(['2'])
        } finally {
          await replicas.close()
        }
        if (result === 'deployed') {
          expect(JSON.stringify(await ownersOf(scene, 'deployment/web'))).not.toContain('f:replicas')
          return
        }
        expect(await scene.world()).toEqual(good)
        expect(await ownersOf(scene, 'deployment/web')).toEqual(owners)
        // Nobody is left who would object to another number.
        expect(await scene.deploy(shop({ replicas: 1 }))).toMatchObject({ outputs: { result: 'deployed' } })
      }),
    240_000,
  )
})
