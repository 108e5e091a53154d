import { expect, test } from '@jest/globals'
import { busyboxImage } from '../../../lab/cluster/index.ts'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { config, files, service, web } from './support/shop.ts'

const describeCluster = await requireCluster()

function configMap(name: string, value = 'value'): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } }
}

const clusterRole = (name: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name },
  rules: [],
})

async function withScenes(count: number, body: (...scenes: Scene[]) => Promise<void>): Promise<void> {
  const scenes = await Promise.all(Array.from({ length: count }, () => openScene({}, { app: 'shop', soak: '0s' })))
  try {
    await body(...scenes)
  } finally {
    await Promise.all(scenes.map((scene) => scene.close()))
  }
}

const as = (app: string, more: Record<string, string> = {}) => ({ inputs: { app, ...more } })
const said = (step: Step): string => step.annotations.map(({ message }) => message).join('\n')

describeCluster('apps side by side', () => {
  test.concurrent(
    'one does not take an object of another, and once it was made to, the other leaves it alone',
    () =>
      withScenes(1, async (scene) => {
        const both = files(configMap('shared'), configMap('own'))
        expect(await scene.deploy(both, as('alpha'))).toMatchObject({ conclusion: 'success' })
        const world = await scene.world()
        const refused = await scene.deploy(files(configMap('shared', 'other'), configMap('new')), as('beta'))
        expect(refused).toMatchObject({ reason: 'conflict', outputs: { result: 'failed' } })
        expect(said(refused)).toMatch(/ConfigMap `shared` belongs to the app `alpha` in the namespace `shop-/)
        expect(await scene.world()).toEqual(world)

        expect(await scene.deploy({}, as('beta', { 'force-conflicts': 'true' }))).toMatchObject({
          conclusion: 'success',
        })
        const pruning = await scene.deploy(files(configMap('own')), as('alpha', { prune: 'true' }))
        expect(pruning).toMatchObject({ conclusion: 'success' })
        expect((await scene.object('configmap', 'shared'))?.['data']).toEqual({ value: 'other' })
      }),
    120_000,
  )

  test.concurrent(
    'an app of the same name in another namespace is another app',
    () =>
      withScenes(2, async (production, staging) => {
        const role = `shop-${production?.namespace}`
        if (production === undefined || staging === undefined) return
        expect(await production.deploy(files(clusterRole(role), configMap('a')))).toMatchObject({
          conclusion: 'success',
        })
        try {
          const refused = await staging.deploy(files(clusterRole(role), configMap('a')))
          expect(refused.reason).toBe('conflict')
          expect(said(refused)).toContain(`belongs to the app \`shop\` in the namespace \`${production.namespace}\``)

          expect(await staging.deploy(files(configMap('b'), configMap('c')))).toMatchObject({ conclusion: 'success' })
          const elsewhere = [
            `rbac.authorization.k8s.io/v1 ClusterRole ${role}`,
            `v1 ConfigMap ${production.namespace}/a`,
          ]
          const kept = [`v1 Secret ${staging.namespace}/ondol-shop-digest-key`, `v1 ConfigMap ${staging.namespace}/c`]
          const left = JSON.stringify({ data: { left: [...elsewhere, ...kept].join('\n') } })
          await staging.kubectl('patch', 'configmap/ondol-shop-inventory', '--type=merge', '--patch', left)
          const pruning = await staging.deploy(files(configMap('b')), { inputs: { prune: 'true' } })
          expect(pruning).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
          expect(await staging.object('configmap', 'c')).toBeUndefined()
          expect(await staging.object('secret', 'ondol-shop-digest-key')).toBeDefined()
          expect(await production.object('configmap', 'a')).toBeDefined()
          expect(await production.object('clusterrole', role)).toBeDefined()
        } finally {
          await production.kubectl('delete', 'clusterrole', role)
        }
      }),
    120_000,
  )

  test.concurrent(
    'two that were given one name do not prune each other',
    () =>
      withScenes(1, async (scene) => {
        expect(await scene.deploy(files(configMap('a'), configMap('b')))).toMatchObject({ conclusion: 'success' })
        const world = await scene.world()
        const other = await scene.deploy(files(configMap('c')), { inputs: { prune: 'true' } })
        expect(other).toMatchObject({ reason: 'invalid-input', outputs: { result: 'failed' } })
        expect(said(other)).toContain('Then set the input app.')
        expect(await scene.world()).toEqual(world)
      }),
    120_000,
  )

  test.concurrent(
    'what somebody creates while hooks run is neither adopted nor deleted',
    () =>
      withScenes(1, async (scene) => {
        const pod = {
          restartPolicy: 'Never',
          containers: [{ name: 'main', image: busyboxImage, command: ['sleep', '5'] }],
        }
        const hook = {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'prepare', annotations: { 'ondol.dev/hook': 'pre-deploy' } },
          spec: { template: { spec: pod } },
        }
        expect(await scene.deploy(files(configMap('first')))).toMatchObject({ conclusion: 'success' })
        const deploying = scene.deploy(files(hook, service()))
        await scene.eventually(async () => expect(await scene.object('job', 'prepare')).toBeDefined())
        await scene.kubectl('create', 'service', 'clusterip', 'web', '--tcp=80:8080')
        const step = await deploying
        expect(step).toMatchObject({ reason: 'conflict', outputs: { result: 'rolled-back' } })
        expect(said(step)).toContain('Service `web` was created by somebody else')
        expect((await scene.object('service', 'web'))?.metadata.labels).toEqual({ app: 'web' })
      }),
    120_000,
  )

  test.concurrent(
    'a Deployment to which somebody has copied our labels stays',
    () =>
      withScenes(1, async (scene) => {
        expect(await scene.deploy(files(config(), web({ replicas: 1 })))).toMatchObject({ conclusion: 'success' })
        const live = await scene.object('deployment', 'web')
        const metadata = {
          name: 'mine-canary',
          labels: { ...live?.metadata.labels, 'ondol.dev/track': 'canary' },
          annotations: live?.metadata.annotations,
        }
        const copy = {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata,
          spec: { ...(live?.['spec'] as object), replicas: 0 },
        }
        await scene.kubectl('apply', '--filename', await scene.file('copy.json', JSON.stringify(copy)))
        const step = await scene.deploy(files(config('two'), web({ replicas: 1 })))
        expect(step).toMatchObject({ conclusion: 'success' })
        expect(await scene.object('deployment', 'mine-canary')).toBeDefined()
      }),
    120_000,
  )
})
