import { beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import type { LoadReport } from '../../../lab/load/index.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { files, service } from './support/shop.ts'
import {
  deviation,
  importVersions,
  sharesDuring,
  underLoad,
  urlOf,
  type VersionOptions,
  version,
} from './support/versions.ts'

const describeCluster = await requireCluster()

const disruptionBudget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
}

const set = (value: string, options?: VersionOptions): Record<string, string> =>
  files(service(), version(value, options), disruptionBudget)

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

async function deploy(scene: Scene, changed: Record<string, string>, inputs: Record<string, string>): Promise<Step> {
  const gates = `${await urlOf(scene)} expect 200 within 5s`
  return scene.deploy(changed, { inputs: { gates, soak: '2s', ...inputs } })
}

function lostNothing({ failures, total }: LoadReport): void {
  expect(failures).toEqual([])
  expect(total).toBeGreaterThan(100)
}

/** Of the requests that a version answered: from when to when, and how they ended. */
function answersOf({ versions, failed: allFailed }: LoadReport, name: string) {
  const { ok = 0, failed = 0, first = new Date(0), last = new Date(0) } = versions[name] ?? {}
  return { ok, failed, others: allFailed - failed, seconds: (last.getTime() - first.getTime()) / 1000 }
}

async function deployments({ kubectl }: Scene): Promise<string[]> {
  return (await kubectl('get', 'deployments', '--output=jsonpath={.items[*].metadata.name}')).split(' ').sort()
}

async function inventory({ kubectl }: Scene): Promise<string> {
  return kubectl(
    'get',
    'configmap',
    '--selector=ondol.dev/part=inventory',
    '--output=jsonpath={.items[0].data.objects}',
  )
}

describeCluster('under a client of the Service', () => {
  beforeAll(importVersions, 120_000)

  test.concurrent(
    'rolling loses nothing; neither does a canary, which gets its share and at the end all',
    () =>
      withScene(set('v1'), async (scene) => {
        const rolling = await underLoad(scene, async () => {
          expect(await deploy(scene, set('v2'), {})).toMatchObject({ outputs: { result: 'deployed' } })
        })
        lostNothing(rolling)
        expect(Object.keys(rolling.versions)).toEqual(['v1', 'v2'])

        const canary = await underLoad(scene, async (load) => {
          const step = deploy(scene, set('v3'), { strategy: 'canary', canary: '34%,67% pause 6s' })
          const shares = await sharesDuring(scene, load, step, 'v3')
          expect(await step).toMatchObject({ outputs: { result: 'deployed' } })
          for (const [canaries, share] of [
            [1, 1 / 3],
            [2, 2 / 4],
          ] as const) {
            const { requests, ofNew } = shares.get(canaries) ?? { requests: 0, ofNew: 0 }
            expect(requests).toBeGreaterThan(100)
            expect(Math.abs(ofNew / requests - share)).toBeLessThan(4 * deviation(share, requests))
          }
        })
        lostNothing(canary)
        expect(Object.keys(canary.versions)).toEqual(['v2', 'v3'])
        expect(await deployments(scene)).toEqual(['web'])
        expect(await inventory(scene)).not.toContain('canary')
        expect(await deploy(scene, {}, { strategy: 'canary' })).toMatchObject({ outputs: { result: 'unchanged' } })
      }),
    240_000,
  )

  test.concurrent(
    'a canary that never gets ready costs nothing; a ready one that answers 5xx, its share until the gate',
    () =>
      withScene(set('v1'), async (scene) => {
        const before = await scene.world()
        const never = await underLoad(scene, async () => {
          const step = await deploy(scene, set('v2', { mode: 'never' }), { strategy: 'canary', timeout: '20s' })
          expect(step).toMatchObject({ reason: 'probe-failing', outputs: { result: 'rolled-back' } })
          expect(step.annotations[0]).toMatchObject({ file: 'k8s/all.yaml' })
        })
        lostNothing(never)
        expect(Object.keys(never.versions)).toEqual(['v1'])
        expect(await scene.world()).toEqual(before)

        const bad = await underLoad(scene, async () => {
          const step = await deploy(scene, set('v3', { mode: 'bad' }), { strategy: 'canary', canary: '50% pause 1m' })
          expect(step).toMatchObject({ reason: 'gate-failed', outputs: { result: 'rolled-back' } })
        })
        const { ok, failed, others, seconds } = answersOf(bad, 'v3')
        expect({ ok, others }).toEqual({ ok: 0, others: 0 })
        const requests = seconds * bad.ratePerSecond
        expect(failed / requests).toBeLessThan(1 / 3 + 4 * deviation(1 / 3, requests))
        // Long before the pause is over.
        expect(seconds).toBeLessThan(40)
        expect(await scene.world()).toEqual(before)
      }),
    240_000,
  )

  test.concurrent(
    'blue-green loses nothing, from a plain Deployment over both sides and back to rolling',
    () =>
      withScene(set('v1'), async (scene) => {
        const inputs = { strategy: 'blue-green' }
        const first = await underLoad(scene, async () => {
          const step = await deploy(scene, set('v2'), inputs)
          expect(step).toMatchObject({ outputs: { result: 'deployed' } })
          expect(step.summary).toContain('until the switch, the Services select the pods of both versions')
        })
        lostNothing(first)
        expect(await deployments(scene)).toEqual(['web-blue'])

        const second = await underLoad(scene, async () => {
          expect(await deploy(scene, set('v3'), inputs)).toMatchObject({ outputs: { result: 'deployed' } })
        })
        lostNothing(second)
        const { v2, v3 } = second.versions
        // It is a switch: both answer only while it reaches the nodes.
        expect((v2?.last.getTime() ?? 0) - (v3?.first.getTime() ?? 0)).toBeLessThan(5_000)
        expect(await deployments(scene)).toEqual(['web-green'])
        expect(await inventory(scene)).toContain('/web-green')
        const settled = await scene.world()
        expect(await deploy(scene, {}, inputs)).toMatchObject({ outputs: { result: 'unchanged' } })
        expect(await scene.world()).toEqual(settled)

        const back = await underLoad(scene, async () => {
          const step = await deploy(scene, {}, { ...inputs, mode: 'rollback' })
          expect(step).toMatchObject({ outputs: { result: 'deployed' } })
        })
        lostNothing(back)
        expect(Object.keys(back.versions)).toEqual(['v3', 'v2'])
        expect(await deployments(scene)).toEqual(['web-blue'])

        const rolling = await underLoad(scene, async () => {
          expect(await deploy(scene, set('v4'), {})).toMatchObject({ outputs: { result: 'deployed' } })
        })
        lostNothing(rolling)
        expect(await deployments(scene)).toEqual(['web'])
        expect(await scene.object('service', 'web')).toMatchObject({ spec: { selector: { app: 'web' } } })
      }),
    300_000,
  )

  test.concurrent('blue-green with a version that answers 5xx is switched back', async () => {
    const scene = await openScene(set('v1'))
    try {
      const inputs = { strategy: 'blue-green' }
      // The Service, whose address the gate asks, isn't there yet.
      expect(await scene.deploy({}, { inputs })).toMatchObject({ outputs: { result: 'deployed' } })
      const before = await scene.world()
      const bad = await underLoad(scene, async () => {
        const step = await deploy(scene, set('v2', { mode: 'bad' }), { ...inputs, soak: '20s' })
        expect(step).toMatchObject({ reason: 'gate-failed', outputs: { result: 'rolled-back' } })
      })
      const { ok, others, seconds } = answersOf(bad, 'v2')
      expect({ ok, others }).toEqual({ ok: 0, others: 0 })
      expect(seconds).toBeLessThan(20)
      expect(await scene.world()).toEqual(before)
    } finally {
      await scene.close()
    }
  }, 240_000)
})
