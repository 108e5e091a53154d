import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { BROKEN_IMAGE, config, files, service, shop, web } from './support/shop.ts'

const describeCluster = await requireCluster()

async function withScene(first: Record<string, string>, body: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene(first, { soak: '1s' })
  try {
    await body(scene)
  } finally {
    await scene.close()
  }
}

function fatesOf(step: Step): Record<string, string> {
  const objects = JSON.parse(step.outputs['objects'] ?? '[]') as { kind: string; name: string; fate: string }[]
  return Object.fromEntries(objects.map(({ kind, name, fate }) => [`${kind}/${name}`, fate]))
}

const namespaced = (object: object, namespace: string): object => {
  const { metadata, ...rest } = object as { metadata: object }
  return { ...rest, metadata: { ...metadata, namespace } }
}

const namespaceOf = (name: string): object => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

const other = (): string => `other-${randomBytes(4).toString('hex')}`

describeCluster('a first deployment that fails', () => {
  test.concurrent.each([
    ['rollback', 'failed', /This was the app's first deployment, so its 3 new objects stay/, 3],
    ['keep', 'failed', /Everything is left as the failed deployment made it, as on-failure: keep says/, 3],
    ['delete-new', 'rolled-back', /image-invalid/, 0],
  ])(
    'on-failure: %s',
    (onFailure, result, says, objects) =>
      withScene(shop({ image: BROKEN_IMAGE, replicas: 1 }), async (scene) => {
        const empty = Object.keys(await scene.world())
        const step = await scene.deploy({}, { inputs: { 'on-failure': onFailure } })
        expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result } })
        expect(step.summary.replaceAll(/&#\d+;/g, (code) => String.fromCharCode(Number(code.slice(2, -1))))).toMatch(
          says,
        )
        const made = Object.keys(await scene.world()).filter((key) => !empty.includes(key))
        expect(made).toHaveLength(objects)
        expect((await scene.kubectl('get', 'secrets', '--output=name')).trim()).not.toContain('snapshot')
        // The next one needs nothing to be cleared away by hand.
        expect(await scene.deploy(shop({ replicas: 1 }))).toMatchObject({ outputs: { result: 'deployed' } })
      }),
    180_000,
  )
})

describeCluster('what was broken before', () => {
  test(
    'is put back as broken as it was, and the report says so',
    () =>
      withScene(shop({ replicas: 1 }), async (scene) => {
        await scene.deploy()
        await scene.deploy(shop({ replicas: 1, image: BROKEN_IMAGE }), { inputs: { 'on-failure': 'keep' } })
        const broken = await scene.world()
        const step = await scene.deploy(shop({ replicas: 1, greeting: 'two', image: 'ghcr.io/ACME/shop:v3' }))
        expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rolled-back' } })
        expect(step.summary).toMatch(
          /Deployment(&#32;|\s)<code>web<\/code>.*was(&#32;|\s)not(&#32;|\s)ready(&#32;|\s)before/,
        )
        expect(await scene.world()).toEqual(broken)
      }),
    180_000,
  )
})

describeCluster('namespaces', () => {
  test.concurrent('the one that the app lives in comes with the deployment', async () => {
    const name = other()
    const scene = await openScene(files(namespaceOf(name), config(), service(), web({ replicas: 1 })), {
      soak: '1s',
      namespace: name,
    })
    try {
      const failed = await scene.deploy(
        files(namespaceOf(name), config(), service(), web({ replicas: 1, image: BROKEN_IMAGE })),
      )
      expect(failed).toMatchObject({ reason: 'image-invalid', outputs: { result: 'failed' } })
      expect(fatesOf(failed)).toMatchObject({ [`Namespace/${name}`]: 'created' })
      const good = await scene.deploy(files(namespaceOf(name), config(), service(), web({ replicas: 1 })))
      expect(good).toMatchObject({ outputs: { result: 'deployed', revision: '1' } })
      expect(await scene.kubectl('get', '--namespace', name, 'lease,secret', '--output=name')).not.toContain('snapshot')
    } finally {
      await scene.kubectl('delete', 'namespace', name, '--wait=false')
      await scene.close()
    }
  }, 180_000)

  test(
    'several, of which a new one comes with a deployment that fails',
    () =>
      withScene(shop({ replicas: 1 }), async (scene) => {
        const name = other()
        try {
          await scene.deploy()
          const good = await scene.world()
          const more = [namespaceOf(name), namespaced(config(), name), namespaced(service(), name)]
          const step = await scene.deploy(
            files(...more, config('two'), service(), web({ replicas: 1, image: BROKEN_IMAGE })),
          )
          expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rolled-back' } })
          expect(await scene.world()).toEqual(good)
          expect(fatesOf(step)[`Namespace/${name}`]).toBe('left')
          expect(await scene.kubectl('get', '--namespace', name, 'service', '--output=name')).toBe('')
          const again = await scene.deploy(files(...more, config('two'), service(), web({ replicas: 1 })))
          expect(again).toMatchObject({ outputs: { result: 'deployed' } })
          const without = await scene.deploy(shop({ replicas: 1, greeting: 'two' }), {
            inputs: { prune: 'true', 'prune-kinds': 'Namespace' },
          })
          expect(without).toMatchObject({ outputs: { result: 'deployed' } })
          expect(fatesOf(without)).toMatchObject({ [`Namespace/${name}`]: 'pruned' })
        } finally {
          await scene.kubectl('delete', 'namespace', name, '--wait=false', '--ignore-not-found')
        }
      }),
    180_000,
  )
})

describeCluster('objects of the whole cluster', () => {
  test(
    'a definition with its objects in one set, and a role: put back with everything else',
    () =>
      withScene({}, async (scene) => {
        const plural = `things${randomBytes(3).toString('hex')}`
        const kind = plural.replace('t', 'T')
        const role = `role-${scene.namespace}`
        try {
          const set = (size: string, verbs: string[], image?: string) =>
            files(
              thing(kind, size),
              definition(plural, kind),
              clusterRole(role, verbs),
              config(size),
              service(),
              web({ replicas: 1, ...(image ? { image } : {}) }),
            )
          expect(await scene.deploy(set('small', ['get']))).toMatchObject({ outputs: { result: 'deployed' } })
          const whole = async () => {
            const cluster = await Promise.all(
              [`crd/${plural}.example.com`, `clusterrole/${role}`, `${plural}/one`].map(async (name) => {
                const object = JSON.parse(await scene.kubectl('get', name, '--output=json'))
                const { resourceVersion: _, generation: __, ...metadata } = object.metadata
                return { metadata, spec: object.spec, rules: object.rules }
              }),
            )
            return [cluster, await scene.world()]
          }
          const good = await whole()
          const step = await scene.deploy(set('large', ['get', 'list'], BROKEN_IMAGE))
          expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rolled-back' } })
          expect(fatesOf(step)).toMatchObject({ [`ClusterRole/${role}`]: 'restored', [`${kind}/one`]: 'restored' })
          expect(await whole()).toEqual(good)
        } finally {
          await scene.kubectl('delete', `crd/${plural}.example.com`, `clusterrole/${role}`, '--ignore-not-found')
        }
      }),
    180_000,
  )
})

function definition(plural: string, kind: string): object {
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { size: { type: 'string', enum: ['small', 'large'] } } } },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  }
}

const thing = (kind: string, size: string): object => ({
  apiVersion: 'example.com/v1',
  kind,
  metadata: { name: 'one' },
  spec: { size },
})

const clusterRole = (name: string, verbs: string[]): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
})
