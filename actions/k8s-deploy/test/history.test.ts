import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import type { Step, StepOptions } from './support/scene.ts'
import { openScene, type Scene } from './support/scene.ts'
import { BROKEN_IMAGE, config, files, service, shop, web } from './support/shop.ts'

const describeCluster = await requireCluster()

const extra = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'extra' }, data: { key: 'value' } }

/** As a person reads it. */
function plain(markdown: string): string {
  const text = markdown.replace(/<[^>]*>/g, '')
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

function bodyOf(scene: Scene): Promise<string> {
  return scene.kubectl('get', 'configmap/web', '--output=jsonpath={.data.index\\.html}')
}

/** With all that the action keeps for itself. */
async function everything(scene: Scene): Promise<string> {
  const path = '{range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}'
  const all = await scene.kubectl('get', 'configmap,secret,service,lease', `--output=jsonpath=${path}`)
  return all.split('\n').sort().join('\n')
}

describeCluster('mode rollback', () => {
  let scene: Scene
  const rollback = (inputs: Record<string, string> = {}): Promise<Step> =>
    scene.deploy({}, { inputs: { mode: 'rollback', ...inputs } })
  const withSecret = (password: string): StepOptions => ({
    env: { DB_PASSWORD: password },
    inputs: { secrets: 'database: password=env:DB_PASSWORD' },
  })
  beforeAll(async () => {
    scene = await openScene(shop({ replicas: 1 }), { soak: '1s' })
    const set = [config('two'), service(), web({ replicas: 1 }), extra]
    expect(await scene.deploy({}, withSecret('the first password'))).toMatchObject({ outputs: { revision: '1' } })
    expect(await scene.deploy(files(...set), withSecret('the second password'))).toMatchObject({
      outputs: { revision: '2' },
    })
  }, 120_000)
  afterAll(() => scene.close())

  test('goes to the revision before, and says that values of Secrets stay', async () => {
    const step = await rollback({ prune: 'true' })
    expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed', revision: '3' } })
    expect(plain(step.summary)).toMatch(/service is back as it was in revision 1/)
    expect(plain(step.summary)).toMatch(/older values don't come back; these keep what they hold now: Secret database/)
    expect(await bodyOf(scene)).toBe('one\n')
    expect(await scene.object('configmap', 'extra')).toBeUndefined()
    const password = await scene.kubectl('get', 'secret/database', '--output=jsonpath={.data.password}')
    expect(Buffer.from(password, 'base64').toString()).toBe('the second password')
  }, 90_000)

  test('goes to a given revision', async () => {
    const step = await rollback({ 'to-revision': '2' })
    expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed', revision: '4' } })
    expect(await bodyOf(scene)).toBe('two\n')
    expect(await scene.object('configmap', 'extra')).toBeDefined()
  }, 90_000)

  test('names the revisions that are kept when the wanted one is not', async () => {
    const step = await rollback({ 'to-revision': '99' })
    expect(step).toMatchObject({ reason: 'invalid-input', outputs: { result: 'failed' } })
    expect(step.annotations[0]?.message).toMatch(
      /no revision 99 .*Choose one of these with the input to-revision: 4, 3, 2, 1/s,
    )
  }, 60_000)
})

describeCluster('mode status', () => {
  let scene: Scene
  const status = (): Promise<Step> => scene.deploy({}, { inputs: { mode: 'status' } })
  beforeAll(async () => {
    scene = await openScene(shop({ replicas: 1 }), { soak: '1s' })
  }, 60_000)
  afterAll(() => scene.close())

  test('of an app that was never deployed', async () => {
    const step = await status()
    expect(step).toMatchObject({ reason: 'invalid-input', outputs: { result: 'failed' } })
    expect(step.annotations[0]?.message).toMatch(
      /service has had no good deployment to the namespace .* kubectl get all --selector ondol\.dev\/app=service/,
    )
  }, 60_000)

  test('ready, and nothing is written', async () => {
    await scene.deploy()
    const deployed = scene.repository.tip('main')
    scene.repository.push({ branch: 'main', files: { 'README.md': 'later' }, by: 'author' })
    const before = await everything(scene)
    const step = await status()
    expect(step.conclusion).toBe('success')
    expect(plain(step.summary)).toMatch(/service in namespace \S+ is ready: 3 objects/)
    // Of what is there, not of the look at it.
    expect(plain(step.summary)).toMatch(
      new RegExp(`revision 1, deployed by pusher on \\d{4}-.* UTC · commit ${deployed.slice(0, 12)}`),
    )
    expect(await everything(scene)).toBe(before)
  }, 90_000)

  test('of an app that is broken', async () => {
    await scene.kubectl('set', 'image', 'deployment/web', `web=${BROKEN_IMAGE}`)
    await scene.eventually(async () => {
      expect(await scene.kubectl('get', 'pods')).toContain('InvalidImageName')
    })
    const step = await status()
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'image-invalid', outputs: { result: 'failed' } })
    expect(plain(step.summary)).toMatch(
      /service in namespace \S+ is not well: Deployment web: ghcr\.io\/ACME\/shop:v2 of container web is not a valid image reference/,
    )
  }, 90_000)

  test('of an app whose container crashes, with its log', async () => {
    const command = JSON.stringify({
      spec: {
        template: { spec: { containers: [{ name: 'web', command: ['sh', '-c', 'echo out of ideas; exit 3'] }] } },
      },
    })
    await scene.kubectl('rollout', 'undo', 'deployment/web')
    await scene.kubectl('patch', 'deployment/web', '--patch', command)
    await scene.eventually(async () => {
      expect(await scene.kubectl('get', 'pods')).toContain('CrashLoopBackOff')
    })
    const step = await status()
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'crash-loop', outputs: { result: 'failed' } })
    expect(step.annotations[0]?.message).toMatch(/ends with exit code 3 .*; its last log line: out of ideas/)
    expect(step.summary).toMatch(/Evidence.*Log of container/s)
  }, 90_000)

  test('of an app whose Deployment is gone', async () => {
    await scene.kubectl('delete', 'deployment/web')
    const step = await status()
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'resource-failed' })
    expect(step.annotations[0]?.message).toMatch(/^Deployment `web` is not there any more\./)
    expect(await scene.deploy()).toMatchObject({ conclusion: 'success' })
  }, 90_000)

  test('of an app whose ConfigMap is gone', async () => {
    await scene.kubectl('delete', 'configmap/web')
    const step = await status()
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'resource-failed' })
    expect(step.annotations[0]?.message).toMatch(/ConfigMap `web`/)
  }, 90_000)
})
