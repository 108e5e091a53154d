import { readFileSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { programPath } from '../../../lab/cluster/build.ts'
import { busyboxImage } from '../../../lab/cluster/index.ts'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { requirePart } from '../../../lab/provision/require-part.ts'
import type { KubeObject } from '../src/kube/objects.ts'
import { unpack } from '../src/state/packed.ts'
import { openScene, type Scene, type StepOptions } from './support/scene.ts'
import { config, SERVER, service, shop, web } from './support/shop.ts'

const describeCluster = await requireCluster()
const helm = await requirePart('helm')

async function withScene(first: Record<string, string>, body: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene(first, { soak: '1s' })
  try {
    await body(scene)
  } finally {
    await scene.close()
  }
}

const PASSWORDS = ['correct-horse-battery', 'staple-horse-correct'] as const

/** All that the action keeps in the cluster, unpacked. */
async function keptIn({ kubectl }: Scene): Promise<string> {
  const list = JSON.parse(await kubectl('get', 'secret,configmap', '--selector=ondol.dev/part', '--output=json')) as {
    items: KubeObject[]
  }
  const contents = list.items.map(async ({ metadata, ...object }) => {
    const { objects } = (object['data'] ?? {}) as Record<string, string>
    const isPacked = object.kind === 'Secret' && objects !== undefined
    return isPacked ? JSON.stringify(await unpack([Buffer.from(objects, 'base64')])) : JSON.stringify(object)
  })
  return (await Promise.all(contents)).join('\n')
}

describeCluster('the input secrets', () => {
  const telling = {
    replicas: 1,
    container: { env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } }] },
  }
  const inputs = { secrets: 'database: password=env:DB_PASSWORD' }

  test(
    'reaches the pods, also when only a value changes, and is shown nowhere',
    () =>
      withScene(shop(telling), async (scene) => {
        const inPod = () => scene.kubectl('exec', 'deployment/web', '--', 'sh', '-c', 'echo $PASSWORD')
        const reports: string[] = []
        const options = (index: 0 | 1): StepOptions => ({
          env: { DB_PASSWORD: PASSWORDS[index] },
          inputs,
          // The post step deletes it.
          laterSteps: ({ outputs }) => void reports.push(readFileSync(outputs['report-path'] ?? '', 'utf8')),
        })
        const steps = [await scene.deploy({}, options(0))]
        expect(await inPod()).toBe(`${PASSWORDS[0]}\n`)
        steps.push(await scene.deploy({}, options(1)))
        expect(await inPod()).toBe(`${PASSWORDS[1]}\n`)
        const talkative = ['sh', '-c', 'echo the password is $PASSWORD; exit 1']
        steps.push(await scene.deploy(shop({ ...telling, command: talkative }), options(1)))
        expect(steps.map(({ outputs }) => outputs['result'])).toEqual(['deployed', 'deployed', 'rolled-back'])
        expect(steps[2]?.summary).toContain('the password is')

        const shown = steps.flatMap(({ rawLog, summary, outputs, annotations, processes, state }) => [
          ...rawLog.filter((line) => !line.startsWith('::add-mask::')),
          summary,
          ...Object.values(outputs),
          ...annotations.map(({ message }) => message),
          ...processes,
          ...Object.values(state),
        ])
        const everywhere = [...shown, ...reports, await keptIn(scene)].join('\n')
        for (const password of PASSWORDS) {
          expect(everywhere).not.toContain(password)
          expect(everywhere).not.toContain(Buffer.from(password).toString('base64'))
        }
        expect(reports[2]).toContain('the password is')
        expect(steps[0]?.processes.join()).toContain('kubectl')
      }),
    180_000,
  )

  test(
    'without the variable stops before anything is written',
    () =>
      withScene(shop(telling), async (scene) => {
        const step = await scene.deploy({}, { inputs })
        expect(step).toMatchObject({ reason: 'invalid-input', outputs: { result: 'failed' } })
        expect(step.annotations[0]?.message).toContain('DB_PASSWORD')
      }),
    60_000,
  )
})

describeCluster('the input images', () => {
  test(
    'puts an image in place wherever it is named, and refuses a name that is nowhere',
    () =>
      withScene(shop({ replicas: 1, image: 'ghcr.io/acme/shop:dev' }), async (scene) => {
        const images = `ghcr.io/acme/shop=${busyboxImage}`
        expect(await scene.deploy({}, { inputs: { images } })).toMatchObject({ outputs: { result: 'deployed' } })
        const path = 'jsonpath={.spec.template.spec.containers[0].image}'
        expect(await scene.kubectl('get', 'deployment/web', `--output=${path}`)).toBe(busyboxImage)
        const step = await scene.deploy({}, { inputs: { images: `${images}\nghcr.io/acme/shob=${busyboxImage}` } })
        expect(step).toMatchObject({ conclusion: 'failure', outputs: { result: 'failed' } })
        expect(step.annotations[0]?.message).toContain('ghcr.io/acme/shob')
      }),
    120_000,
  )
})

describeCluster('a kustomization', () => {
  test.concurrent('is rendered, and its generated names are followed', () => {
    const kustomization = {
      resources: ['service.yaml', 'web.yaml'],
      configMapGenerator: [{ name: 'web', literals: ['index.html=generated'] }],
    }
    return withScene(
      {
        'kustomization.yaml': stringify(kustomization),
        'service.yaml': stringify(service()),
        'web.yaml': stringify(web({ replicas: 1 })),
      },
      async (scene) => {
        expect(await scene.deploy()).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
        expect(await scene.kubectl('exec', 'deployment/web', '--', 'cat', '/www/index.html')).toBe('generated')
        const broken = await scene.deploy({ 'kustomization.yaml': stringify({ resources: ['absent.yaml'] }) })
        expect(broken).toMatchObject({ reason: 'invalid-manifest', outputs: { result: 'failed' } })
        expect(broken.annotations[0]?.message).toContain('absent.yaml')
      },
    )
  }, 120_000)
})

function hookOf(kind: 'Job' | 'Pod', name: string, annotations: Record<string, string>, script: string): object {
  const pod = {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image: busyboxImage, command: ['sh', '-c', script] }],
  }
  const metadata = { name, annotations }
  return kind === 'Pod'
    ? { apiVersion: 'v1', kind, metadata, spec: pod }
    : { apiVersion: 'batch/v1', kind, metadata, spec: { backoffLimit: 0, template: { spec: pod } } }
}

helm.describe('a Helm chart', () => {
  const hook = (events: string, weight = 0) => ({ 'helm.sh/hook': events, 'helm.sh/hook-weight': String(weight) })
  const settings = (level: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', annotations: hook('pre-install,pre-upgrade', -5) },
    data: { level },
  })
  const template = (object: object): string => stringify(object).replace('GREETING', '{{ .Values.greeting }}')
  const chart = (level: string) => ({
    'Chart.yaml': stringify({ apiVersion: 'v2', name: 'shop', version: '1.0.0' }),
    'values.yaml': stringify({ greeting: 'from the chart' }),
    'templates/config.yaml': template(config('GREETING')),
    'templates/service.yaml': template(service()),
    'templates/web.yaml': template(web({ replicas: 1, command: SERVER })),
    'templates/settings.yaml': template(settings(level)),
    'templates/migrate.yaml': template(
      hookOf('Job', 'migrate', hook('pre-install,pre-upgrade'), 'echo the chart migrates'),
    ),
    'templates/test.yaml': template(hookOf('Pod', 'test', hook('test'), 'exit 1')),
  })
  const path = [dirname(helm.path), dirname(programPath('kubectl')), process.env['PATH'] ?? ''].join(delimiter)
  const options: StepOptions = { env: { PATH: path }, inputs: { 'helm-values': 'k8s/production.yaml' } }

  test(
    'is rendered with its values; its hooks run, its tests are not applied',
    () =>
      withScene({ ...chart('one'), 'production.yaml': stringify({ greeting: 'in production' }) }, async (scene) => {
        const step = await scene.deploy({}, options)
        expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
        expect(step.log.join('\n')).toContain('the chart migrates')
        expect(await scene.kubectl('exec', 'deployment/web', '--', 'cat', '/www/index.html')).toBe('in production\n')
        expect(await scene.object('pod', 'test')).toBeUndefined()

        const good = await scene.world()
        const failing = {
          ...chart('two'),
          'templates/migrate.yaml': template(
            hookOf('Job', 'migrate', hook('pre-install,pre-upgrade'), 'echo no such table; exit 3'),
          ),
        }
        const failed = await scene.deploy(failing, options)
        expect(failed).toMatchObject({ reason: 'hook-failed', outputs: { result: 'rolled-back' } })
        const { 'Job/migrate': _, ...before } = good
        const { 'Job/migrate': __, ...after } = await scene.world()
        expect(after).toEqual(before)
      }),
    180_000,
  )
})
