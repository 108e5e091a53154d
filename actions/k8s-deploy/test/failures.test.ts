import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { config, files, type ShopOptions, service, shop, web } from './support/shop.ts'

const describeCluster = await requireCluster()

interface Case {
  reason: string
  /** What the second deployment asks for; the first one was good. */
  change: ShopOptions
  /** Objects beyond the service's own. */
  more?: object[]
  inputs?: Record<string, string>
  /** Prepares the namespace between the two deployments. */
  before?: (scene: Scene) => Promise<unknown>
  /** The step's error. */
  says: RegExp
  /** What the summary shows as evidence. */
  shows?: RegExp
}

const crashing = ['sh', '-c', 'echo the database is away; sleep 1; exit 3']

/** Failures of pods: the deployment writes, sees it, and puts everything back. */
const ofPods: Case[] = [
  {
    reason: 'image-not-found',
    change: { greeting: 'two', image: 'ghcr.io/acme/absent:v2' },
    says: /Deployment `web`: image `ghcr\.io\/acme\/absent:v2` of container `web` does not exist in the registry/,
    shows: /Failed to pull image/,
  },
  {
    reason: 'image-auth',
    change: { greeting: 'two', image: 'ghcr.io/lab/locked:v1' },
    says: /Deployment `web`: the registry refuses to give image `ghcr\.io\/lab\/locked:v1`/,
    shows: /Failed to pull image/,
  },
  {
    reason: 'image-invalid',
    change: { greeting: 'two', image: 'ghcr.io/ACME/shop:v1' },
    says: /`ghcr\.io\/ACME\/shop:v1` of container `web` is not a valid image reference/,
  },
  {
    reason: 'crash-loop',
    change: { greeting: 'two', command: crashing, container: { readinessProbe: undefined } },
    // Without a readiness probe it may count as ready for a moment: then the soak finds it.
    says: /Deployment `web`: container `web` (ends with exit code 3 each time it starts|was ready and then ended with exit code 3)/,
    shows: /the database is away/,
  },
  {
    reason: 'oom-killed',
    change: {
      greeting: 'two',
      command: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M'],
      container: { resources: { limits: { memory: '16Mi' } } },
    },
    says: /container `web` was killed for using more memory than/,
  },
  {
    reason: 'config-missing',
    change: { greeting: 'two', container: { envFrom: [{ configMapRef: { name: 'absent' } }] } },
    says: /container `web` needs what is not there: .*absent/,
  },
  {
    reason: 'probe-failing',
    change: {
      greeting: 'two',
      container: { readinessProbe: { httpGet: { path: '/absent', port: 8080 }, periodSeconds: 1 } },
      spec: { progressDeadlineSeconds: 8 },
    },
    says: /Deployment `web`: .*readiness probe/,
    shows: /Readiness probe failed/,
  },
  {
    reason: 'mount-failed',
    change: { greeting: 'two', pod: { volumes: [{ name: 'content', secret: { secretName: 'absent' } }] } },
    says: /Deployment `web`: a volume cannot be mounted: .*absent/,
    shows: /FailedMount/,
  },
  {
    reason: 'unschedulable',
    change: { greeting: 'two', container: { resources: { requests: { cpu: '900' } } } },
    says: /Deployment `web`: no node can take its pods: .*Insufficient cpu/,
  },
  {
    reason: 'image-pull',
    change: { greeting: 'two', image: 'ghcr.io/lab/throttled:v1' },
    says: /image `ghcr\.io\/lab\/throttled:v1` of container `web` cannot be pulled/,
  },
  {
    reason: 'quota',
    change: { greeting: 'two', container: { resources: { requests: { cpu: '200m' } } } },
    before: ({ kubectl }) => kubectl('create', 'quota', 'small', '--hard=requests.cpu=100m'),
    says: /Deployment `web`: its pods exceed a quota: .*exceeded quota: small/,
  },
  {
    reason: 'admission-denied',
    change: { greeting: 'two', pod: { hostNetwork: true } },
    before: ({ kubectl, namespace }) =>
      kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=baseline'),
    says: /Deployment `web`: its pods are refused by an admission rule of the cluster: .*PodSecurity "baseline/,
  },
  {
    reason: 'timeout',
    change: { greeting: 'two', pod: { readinessGates: [{ conditionType: 'example.com/never' }] } },
    inputs: { timeout: '8s' },
    says: /Deployment `web`: /,
  },
  {
    reason: 'job-failed',
    change: { greeting: 'two' },
    more: [job('migrate', ['sh', '-c', 'echo no such table; exit 4'])],
    says: /Job `migrate`/,
    shows: /no such table/,
  },
  {
    reason: 'hook-failed',
    change: { greeting: 'two' },
    more: [job('prepare', ['sh', '-c', 'echo no such table; exit 4'], { 'ondol.dev/hook': 'pre-deploy' })],
    says: /Job `prepare`/,
    shows: /no such table/,
  },
]

function job(name: string, command: string[], annotations?: Record<string, string>): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, ...(annotations ? { annotations } : {}) },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'main', image: 'docker.io/library/busybox:lab', command }],
        },
      },
    },
  }
}

describeCluster('a failed deployment says why, shows it, and puts everything back', () => {
  test.concurrent.each(ofPods)(
    '$reason',
    async ({ reason, change, more = [], inputs = {}, before, says, shows }) => {
      const scene = await openScene(shop())
      try {
        expect(await scene.deploy()).toMatchObject({ conclusion: 'success' })
        await before?.(scene)
        const good = await scene.world()
        const step = await scene.deploy(files(...more, config(change.greeting), service(), web(change)), { inputs })
        expectFailure(step, reason, says)
        expect(step.outputs).toMatchObject({ result: 'rolled-back' })
        if (shows) expect(step.summary).toMatch(shows)
        expect(await scene.world()).toEqual(good)
      } finally {
        await scene.close()
      }
    },
    240_000,
  )
})

function expectFailure(step: Step, reason: string, says: RegExp): void {
  const errors = step.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
  expect({ reason: step.reason, errors }).toEqual({
    reason,
    errors: expect.arrayContaining([expect.stringMatching(says)]),
  })
}

describeCluster('what can be known before is refused before the first write', () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene(shop())
    expect(await scene.deploy()).toMatchObject({ conclusion: 'success' })
  }, 120_000)
  afterAll(() => scene.close())

  async function refused(manifests: Record<string, string>, inputs: Record<string, string> = {}): Promise<Step> {
    const before = await scene.world()
    const resourceVersions = await scene.kubectl('get', 'configmap,service,deployment', '--output=name')
    const step = await scene.deploy(manifests, { inputs })
    expect(step.conclusion).toBe('failure')
    expect(step.outputs['result']).toBe('failed')
    expect(await scene.world()).toEqual(before)
    expect(await scene.kubectl('get', 'configmap,service,deployment', '--output=name')).toBe(resourceVersions)
    return step
  }

  test('invalid-manifest: a mistake in the last document, at its line', async () => {
    const good = files(config('two'), service(), web())['all.yaml'] ?? ''
    const line = good.split('\n').length + 1
    const step = await refused({ 'all.yaml': `${good}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {}\n` })
    expectFailure(step, 'invalid-manifest', /k8s\/all\.yaml/)
    expect(step.annotations).toContainEqual(expect.objectContaining({ file: 'k8s/all.yaml', line }))
  })

  test('invalid-manifest: a field that the server does not take', async () => {
    const step = await refused(files(config('two'), service(), web({ spec: { replicas: 'two' } })))
    expectFailure(step, 'invalid-manifest', /Deployment `web`.*replicas/)
  })

  test('immutable-field', async () => {
    const step = await refused(files(config('two'), service(), web({ labels: { tier: 'front' } })))
    expectFailure(step, 'immutable-field', /Deployment `web`.*spec\.selector/)
  })

  test('conflict', async () => {
    const other = { ...config('other'), metadata: { name: 'web', namespace: scene.namespace } }
    await scene.kubectl(
      'patch',
      'configmap',
      'web',
      '--field-manager=other',
      '--type=merge',
      '--patch',
      JSON.stringify(other),
    )
    const step = await refused(files(config('two'), service(), web()))
    expectFailure(step, 'conflict', /ConfigMap `web`.*other/)
    expect(await scene.deploy(shop(), { inputs: { 'force-conflicts': 'true' } })).toMatchObject({
      conclusion: 'success',
    })
  })

  test('admission-denied', async () => {
    const policy = `no-two-${scene.namespace}`
    await applyPolicy(scene, policy)
    try {
      const step = await refused(files(config('two'), service(), web()))
      expectFailure(step, 'admission-denied', new RegExp(policy))
    } finally {
      await scene.kubectl('delete', 'validatingadmissionpolicy,validatingadmissionpolicybinding', policy)
    }
  })

  test('webhook-failed', async () => {
    const name = `away-${scene.namespace}`
    await applyWebhook(scene, name)
    try {
      const step = await refused(files(config('two'), service(), web()))
      expectFailure(step, 'webhook-failed', /away\.example\.com/)
    } finally {
      await scene.kubectl('delete', 'validatingwebhookconfiguration', name)
    }
  })

  test('invalid-input', async () => {
    const step = await refused(shop(), { soak: 'soon' })
    expectFailure(step, 'invalid-input', /The input soak is "soon"/)
  })
})

async function applyJson(scene: Scene, ...objects: object[]): Promise<void> {
  for (const object of objects) {
    const { metadata } = object as { metadata: { name: string } }
    await scene.kubectl('create', '--filename', await scene.file(`${metadata.name}.json`, JSON.stringify(object)))
  }
}

/** Denies ConfigMaps that say two. The server takes a second or two to heed a new policy. */
async function applyPolicy(scene: Scene, name: string): Promise<void> {
  const matchResources = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': scene.namespace } } }
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }
  await applyJson(scene, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "!object.data['index.html'].contains('two')", message: 'nobody says two' }],
    },
  })
  await scene.kubectl(
    'create',
    '--filename',
    await scene.file(
      'binding.json',
      JSON.stringify({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name },
        spec: { policyName: name, validationActions: ['Deny'], matchResources },
      }),
    ),
  )
  await scene.eventually(async () => {
    await expect(
      scene.kubectl('create', 'configmap', 'probe', '--from-literal=index.html=two', '--dry-run=server'),
    ).rejects.toThrow('nobody says two')
  })
}

async function applyWebhook(scene: Scene, name: string): Promise<void> {
  await applyJson(scene, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'away.example.com',
        clientConfig: { service: { namespace: scene.namespace, name: 'away', path: '/' } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': scene.namespace } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        failurePolicy: 'Fail',
        timeoutSeconds: 2,
      },
    ],
  })
  await scene.eventually(async () => {
    await expect(
      scene.kubectl('create', 'configmap', 'probe', '--from-literal=a=b', '--dry-run=server'),
    ).rejects.toThrow('away.example.com')
  })
}

describeCluster('gates', () => {
  test('a gate that gets another answer puts everything back, and names the answer', async () => {
    const scene = await openScene(shop())
    const server = createServer((_, reply) => reply.writeHead(503).end('no'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await scene.deploy()
      const good = await scene.world()
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`
      const next = shop({ greeting: 'two', command: ['sh', '-c', 'echo second version; httpd -f -p 8080 -h /www'] })
      const step = await scene.deploy(next, { inputs: { gates: `${url} expect 200 within 3s` } })
      expectFailure(step, 'gate-failed', /503/)
      expect(step.outputs['result']).toBe('rolled-back')
      expect(step.summary).toMatch(/Evidence.*second version/s)
      expect(step.annotations[0]?.message).toContain('The logs of the new pods are in the job summary.')
      expect(await scene.world()).toEqual(good)
    } finally {
      server.close()
      await scene.close()
    }
  }, 120_000)
})

describeCluster('the way to the cluster', () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene(shop())
  })
  afterAll(() => scene.close())

  test.each([
    ['unauthorized', (config: string) => withUser(config, { token: 'not-a-token-of-this-cluster' }), /credentials/],
    [
      'unreachable',
      (config: string) => config.replace(/server: .*/, 'server: https://127.0.0.1:9'),
      /127\.0\.0\.1:9|reach/,
    ],
  ])('%s', async (reason, change, says) => {
    const kubeconfig = change(await scene.kubectl('config', 'view', '--raw', '--flatten'))
    const step = await scene.deploy({}, { inputs: { kubeconfig, 'kubeconfig-path': '' } })
    expectFailure(step, reason, says)
    expect(step.outputs['result']).toBe('failed')
  })
})

function withUser(kubeconfig: string, user: object): string {
  return kubeconfig
    .replace(/users:[\s\S]*/, `users:\n- name: lab\n  user: ${JSON.stringify(user)}\n`)
    .replace(/user: (?!\{).*/, 'user: lab')
}
