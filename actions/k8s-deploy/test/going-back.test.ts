import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { busyboxImage } from '../../../lab/cluster/index.ts'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { config, files, service, web } from './support/shop.ts'

const describeCluster = await requireCluster()

/** Runs with every deployment, so none of them is without a change. */
const migrate = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'migrate', annotations: { 'ondol.dev/hook': 'pre-deploy' } },
  spec: {
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: busyboxImage, command: ['true'] }] },
    },
  },
}

/** Uses a Secret, and is the same in all versions. */
const worker = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'worker' },
  spec: {
    selector: { matchLabels: { app: 'worker' } },
    template: {
      metadata: { labels: { app: 'worker' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'main',
            image: busyboxImage,
            command: ['sleep', '100000'],
            envFrom: [{ secretRef: { name: 'database' } }],
          },
        ],
      },
    },
  },
}

const version = (greeting: string): Record<string, string> =>
  files(migrate, config(greeting), service(), web({ replicas: 1 }), worker)

describeCluster('going back', () => {
  let scene: Scene
  let good: string
  const deploy = (changed: Record<string, string> = {}): Promise<Step> =>
    scene.deploy(changed, {
      env: { DB_PASSWORD: 'a password' },
      inputs: { secrets: 'database: password=env:DB_PASSWORD' },
    })
  const rollback = (): Promise<Step> => scene.deploy({}, { inputs: { mode: 'rollback', environment: 'production' } })
  const body = (): Promise<string> => scene.kubectl('get', 'configmap/web', '--output=jsonpath={.data.index\\.html}')
  const workerPod = (): Promise<string> =>
    scene.kubectl('get', 'pods', '--selector=app=worker', '--output=jsonpath={.items[*].metadata.name}')
  const annotation = (object: string, name: string): Promise<string> =>
    scene.kubectl('get', object, `--output=jsonpath={.metadata.annotations.ondol\\.dev/${name}}`)

  beforeAll(async () => {
    scene = await openScene(version('good'), { soak: '1s' })
    expect(await deploy()).toMatchObject({ outputs: { result: 'deployed', revision: '1' } })
    good = scene.repository.tip('main')
    expect(await deploy(version('bad'))).toMatchObject({ outputs: { result: 'deployed', revision: '2' } })
  }, 120_000)
  afterAll(() => scene.close())

  test('a deployment that only runs its hooks makes no revision', async () => {
    expect(await deploy()).toMatchObject({ outputs: { result: 'deployed', revision: '2' } })
    expect(await scene.kubectl('get', 'secrets', '--selector=ondol.dev/part=revision', '--output=name')).toBe(
      'secret/ondol-service-revision-1\nsecret/ondol-service-revision-2\n',
    )
  }, 60_000)

  test('everything names the commit that is back, and pods that are not concerned stay', async () => {
    const pod = await workerPod()
    expect(await rollback()).toMatchObject({ conclusion: 'success', outputs: { revision: '3' } })
    expect(await body()).toBe('good\n')
    expect(await annotation('configmap/web', 'commit')).toBe(good)
    expect(await annotation('secret/ondol-service-revision-3', 'commit')).toBe(good)
    expect(scene.repository.deployments.map(({ ref }) => ref)).toEqual([good])
    expect(await workerPod()).toBe(pod)
  }, 60_000)

  test('a second time does not bring back what was left', async () => {
    const step = await rollback()
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'invalid-input', outputs: { result: 'failed' } })
    expect(step.annotations[0]?.message).toMatch(/no other set before the current one .* to-revision: 3, 2, 1/)
    expect(await body()).toBe('good\n')
  }, 60_000)

  test('nor does the next deployment restart pods that are not concerned', async () => {
    const pod = await workerPod()
    expect(await deploy(version('better'))).toMatchObject({ outputs: { result: 'deployed', revision: '4' } })
    expect(await workerPod()).toBe(pod)
  }, 60_000)
})
