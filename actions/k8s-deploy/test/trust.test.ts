import { expect, test } from '@jest/globals'
import { busyboxImage } from '../../../lab/cluster/index.ts'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { indexSecret } from '../src/state/snapshot-index.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { files } from './support/shop.ts'

const describeCluster = await requireCluster()
const digestKey = 'only the deployments know this key, and nobody else'

function configMap(name: string, value = 'value'): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } }
}

function hook(script: string): object {
  const pod = {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: busyboxImage, command: ['sh', '-c', script] }],
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'prepare', annotations: { 'ondol.dev/hook': 'pre-deploy' } },
    spec: { backoffLimit: 0, template: { spec: pod } },
  }
}

async function withScene(inputs: Record<string, string>, body: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene({}, { app: 'shop', soak: '0s', ...inputs })
  try {
    await body(scene)
  } finally {
    await scene.close()
  }
}

/** A snapshot that says: `victim` wasn't there before. */
async function forge(scene: Scene): Promise<string> {
  const { namespace } = scene
  const index = {
    id: '0123456789',
    runUrl: 'https://github.com/acme/shop/actions/runs/1',
    revision: 99,
    startedAt: new Date(),
    phase: 'deploying' as const,
    refs: [{ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'victim', absent: true }],
    chunks: [],
  }
  const secret = await indexSecret({ app: 'shop', namespace }, index)
  await scene.kubectl('create', '--filename', await scene.file('forged.json', JSON.stringify(secret)))
  return secret.metadata.name
}

const told = (step: Step): string => JSON.stringify([step.log, step.summary, step.annotations, step.outputs])

describeCluster('what others may write is not acted upon', () => {
  test.concurrent(
    'a snapshot without the seal of the digest-key, or that is none',
    () =>
      withScene({ 'digest-key': digestKey }, async (scene) => {
        expect(await scene.deploy(files(configMap('victim')))).toMatchObject({ conclusion: 'success' })
        const forged = await forge(scene)
        const labels = 'ondol.dev/app=shop,ondol.dev/part=snapshot,ondol.dev/snapshot-role=index'
        await scene.kubectl('create', 'secret', 'generic', 'decoy', '--from-literal=index=x')
        await scene.kubectl('label', 'secret/decoy', ...labels.split(','))
        const { uid } = (await scene.object('configmap', 'victim'))?.metadata ?? {}

        const step = await scene.deploy(files(configMap('victim', 'two')))
        expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
        expect(step.summary).toContain('is not sealed with the digest-key')
        expect((await scene.object('configmap', 'victim'))?.metadata.uid).toBe(uid)
        expect(await scene.object('secret', forged)).toBeUndefined()
        expect(await scene.object('secret', 'decoy')).toBeDefined()

        const failing = await scene.deploy(files(configMap('victim', 'three'), hook('exit 1')))
        expect(failing).toMatchObject({ reason: 'hook-failed', outputs: { result: 'rolled-back' } })
        expect((await scene.object('configmap', 'victim'))?.['data']).toEqual({ value: 'two' })
      }),
    120_000,
  )

  test.concurrent(
    'a snapshot that somebody deletes is still in memory',
    () =>
      withScene({}, async (scene) => {
        expect(await scene.deploy(files(configMap('web')))).toMatchObject({ conclusion: 'success' })
        const world = await scene.world()
        const deploying = scene.deploy(files(configMap('web', 'two'), hook('sleep 4; exit 1')))
        await scene.eventually(async () => expect(await scene.object('job', 'prepare')).toBeDefined())
        await scene.kubectl('delete', 'secret', '--selector', 'ondol.dev/part=snapshot')
        const step = await deploying
        expect(step).toMatchObject({ reason: 'hook-failed', outputs: { result: 'rolled-back' } })
        expect(step.summary).toContain('Somebody has deleted the snapshot')
        const { 'ConfigMap/web': after } = await scene.world()
        expect(after).toEqual(world['ConfigMap/web'])

        const dying = new AbortController()
        const killed = scene.deploy(files(configMap('web', 'three'), hook('sleep 60')), {
          kill: dying.signal,
          laterSteps: async () => {
            await scene.kubectl('delete', 'secret', '--selector', 'ondol.dev/part=snapshot')
          },
        })
        await scene.eventually(async () => {
          expect((await scene.object('configmap', 'web'))?.['data']).toEqual({ value: 'three' })
        })
        dying.abort()
        const { post } = await killed
        expect(post?.annotations).toContainEqual(
          expect.objectContaining({ level: 'warning', message: expect.stringContaining('before is gone') }),
        )
      }),
    120_000,
  )
})

describeCluster('values of Secrets are not told', () => {
  test.concurrent.each([
    ['a map for a text', { stringData: { config: { password: 'hunter2!' } } }],
    ['a list for a text', { data: { config: ['hunter2!'] } }],
    ['a text for a map', { stringData: 'hunter2!' }],
  ])(
    'in what the API says of %s',
    (_, fields) =>
      withScene({}, async (scene) => {
        const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, ...fields }
        const step = await scene.deploy(files(secret))
        expect(step.reason).toBe('invalid-manifest')
        expect(said(step)).toMatch(/Secret `db` doesn't fit its schema: (string)?[dD]ata/)
        expect(told(step)).not.toContain('hunter2')
      }),
    60_000,
  )
})

const said = (step: Step): string => step.annotations.map(({ message }) => message).join('\n')
