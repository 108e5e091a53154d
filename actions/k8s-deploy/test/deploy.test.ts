import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { openScene, type Scene } from './support/scene.ts'
import { shop } from './support/shop.ts'

const describeCluster = await requireCluster()

describeCluster('a good deployment', () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene(shop())
  }, 60_000)
  afterAll(() => scene.close())

  test('is applied, ready and recorded', async () => {
    const step = await scene.deploy()
    expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed', revision: '1' } })
    expect(step.summary).toContain('Deployed service to namespace')
    expect((await scene.object('deployment', 'web'))?.['status']).toMatchObject({
      readyReplicas: 2,
      updatedReplicas: 2,
    })
  }, 120_000)

  test('again changes nothing', async () => {
    const before = await scene.world()
    const step = await scene.deploy()
    expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'unchanged', revision: '1' } })
    expect(await scene.world()).toEqual(before)
  }, 60_000)

  test('with another ConfigMap restarts the pods that use it', async () => {
    const step = await scene.deploy(shop({ greeting: 'two' }))
    expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed', revision: '2' } })
    const pods = await scene.kubectl('exec', 'deployment/web', '--', 'cat', '/www/index.html')
    expect(pods).toBe('two\n')
  }, 120_000)
})
