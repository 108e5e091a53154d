import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { openScene, type Scene } from './support/scene.ts'
import { shop } from './support/shop.ts'

const describeCluster = await requireCluster()

describeCluster('a GitHub deployment is recorded', () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene(shop({ replicas: 1 }), {
      environment: 'production',
      'environment-url': 'https://shop.example.com',
    })
  }, 60_000)
  afterAll(() => scene.close())

  const ends = () =>
    scene.repository.deployments.map(({ environment, statuses }) => [environment, statuses.at(-1)?.state])

  test('for a good one and for one that was put back', async () => {
    expect(await scene.deploy()).toMatchObject({ conclusion: 'success' })
    expect(ends()).toEqual([['production', 'success']])
    const step = await scene.deploy(shop({ replicas: 1, image: 'ghcr.io/ACME/bad:v1' }))
    expect(step.outputs['result']).toBe('rolled-back')
    expect(ends()).toContainEqual(['production', 'failure'])
  }, 120_000)

  test('unless the token lacks the permission: a warning, and the deployment goes on', async () => {
    const step = await scene.deploy(shop({ replicas: 1 }), { runAs: { permissions: { contents: 'read' } } })
    expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'unchanged' } })
    expect(step.annotations).toContainEqual(
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('"deployments: write"') }),
    )
  }, 60_000)
})
