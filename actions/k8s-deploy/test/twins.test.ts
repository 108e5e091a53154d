import { expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import type { KubeObject } from '../src/kube/objects.ts'
import { applyAs } from './support/others.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { config, files, service, shop, web } from './support/shop.ts'

// The Deployments that the strategies canary and blue-green make beside those of the manifests: when they come and when they go.
const describeCluster = await requireCluster()

/** A service that is deployed. */
async function withScene(first: Record<string, string>, body: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene(first)
  try {
    expect(await scene.deploy()).toMatchObject({ outputs: { result: 'deployed' } })
    await body(scene)
  } finally {
    await scene.close()
  }
}

async function deployments({ kubectl }: Scene): Promise<string[]> {
  return (await kubectl('get', 'deployments', '--output=jsonpath={.items[*].metadata.name}')).split(' ').sort()
}

const inputs = { canary: '50%', soak: '0s' }
const canary = { ...inputs, strategy: 'canary' }
const blueGreen = { ...inputs, strategy: 'blue-green' }
const never = { container: { readinessProbe: { httpGet: { path: '/absent', port: 8080 }, periodSeconds: 1 } } }
const other = (image?: string): object => {
  const { spec, ...object } = web({ labels: { app: 'other' }, ...(image ? { image } : {}) }) as KubeObject
  return { ...object, metadata: { name: 'other' }, spec }
}

const toldOf = ({ log }: Step, what: RegExp): string[] => log.filter((line) => what.test(line))

describeCluster('a canary', () => {
  test.concurrent(
    'is made of what runs and changes: by another ConfigMap too, with one replica, and not of what is new',
    () =>
      withScene(shop({ replicas: 1 }), async (scene) => {
        const changed = files(config('two'), service(), web({ replicas: 1 }), other())
        const step = await scene.deploy(changed, { inputs: canary })
        expect(step).toMatchObject({ outputs: { result: 'deployed' } })
        expect(toldOf(step, /Canary of 50 % for 1 Deployment$/)).toHaveLength(1)
        const [, canaryReport] = /(\{[^{}]*"name":"web-canary"[^{}]*\})/.exec(step.outputs['objects'] ?? '') ?? []
        // How it was is no matter any more.
        expect(Object.keys(JSON.parse(canaryReport ?? '{}'))).toEqual([
          'apiVersion',
          'kind',
          'namespace',
          'name',
          'fate',
        ])
        expect(step.summary).toContain('1 no longer needed, deleted')
        expect(await deployments(scene)).toEqual(['other', 'web'])
      }),
    120_000,
  )

  test.concurrent('has its part of the replicas that an autoscaler wants, and a name may be long', async () => {
    const name = 'a-service-whose-team-writes-everything-out-so-that-nobody-has-to-guess-it'
    const named = (greeting: string): Record<string, string> => {
      const { metadata: _, ...object } = web({ replicas: null }) as KubeObject
      return files(config(greeting), service(), { ...object, metadata: { name } })
    }
    await withScene(named('one'), async (scene) => {
      const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name }
      await applyAs(scene, 'people', {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: { scaleTargetRef, minReplicas: 3, maxReplicas: 3 },
      })
      await scene.eventually(async () => {
        expect(await scene.object('deployment', name)).toMatchObject({ spec: { replicas: 3 } })
      })
      const step = await scene.deploy(named('two'), { inputs: { ...canary, 'on-failure': 'keep', timeout: '60s' } })
      expect(step).toMatchObject({ outputs: { result: 'deployed' } })
      expect(await scene.kubectl('get', 'events', '--output=jsonpath={.items[*].message}')).toMatch(
        new RegExp(`Scaled up replica set ${name}-canary-\\w+ from 0 to 2`),
      )
      const refused = await scene.deploy(named('three'), { inputs: blueGreen })
      expect(refused).toMatchObject({ reason: 'invalid-manifest', outputs: { result: 'failed' } })
    })
  }, 180_000)

  test.concurrent(
    'that was kept, or left by a killed runner, goes with the next deployment; a stranger of its name stays',
    () =>
      withScene(shop(), async (scene) => {
        const before = await scene.world()
        const failing = shop({ ...never, greeting: 'two' })
        const kept = await scene.deploy(failing, { inputs: { ...canary, 'on-failure': 'keep', timeout: '5s' } })
        expect(kept).toMatchObject({ outputs: { result: 'failed' } })
        expect(await deployments(scene)).toEqual(['web', 'web-canary'])
        expect(await scene.deploy(shop())).toMatchObject({ outputs: { result: 'deployed' } })
        expect(await deployments(scene)).toEqual(['web'])

        const killed = {
          inputs: canary,
          kill: (line: string) => /`web-canary`: in-progress/.test(line),
          skipPost: true,
        }
        await scene.deploy(failing, killed)
        expect(await deployments(scene)).toEqual(['web', 'web-canary'])
        await scene.deploy(shop(), { inputs: canary })
        expect(Object.keys(await scene.world())).toEqual(Object.keys(before))

        const { metadata: _, ...stranger } = other() as KubeObject
        await applyAs(scene, 'people', { ...stranger, metadata: { name: 'web-canary' } })
        const refused = await scene.deploy(shop({ greeting: 'three' }), { inputs: canary })
        expect(refused).toMatchObject({ reason: 'conflict', outputs: { result: 'failed' } })
        expect(await deployments(scene)).toEqual(['web', 'web-canary'])
      }),
    240_000,
  )

  test.concurrent('of something that others had deployed goes when it fails, although it is the first deployment', async () => {
    const scene = await openScene()
    try {
      for (const object of [config(), service(), web()]) await applyAs(scene, 'people', object)
      await scene.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
      const before = await scene.world()
      const step = await scene.deploy(shop({ ...never, greeting: 'two' }), {
        inputs: { ...canary, timeout: '15s', 'force-conflicts': 'true' },
      })
      expect(step).toMatchObject({ outputs: { result: 'rolled-back' } })
      expect(await scene.world()).toEqual(before)
    } finally {
      await scene.close()
    }
  }, 120_000)
})

describeCluster('blue-green', () => {
  test.concurrent('moves several Deployments of one Service together, with their scaled replicas, and leaves others alone', async () => {
    const both = (greeting: string, image?: string): Record<string, string> => {
      const { metadata: _, ...second } = web({ labels: { part: 'second' } }) as KubeObject
      const first = web({ replicas: null, labels: { part: 'first' } })
      return files(config(greeting), service(), first, { ...second, metadata: { name: 'second' } }, other(image))
    }
    const scene = await openScene(both('one'))
    try {
      expect(await scene.deploy({}, { inputs: blueGreen })).toMatchObject({ outputs: { result: 'deployed' } })
      expect(await deployments(scene)).toEqual(['other', 'second-blue', 'web-blue'])
      await scene.kubectl('scale', 'deployment/web-blue', '--replicas=3')
      await scene.deploy(both('two'), { inputs: blueGreen })
      expect(await deployments(scene)).toEqual(['other', 'second-green', 'web-green'])
      expect(await scene.object('deployment', 'web-green')).toMatchObject({ spec: { replicas: 3 } })

      const moved = await scene.deploy(both('two', 'ghcr.io/acme/absent:v2'), { inputs: blueGreen })
      expect(moved).toMatchObject({ reason: 'image-not-found', outputs: { result: 'rolled-back' } })
      expect(toldOf(moved, /-blue/)).toEqual([])
      expect(await scene.deploy(both('two'), { inputs: blueGreen })).toMatchObject({ outputs: { result: 'unchanged' } })
    } finally {
      await scene.close()
    }
  }, 240_000)
})
