import { expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { deployUntil, expectFinished, expectNothingKept, good, killPoints, succeeds, worldOf } from './support/kills.ts'
import { openScene } from './support/scene.ts'

const describeCluster = await requireCluster()

describeCluster('a runner that dies leaves nothing half done', () => {
  const typical = killPoints.flatMap((point) => (point.typical ? [{ ...point, by: point.typical }] : []))
  test.concurrent.each(typical)('$title: the $by finishes', (point) => expectFinished(point, [point.by]), 300_000)
})

/** The runner's patience after a first signal, in milliseconds. */
const PATIENCE_MS = 7500

describeCluster('a cancelled run ends soon, and its post step puts everything back', () => {
  test.concurrent.each([
    { title: 'while it applies', at: { after: /^PATCH .*\/configmaps\/web$/ } },
    { title: 'while it waits', at: { line: /Deployment `?web`?: in-progress/ } },
    { title: 'while it puts back', at: { after: /^PUT .*\/configmaps\/web$/ }, fails: true as const },
  ])(
    '$title',
    async (point) => {
      const scene = await openScene(good, { prune: 'true', soak: '1s' })
      try {
        await succeeds(scene.deploy())
        const before = await worldOf(scene)
        let cancelledAt = Number.NaN
        let endedAt = Number.NaN
        const step = await deployUntil(scene, point, (met) => {
          met.addEventListener('abort', () => {
            cancelledAt = performance.now()
          })
          return {
            cancel: met,
            laterSteps: () => {
              endedAt = performance.now()
            },
          }
        })
        expect({ conclusion: step.conclusion, result: step.outputs['result'], reason: step.reason }).toEqual({
          conclusion: 'cancelled',
          result: 'interrupted',
          reason: 'interrupted',
        })
        expect(endedAt - cancelledAt).toBeLessThan(PATIENCE_MS)
        expect(step.summary).toContain('its post step puts back what was begun')
        expect(step.post).toMatchObject({ conclusion: 'success' })
        expect(step.post?.summary).toContain('ended in the middle of the deployment')
        expect(await worldOf(scene)).toEqual(before)
        await expectNothingKept(scene)
      } finally {
        await scene.close()
      }
    },
    240_000,
  )
})
