import { expect, test } from '@jest/globals'
import { busyboxImage } from '../../../lab/cluster/index.ts'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { openScene, type Scene } from './support/scene.ts'
import { config, files, service, shop, web } from './support/shop.ts'

const describeCluster = await requireCluster()

interface HookOptions {
  phase?: string
  script?: string
  annotations?: Record<string, string>
  spec?: object
  container?: object
}

function hook(
  name: string,
  { phase = 'pre-deploy', script = 'true', annotations, spec, container }: HookOptions = {},
): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { 'ondol.dev/hook': phase, ...annotations } },
    spec: {
      backoffLimit: 0,
      ...spec,
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image: busyboxImage, command: ['sh', '-c', script], ...container }],
        },
      },
    },
  }
}

async function withScene(first: Record<string, string>, body: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene(first)
  try {
    await body(scene)
  } finally {
    await scene.close()
  }
}

const shopWith = (greeting: string, ...more: object[]) =>
  files(...more, config(greeting), service(), web({ replicas: 1 }))

async function uidOf(scene: Scene, job: string): Promise<string | undefined> {
  return (await scene.object('job', job))?.metadata.uid
}

describeCluster('hooks', () => {
  test.concurrent('have the configuration of their own deployment, also the first time', () => {
    const container = { env: [{ name: 'SAYS', valueFrom: { configMapKeyRef: { name: 'web', key: 'index.html' } } }] }
    const check = (greeting: string) => hook('check', { script: `echo "$SAYS" | grep -x ${greeting}`, container })
    return withScene(shopWith('one', check('one')), async (scene) => {
      expect(await scene.deploy()).toMatchObject({ conclusion: 'success' })
      expect(await scene.deploy(shopWith('two', check('two')))).toMatchObject({ conclusion: 'success' })
    })
  })

  test.concurrent('run between configuration and pods, and after everything, with their logs live in a fold, and again the next time', () => {
    const hooks = [
      hook('migrate', { script: 'echo begun; echo ::error::not a command; sleep 4; echo ended' }),
      hook('announce', { phase: 'post-deploy', script: 'echo all is served' }),
    ]
    return withScene(shopWith('one', ...hooks), async (scene) => {
      const seen = new Map<string, number>()
      const onLine = (line: string): void => {
        const word = /: (begun|ended)$/.exec(line)?.[1]
        if (word) seen.set(word, performance.now())
      }
      const step = await scene.deploy({}, { onLine })
      expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
      // Both lines at once would be a log that was read when all was over.
      expect((seen.get('ended') ?? 0) - (seen.get('begun') ?? 0)).toBeGreaterThan(2_000)
      expect(step.annotations).toEqual([])
      // The first line and the last one turn commands off and on.
      const folds = step.groups.map(({ title, lines }) => [
        title,
        lines.slice(1, -1).map((line) => line.replace(/^.*?: /, '')),
      ])
      expect(folds).toEqual([
        ['pre-deploy hooks', ['begun', '::error::not a command', 'ended']],
        ['post-deploy hooks', ['all is served']],
      ])
      const order = ['Applying', 'hook of pre-deploy done', 'ready', 'hook of post-deploy done']
      const places = order.map((text) => step.log.findIndex((line) => line.includes(text)))
      expect(places).toEqual(places.toSorted((one, other) => one - other))
      expect(places).not.toContain(-1)
      expect(step.log.flatMap((line) => /Applying .*/.exec(line) ?? []).join()).toBe(
        'Applying 1 object,Applying 2 objects',
      )
      expect(step.summary).toMatch(/Job <code>migrate<\/code> \| ran \|/)

      const first = await Promise.all(['migrate', 'announce'].map((job) => uidOf(scene, job)))
      const again = await scene.deploy(shopWith('two', ...hooks))
      expect(again).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
      const second = await Promise.all(['migrate', 'announce'].map((job) => uidOf(scene, job)))
      expect(second.filter((uid) => uid === undefined || first.includes(uid))).toEqual([])
    })
  }, 180_000)

  test.concurrent('that fails after the deployment puts everything back, and nothing is pruned', () => {
    const extra = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'extra' }, data: { key: 'value' } }
    return withScene(shopWith('one', extra), async (scene) => {
      await scene.deploy()
      const good = await scene.world()
      const failing = hook('check', { phase: 'post-deploy', script: 'echo the price is wrong; exit 7' })
      const step = await scene.deploy(shopWith('two', failing), { inputs: { prune: 'true' } })
      expect(step).toMatchObject({ reason: 'hook-failed', outputs: { result: 'rolled-back' } })
      expect(step.summary).toContain('the price is wrong')
      expect(await scene.world()).toEqual(good)
    })
  }, 180_000)

  test.concurrent(
    'that takes too long fails, before the pods are touched',
    () =>
      withScene(shopWith('one', hook('migrate')), async (scene) => {
        await scene.deploy()
        const { 'Job/migrate': _, ...good } = await scene.world()
        const slow = hook('migrate', { script: 'echo waiting; sleep 1000', annotations: { 'ondol.dev/timeout': '6s' } })
        const step = await scene.deploy(shopWith('two', slow))
        expect(step).toMatchObject({ reason: 'hook-failed', outputs: { result: 'rolled-back' } })
        expect(step.annotations[0]?.message).toMatch(/Hook Job `migrate` did not end in time/)
        expect(step.summary).toContain('waiting')
        // Nor does it go on behind the back of what was put back.
        expect(await scene.world()).toEqual(good)
      }),
    180_000,
  )

  test.concurrent(
    'that is gone together with its namespace says so',
    () =>
      withScene(shop({ replicas: 1 }), async (scene) => {
        const deploying = scene.deploy(shopWith('two', hook('migrate', { script: 'echo begun; sleep 1000' })))
        await scene.eventually(async () => {
          expect(await scene.kubectl('logs', 'job/migrate')).toContain('begun')
        })
        await scene.kubectl('delete', 'namespace', scene.namespace, '--wait=false')
        const step = await deploying
        expect(step).toMatchObject({ conclusion: 'failure' })
        expect(step.annotations[0]?.message).toMatch(
          new RegExp(`^The namespace \`${scene.namespace}\` is being deleted, and all that is in it: `),
        )
      }),
    120_000,
  )

  test.concurrent(
    'that the server would refuse stops the deployment before the first write',
    () =>
      withScene(shop({ replicas: 1 }), async (scene) => {
        await scene.deploy()
        const good = await scene.world()
        const bad = hook('announce', { phase: 'post-deploy', spec: { backoffLimit: 'none' } })
        const step = await scene.deploy(shopWith('two', bad))
        expect(step).toMatchObject({ reason: 'invalid-manifest', outputs: { result: 'failed' } })
        expect(step.annotations[0]).toMatchObject({
          file: 'k8s/all.yaml',
          message: expect.stringMatching(/backoffLimit/),
        })
        expect(await scene.world()).toEqual(good)
      }),
    120_000,
  )
})
