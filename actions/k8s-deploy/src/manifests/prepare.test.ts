import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import type { KubeObject } from '../kube/objects.ts'
import { podTemplatesOf } from './pod-templates.ts'
import { type PrepareOptions, prepare } from './prepare.ts'
import { config, manifest, workload } from './test-support.ts'

const CLUSTER_WIDE = ['Namespace', 'ClusterRole', 'CustomResourceDefinition', 'PersistentVolume']
const options: PrepareOptions = {
  app: 'shop',
  namespace: 'live',
  isNamespaced: ({ apiVersion, kind }) =>
    apiVersion.startsWith('acme.example/') ? undefined : !CLUSTER_WIDE.includes(kind),
  identity: { commit: 'c0ffee', runUrl: 'https://github.com/acme/shop/actions/runs/1', actor: 'author' },
  digestKey: Buffer.alloc(32, 7),
}

const prepared = (objects: KubeObject[], more: Partial<PrepareOptions> = {}) =>
  prepare(objects.map(manifest), { ...options, ...more })
const only = (objects: KubeObject[], more: Partial<PrepareOptions> = {}) =>
  prepared(objects, more).objects[0]?.object as KubeObject
const spec = (object: KubeObject) => object['spec'] as Record<string, unknown>
const named = (manifests: Manifest[]) => manifests.map(({ object }) => `${object.kind}/${object.metadata.name}`)
const hashOf = (object: KubeObject) =>
  (podTemplatesOf(object)[0] as KubeObject).metadata.annotations?.[names.configHash]

const pod = { containers: [{ name: 'web', image: 'nginx' }] }

describe('namespaces', () => {
  const plain = config('ConfigMap', 'a', {})

  test('a namespaced object gets the default, and keeps its own', () => {
    expect(only([plain]).metadata.namespace).toBe('live')
    expect(only([{ ...plain, metadata: { name: 'a', namespace: 'other' } }]).metadata.namespace).toBe('other')
  })

  test('an object of the whole cluster gets none, and is refused with one', () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'a' } }

    expect(only([role]).metadata).not.toHaveProperty('namespace')
    expect(() => prepared([{ ...role, metadata: { name: 'a', namespace: 'live' } }])).toThrow(
      "ClusterRole `a` has the namespace live, and objects of its kind are the whole cluster's",
    )
  })

  test.each([
    ['Cluster', undefined],
    ['Namespaced', 'live'],
  ])('the set itself defines a kind whose scope is %s', (scope, namespace) => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'shops.acme.example' },
      spec: { group: 'acme.example', names: { kind: 'Shop' }, scope },
    }
    const shop = { apiVersion: 'acme.example/v1', kind: 'Shop', metadata: { name: 'a' } }

    expect(only([shop, definition]).metadata.namespace).toBe(namespace)
  })

  test('one object with and without its namespace is there twice', () => {
    expect(() => prepared([plain, { ...plain, metadata: { name: 'a', namespace: 'live' } }])).toThrow(
      /ConfigMap `a` is there a second time; the first is in k8s\/all.yaml, document \d+/,
    )
  })
})

describe('identity', () => {
  test('stands on the object, the label on its pods too, and the selector is as it was', () => {
    const object = only([workload('Deployment', 'web', pod)], { identity: { ...options.identity, revision: 7 } })

    expect(object.metadata).toEqual({
      name: 'web',
      namespace: 'live',
      labels: { [names.app]: 'shop' },
      annotations: {
        [names.home]: 'live',
        [names.revision]: '7',
        [names.commit]: 'c0ffee',
        [names.run]: 'https://github.com/acme/shop/actions/runs/1',
        [names.actor]: 'author',
      },
    })
    expect(podTemplatesOf(object)).toEqual([{ metadata: { labels: { name: 'web', [names.app]: 'shop' } }, spec: pod }])
    expect(spec(object)['selector']).toEqual({ matchLabels: { name: 'web' } })
  })

  test('pods of a CronJob and of kinds of others have the label', () => {
    const template = { spec: pod }
    const cron = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'a' },
      spec: { jobTemplate: { spec: { template } } },
    }
    const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'a' }, spec: { template } }

    for (const { object } of prepared([cron, rollout]).objects) {
      expect(podTemplatesOf(object)).toEqual([{ metadata: { labels: { [names.app]: 'shop' } }, spec: pod }])
    }
  })

  test('the label of another app is refused, on the object and on its pods', () => {
    const other = { labels: { [names.app]: 'other' } }
    const deployment = workload('Deployment', 'web', pod, { template: { metadata: other, spec: pod } })

    for (const object of [config('ConfigMap', 'web', {}, { metadata: { name: 'web', ...other } }), deployment]) {
      expect(() => prepared([object])).toThrow(/`web` has the label ondol.dev\/app: "other", and the app is shop/)
    }
  })

  test('the name of an app that can be no label is refused', () => {
    expect(() => prepared([], { app: 'Shop!' })).toThrow('The app\'s name "Shop!" can\'t be a label of Kubernetes.')
  })

  test('a paused Deployment is refused', () => {
    expect(() => prepared([workload('Deployment', 'web', pod, { paused: true })])).toThrow('Deployment `web` is paused')
  })

  test('what was given stays as it was', () => {
    const given = [
      workload('Deployment', 'web', { ...pod, envFrom: [] }),
      config('ConfigMap', 'a', { data: { a: '1' } }),
    ]
    const before = structuredClone(given)
    prepared(given)

    expect(given).toEqual(before)
  })
})

describe('the digest of configuration', () => {
  const uses: [string, 'ConfigMap' | 'Secret', object][] = [
    ['envFrom a ConfigMap', 'ConfigMap', { containers: [{ envFrom: [{ configMapRef: { name: 'conf' } }] }] }],
    ['envFrom a Secret', 'Secret', { initContainers: [{ envFrom: [{ secretRef: { name: 'conf' } }] }] }],
    [
      'env from a ConfigMap',
      'ConfigMap',
      { containers: [{ env: [{ valueFrom: { configMapKeyRef: { name: 'conf', key: 'a' } } }] }] },
    ],
    [
      'env from a Secret',
      'Secret',
      { containers: [{ env: [{ name: 'X' }, { valueFrom: { secretKeyRef: { name: 'conf', key: 'a' } } }] }] },
    ],
    ['a volume of a ConfigMap', 'ConfigMap', { volumes: [{ configMap: { name: 'conf' } }] }],
    ['a volume of a Secret', 'Secret', { volumes: [{ secret: { secretName: 'conf' } }] }],
    [
      'a projected ConfigMap',
      'ConfigMap',
      { volumes: [{ projected: { sources: [{ configMap: { name: 'conf' } }] } }] },
    ],
    ['a projected Secret', 'Secret', { volumes: [{ projected: { sources: [{ secret: { name: 'conf' } }] } }] }],
  ]

  test.each(uses)('%s: changes with its content', (_, kind, podSpec) => {
    const web = workload('StatefulSet', 'web', podSpec)
    const hash = (content: object, more: object = {}, key = options.digestKey) =>
      hashOf(only([web, config(kind, 'conf', content, more)], { digestKey: key }))

    expect(hash({ data: { a: '1' } })).toMatch(/^[0-9a-f]{64}$/)
    expect(hash({ data: { a: '1' } })).toBe(hash({ data: { a: '1' } }))
    expect(hash({ data: { a: '1' } })).not.toBe(hash({ data: { a: '2' } }))
    expect(hash({ data: { a: '1' } })).not.toBe(hash({ data: { a: '1' } }, {}, Buffer.alloc(32, 8)))
    expect(hash({ data: { a: '1' } }, { immutable: true })).toBeUndefined()
    expect(hash({ data: { a: '1' } }, { metadata: { name: 'conf', namespace: 'other' } })).toBeUndefined()
    expect(hash({ data: { a: '1' } }, { metadata: { name: 'unused' } })).toBeUndefined()
  })

  test('a Secret is the same in data and in stringData', () => {
    const web = workload('DaemonSet', 'web', { volumes: [{ secret: { secretName: 'conf' } }] })
    const hashes = [{ stringData: { a: 'x' } }, { data: { a: 'eA==' } }].map((content) =>
      hashOf(only([web, config('Secret', 'conf', content)])),
    )

    expect(hashes[0]).toBe(hashes[1])
  })

  test('counts a live Secret as it counts the same one in the set, and an immutable one not at all', () => {
    const web = workload('Deployment', 'web', { volumes: [{ secret: { secretName: 'conf' } }] })
    const live = config('Secret', 'conf', { data: { a: 'YWJj' } }, { metadata: { name: 'conf', namespace: 'live' } })
    // As `base64` of the command line writes it.
    const inSet = hashOf(only([web, config('Secret', 'conf', { data: { a: 'YW\nJj\n' } })]))

    expect(hashOf(only([web], { secrets: [live] }))).toBe(inSet)
    expect(hashOf(only([web], { secrets: [{ ...live, immutable: true }] }))).toBeUndefined()
  })

  test('a new commit or revision alone restarts no pod', () => {
    const set = [
      workload('Deployment', 'web', { volumes: [{ secret: { secretName: 'conf' } }] }),
      config('Secret', 'conf', { data: {} }),
    ]
    const later = {
      identity: {
        commit: 'beef',
        runUrl: 'https://github.com/acme/shop/actions/runs/2',
        actor: 'reviewer',
        revision: 9,
      },
    }

    expect(podTemplatesOf(only(set, later))).toEqual(podTemplatesOf(only(set)))
  })

  test("it isn't on a Job or a Pod, which can't be changed", () => {
    const podSpec = { volumes: [{ configMap: { name: 'conf' } }] }
    const job = { ...workload('Job', 'a', podSpec), apiVersion: 'batch/v1' }
    const bare = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: podSpec }

    expect(JSON.stringify(prepared([job, bare, config('ConfigMap', 'conf', { data: {} })]))).not.toContain(
      names.configHash,
    )
  })
})

describe('replicas', () => {
  const scaler = (apiVersion: string, kind: string, scaleTargetRef: object) => ({
    apiVersion,
    kind,
    metadata: { name: 'web' },
    spec: { scaleTargetRef },
  })
  const deployment = workload('Deployment', 'web', pod, { replicas: 3 })
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
  const KEY = 'apps/Deployment/live/web'

  test.each([
    ['an HPA', scaler('autoscaling/v2', 'HorizontalPodAutoscaler', target)],
    [
      'an HPA of another version of the group',
      scaler('autoscaling/v1', 'HorizontalPodAutoscaler', { ...target, apiVersion: 'apps/v1beta1' }),
    ],
    [
      "KEDA, of which a Deployment is the target if it doesn't say",
      scaler('keda.sh/v1alpha1', 'ScaledObject', { name: 'web' }),
    ],
  ])('are left to %s', (_, autoscaler) => {
    const { objects, scaled } = prepared([deployment, autoscaler])

    expect(spec(objects[0]?.object as KubeObject)).not.toHaveProperty('replicas')
    expect(scaled).toEqual(new Set([KEY]))
  })

  test('are left to an autoscaler that the cluster has', () => {
    const { objects, scaled } = prepared([deployment], {
      liveScaleTargets: new Set([KEY, 'apps/Deployment/live/other']),
    })

    expect(spec(objects[0]?.object as KubeObject)).not.toHaveProperty('replicas')
    expect(scaled).toEqual(new Set([KEY]))
  })

  test.each([
    [
      'of another namespace',
      { ...scaler('autoscaling/v2', 'HorizontalPodAutoscaler', target), metadata: { name: 'web', namespace: 'other' } },
    ],
    ['of another kind', scaler('autoscaling/v2', 'HorizontalPodAutoscaler', { ...target, kind: 'StatefulSet' })],
    ['of another name', scaler('autoscaling/v2', 'HorizontalPodAutoscaler', { ...target, name: 'api' })],
  ])('are written when the target is one %s', (_, autoscaler) => {
    const { objects, scaled } = prepared([deployment, autoscaler])

    expect(spec(objects[0]?.object as KubeObject)['replicas']).toBe(3)
    expect(scaled).toEqual(new Set())
  })
})

describe('hooks', () => {
  const hook = (name: string, annotations: Record<string, string>, kind = 'Job') => ({
    apiVersion: kind === 'Job' ? 'batch/v1' : 'v1',
    kind,
    metadata: { name, annotations },
    ...(kind === 'Job' ? { spec: { template: { spec: pod } } } : {}),
  })
  const helm = (name: string, hooks: string, weight?: string, kind = 'Job') =>
    hook(name, { 'helm.sh/hook': hooks, ...(weight === undefined ? {} : { 'helm.sh/hook-weight': weight }) }, kind)

  test('own ones are taken out, with the label on their pods', () => {
    const { objects, hooks } = prepared([
      config('ConfigMap', 'a', {}),
      hook('migrate', { [names.hook]: 'pre-deploy' }),
      hook('warm', { [names.hook]: 'post-deploy' }),
    ])

    expect([named(objects), named(hooks.preDeploy), named(hooks.postDeploy)]).toEqual([
      ['ConfigMap/a'],
      ['Job/migrate'],
      ['Job/warm'],
    ])
    expect(podTemplatesOf(hooks.preDeploy[0]?.object as KubeObject)).toMatchObject([
      { metadata: { labels: { [names.app]: 'shop' } } },
    ])
  })

  test("Helm's go by phase and weight, whatever their kind, and tests never", () => {
    const { objects, hooks } = prepared([
      helm('migrate', 'pre-install,pre-upgrade', '5'),
      helm('settings', 'pre-upgrade', '-5', 'ConfigMap'),
      helm('account', 'pre-install', '-5', 'ServiceAccount'),
      helm('before', 'pre-upgrade'),
      helm('after', ' post-upgrade , post-install'),
      helm('both', 'post-install, pre-upgrade', '9'),
      helm('test', 'test'),
      helm('old-test', 'test-success'),
      helm('gone', 'pre-delete,post-rollback'),
      helm('definition', 'crd-install', '1', 'ConfigMap'),
    ])

    expect(named(objects)).toEqual(['ConfigMap/definition'])
    expect(named(hooks.preDeploy)).toEqual([
      'ConfigMap/settings',
      'ServiceAccount/account',
      'Job/before',
      'Job/migrate',
      'Job/both',
    ])
    expect(named(hooks.postDeploy)).toEqual(['Job/after'])
  })

  test('what is no Job, and what is no phase, is refused', () => {
    expect(() => prepared([hook('a', { [names.hook]: 'pre-deploy' }, 'ConfigMap')])).toThrow('only a Job can be a hook')
    expect(() => prepared([hook('a', { [names.hook]: 'pre-install' })])).toThrow(
      'is "pre-install"; allowed are pre-deploy and post-deploy',
    )
  })
})

test('preparing twice is the same as once', () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const data = fc.dictionary(fc.constantFrom('x', 'y'), fc.string(), { maxKeys: 2 })
  const podSpec = fc.record({
    containers: fc.array(
      fc.record({ envFrom: fc.array(fc.record({ configMapRef: fc.record({ name }) }), { maxLength: 2 }) }),
      { maxLength: 2 },
    ),
    volumes: fc.array(fc.record({ secret: fc.record({ secretName: name }) }), { maxLength: 2 }),
  })
  const object = fc.oneof(
    fc.tuple(name, data).map(([given, content]) => config('ConfigMap', given, { data: content })),
    fc.tuple(name, data).map(([given, content]) => config('Secret', given, { stringData: content })),
    fc
      .tuple(fc.constantFrom('Deployment', 'StatefulSet'), name, podSpec, fc.nat(5))
      .map(([kind, given, pods, replicas]) => workload(kind, given, pods, { replicas })),
    name.map((given) => ({
      apiVersion: 'keda.sh/v1',
      kind: 'ScaledObject',
      metadata: { name: given },
      spec: { scaleTargetRef: { name: given } },
    })),
    fc.tuple(name, fc.constantFrom('pre-deploy', 'post-deploy')).map(([given, phase]) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: given, annotations: { [names.hook]: phase } },
      spec: { template: {} },
    })),
  )
  const sets = fc.uniqueArray(object, { maxLength: 8, selector: ({ kind, metadata }) => `${kind}/${metadata.name}` })
  fc.assert(
    fc.property(sets, (objects) => {
      const once = prepared(objects)
      const twice = prepare([...once.objects, ...once.hooks.preDeploy, ...once.hooks.postDeploy], options)

      expect(twice).toEqual(once)
    }),
    { numRuns: 300 },
  )
})
