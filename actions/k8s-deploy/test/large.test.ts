import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { BROKEN_IMAGE, files } from './support/shop.ts'

const describeCluster = await requireCluster()

const OBJECTS = 300
const DEPLOYMENTS = 10

const PAUSE = 'registry.k8s.io/pause:3.10'

/** Of what large apps have most of: configuration, and some workloads with a Service each. */
function app(text: string, image = PAUSE): Record<string, string> {
  const workloads = Array.from({ length: DEPLOYMENTS }, (_, index) => `part-${index}`)
  const maps = Array.from({ length: OBJECTS - 2 * DEPLOYMENTS }, (_, index) => configMap(index, text))
  const last = workloads.length - 1
  return files(
    ...maps,
    ...workloads.map(serviceOf),
    ...workloads.map((name, index) => deploymentOf(name, index === last ? image : PAUSE)),
  )
}

const configMap = (index: number, text: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `settings-${index}` },
  data: { text: `${text} ${'x'.repeat(1_000)}` },
})

const serviceOf = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }] },
})

function deploymentOf(name: string, image: string): object {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image }] },
      },
    },
  }
}

describeCluster(`an app of ${OBJECTS} objects`, () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene(app('one'), { soak: '0s' })
  }, 60_000)
  afterAll(() => scene.close())

  /** Deploys, and prints how long the step took and how much memory its process had at most. */
  async function measured(what: string, manifests: Record<string, string>): Promise<Step> {
    const output = await scene.file('memory.txt', '')
    const code = `process.on('exit', () => require('fs').appendFileSync(${JSON.stringify(output)}, process.resourceUsage().maxRSS + '\\n'))`
    const hook = await scene.file('memory.cjs', code)
    const step = await scene.deploy(manifests, { env: { NODE_OPTIONS: `--require=${hook}` } })
    const peak = Math.max(...readFileSync(output, 'utf8').trim().split('\n').map(Number)) / 1024
    process.stdout.write(
      `${OBJECTS} objects, ${what}: ${step.outputs['duration']} s, ${Math.round(peak)} MiB at most\n`,
    )
    expect(peak).toBeLessThan(250)
    return step
  }

  test('is deployed', async () => {
    expect(await measured('new', {})).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
  }, 240_000)

  test('again changes nothing', async () => {
    expect(await measured('unchanged', {})).toMatchObject({ outputs: { result: 'unchanged' } })
  }, 120_000)

  test('goes back as a whole when one of them fails', async () => {
    const good = await scene.world()
    const step = await measured('one fails', app('two', BROKEN_IMAGE))
    expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rolled-back' } })
    expect(await scene.world()).toEqual(good)
  }, 240_000)
})
