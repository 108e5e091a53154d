import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import type { KubeObject } from '../src/kube/objects.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { files } from './support/shop.ts'

const describeCluster = await requireCluster()

function configMap(name: string, annotations: Record<string, string> = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data: { key: 'value' } }
}

function secret(name: string): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { key: 'value of the secret' } }
}

const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
}

const prune = { inputs: { prune: 'true' } }

async function withScene(first: object[], body: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene(files(...first), { soak: '0s' })
  try {
    expect(await scene.deploy()).toMatchObject({ conclusion: 'success' })
    await body(scene)
  } finally {
    await scene.close()
  }
}

async function configMapsOf(scene: Scene): Promise<string[]> {
  const names = Object.keys(await scene.world()).flatMap((key) => /^ConfigMap\/(.*)$/.exec(key)?.[1] ?? [])
  return names.filter((name) => name !== 'kube-root-ca.crt')
}

function fatesOf(step: Step): Record<string, string> {
  const objects = JSON.parse(step.outputs['objects'] ?? '[]') as { name: string; fate: string }[]
  return Object.fromEntries(objects.map(({ name, fate }) => [name, fate]))
}

describeCluster('prune', () => {
  test.concurrent('deletes what left the manifests, if it may: now, or by a later deployment', () => {
    const all = [configMap('kept'), configMap('gone'), configMap('precious', { 'ondol.dev/prune': 'keep' })]
    return withScene([...all, configMap('adopted'), claim], async (scene) => {
      await scene.kubectl('create', 'configmap', 'theirs', '--from-literal=key=value')
      await scene.kubectl('label', 'configmap/adopted', 'ondol.dev/app=other', '--overwrite')
      const left = files(configMap('kept'), configMap('new'))
      const keeping = await scene.deploy(left)
      expect(keeping).toMatchObject({ conclusion: 'success' })
      const notes = keeping.summary.split('\n').filter((line) => line.includes('left the manifests'))
      expect(notes.map((note) => note.replace(/&#32;|<\/?code>/g, ' ').replace(/ +/g, ' '))).toEqual([
        '- ConfigMap gone left the manifests and stays; prune: true would delete it.',
        '- PersistentVolumeClaim data left the manifests and stays; prune: true with its kind in prune-kinds would delete it.',
      ])
      expect(await configMapsOf(scene)).toEqual(['adopted', 'gone', 'kept', 'new', 'precious', 'theirs'])

      const pruning = await scene.deploy({}, prune)
      expect(pruning).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
      expect(fatesOf(pruning)).toEqual({ kept: 'unchanged', new: 'unchanged', gone: 'pruned' })
      expect(await configMapsOf(scene)).toEqual(['adopted', 'kept', 'new', 'precious', 'theirs'])
      expect(await scene.object('persistentvolumeclaim', 'data')).toBeDefined()

      const kinds = await scene.deploy({}, { inputs: { prune: 'true', 'prune-kinds': 'PersistentVolumeClaim' } })
      expect(fatesOf(kinds)).toMatchObject({ data: 'pruned' })
      expect(await scene.object('persistentvolumeclaim', 'data')).toBeUndefined()
      expect(await scene.deploy({}, prune)).toMatchObject({ outputs: { result: 'unchanged' } })
    })
  }, 120_000)

  test.concurrent(
    'is last: after a gate that failed nothing is gone',
    () =>
      withScene([configMap('kept'), configMap('gone')], async (scene) => {
        const server = createServer((_, reply) => reply.writeHead(503).end('no'))
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
        const watched = scene.object('configmap', 'gone')
        try {
          const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
          const step = await scene.deploy(files(configMap('kept')), {
            inputs: { prune: 'true', gates: `${url} expect 200 within 2s` },
          })
          expect(step).toMatchObject({ reason: 'gate-failed', outputs: { result: 'rolled-back' } })
          expect((await scene.object('configmap', 'gone'))?.metadata.uid).toBe((await watched)?.metadata.uid)
        } finally {
          server.close()
        }
      }),
    120_000,
  )

  test.concurrent(
    'that fails half-way puts back what it had deleted',
    () =>
      withScene([configMap('kept'), configMap('stuck'), secret('early')], async (scene) => {
        const good = await scene.world()
        const [, policy] = [await denyDeletion(scene, 'stuck'), `no-deletion-${scene.namespace}`]
        try {
          const step = await scene.deploy(files(configMap('kept'), configMap('new')), prune)
          expect(step).toMatchObject({ reason: 'admission-denied', outputs: { result: 'rolled-back' } })
          expect(fatesOf(step)).toMatchObject({ early: 'restored', new: 'deleted' })
          expect(contents(await scene.world())).toEqual(contents(good))
        } finally {
          await scene.kubectl('delete', 'validatingadmissionpolicy,validatingadmissionpolicybinding', policy)
        }
      }),
    120_000,
  )

  test.concurrent('has nothing to do where somebody else has deleted it, or its whole kind, before', () => {
    const group = 'example.com'
    const plural = `things${Math.random().toString(36).slice(2, 8)}`
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, kind: plural.replace(/^t/, 'T') },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    }
    const thing = { apiVersion: `${group}/v1`, kind: crd.spec.names.kind, metadata: { name: 'one' }, spec: {} }
    return withScene([configMap('kept'), configMap('gone'), crd, thing], async (scene) => {
      await scene.kubectl('delete', 'configmap/gone', `crd/${crd.metadata.name}`)
      const step = await scene.deploy(files(configMap('kept')), prune)
      expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'unchanged' } })
    })
  }, 120_000)
})

/** What was deleted and made again is another object of the same content. */
function contents(world: Record<string, KubeObject>): unknown {
  return Object.entries(world).map(([key, { metadata, ...object }]) => {
    const { uid: _, creationTimestamp: __, ...rest } = metadata
    return [key, { ...object, metadata: rest }]
  })
}

/** Takes the place of anything that keeps an object from being deleted. */
async function denyDeletion(scene: Scene, name: string): Promise<void> {
  const policy = `no-deletion-${scene.namespace}`
  const matchResources = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': scene.namespace } } }
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['configmaps'] }
  const objects = [
    {
      kind: 'ValidatingAdmissionPolicy',
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [{ expression: `oldObject.metadata.name != '${name}'`, message: 'this one stays' }],
      },
    },
    {
      kind: 'ValidatingAdmissionPolicyBinding',
      spec: { policyName: policy, validationActions: ['Deny'], matchResources },
    },
  ]
  const text = objects.map(({ kind, spec }) =>
    JSON.stringify({ apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: policy }, spec }),
  )
  await scene.kubectl('create', '--filename', await scene.file('policy.yaml', text.join('\n---\n')))
  await scene.eventually(async () => {
    await expect(scene.kubectl('delete', `configmap/${name}`, '--dry-run=server')).rejects.toThrow('this one stays')
  })
}
