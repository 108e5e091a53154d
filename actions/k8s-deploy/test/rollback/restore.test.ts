import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { type KubeObject, refOf } from '../../src/kube/objects.ts'
import { differences } from '../../src/rollback/compare.ts'
import { entriesOf } from '../../src/rollback/owners.ts'
import { restore } from '../../src/rollback/restore.ts'
import { findUnfinished, saveSnapshot } from '../../src/state/snapshot.ts'
import { BUSYBOX, MISSING, objectsOf, PAUSE } from './objects.ts'
import { fatesOf, openStage, type Stage } from './stage.ts'

const describeCluster = await requireCluster()

function environmentOf(deployment: KubeObject): string[] {
  const { template } = deployment['spec'] as { template: { spec: { containers: { env: { name: string }[] }[] } } }
  return template.spec.containers.flatMap(({ env }) => env.map(({ name }) => name)).sort()
}

describeCluster('putting everything back', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage('restore')
  })
  afterAll(() => stage.close())

  test('every field, and its owner, is what it was: changed, removed and added ones, of objects changed, new and pruned', async () => {
    const { configMap, secret, service, deployment, container, volumeClaim } = objectsOf('all', stage.namespace)
    const web = (image: string, env: Record<string, string>, more: object[] = []) =>
      deployment('web', [container('web', image, env), ...more], { replicas: 1 })
    const good = [
      configMap('config', { a: '1', b: '2' }),
      secret('login', { password: 'before' }),
      configMap('pruned', { x: 'y' }),
      service('web', 80),
      web(PAUSE, { A: '1', B: '2' }),
    ]
    const bad = [
      configMap('config', { b: '3', c: '4' }),
      secret('login', { password: 'after', more: 'x' }),
      { ...configMap('new', {}), immutable: true },
      volumeClaim('data'),
      service('web', 81),
      web(MISSING, { B: '2', C: '3', Z: 'forced' }, [container('extra', PAUSE)]),
      deployment('brand-new', [container('web', PAUSE)]),
    ]
    await stage.apply(good)
    await stage.kubectl('set', 'env', 'deployment/web', 'Z=others', 'Y=others')
    await stage.kubectl('annotate', 'configmap/config', 'team=shop')
    const objects = [...bad.slice(0, 4), configMap('pruned', {}), ...bad.slice(4)]
    const entries = await stage.snapshotOf(objects)
    await saveSnapshot(stage.cluster, {
      app: 'all',
      namespace: stage.namespace,
      runUrl: 'https://github.com/acme/shop/actions/runs/1',
      revision: 1,
      startedAt: stage.cluster.now(),
      entries,
    })
    await stage.apply(bad, { force: true })
    await stage.kubectl('delete', 'configmap/pruned')

    const [unfinished] = await findUnfinished(stage.cluster, { app: 'all', namespace: stage.namespace })
    const restored = await restore(unfinished?.entries ?? [], stage.depsFor('all'))

    expect(restored.problems).toEqual([])
    expect(fatesOf(restored)).toEqual({
      'ConfigMap/config': 'restored',
      'Secret/login': 'restored',
      'ConfigMap/new': 'deleted',
      'PersistentVolumeClaim/data': 'left',
      'ConfigMap/pruned': 'restored',
      'Service/web': 'restored',
      'Deployment/web': 'restored',
      'Deployment/brand-new': 'deleted',
    })
    await stage.expectAsBefore(entries.filter(({ ref }) => ref.kind !== 'PersistentVolumeClaim'))
    const replicaSets = await stage.kubectl('get', 'rs', '-l', 'part=web', '-o', 'name')
    expect(replicaSets.trim().split('\n')).toHaveLength(3)

    const again = await restore(entries, stage.depsFor('all', { deletableKinds: ['PersistentVolumeClaim'] }))
    expect(new Set(Object.entries(fatesOf(again)).map(([name, fate]) => `${name} ${fate}`))).toContain(
      'PersistentVolumeClaim/data deleted',
    )
    expect(again.objects.filter(({ fate }) => fate !== 'unchanged')).toHaveLength(1)

    // Our own next deployment conflicts with nobody, least of all with us.
    const [next] = await stage.apply([web(BUSYBOX, { A: '1', C: '5' })], { dryRun: true })
    const variables = environmentOf(next as KubeObject)
    expect(variables).toEqual(['A', 'C', 'Y', 'Z'])
  })

  test('what others change meanwhile stays, and what an autoscaler decides', async () => {
    const { deployment, container, autoscaler, configMap } = objectsOf('shared', stage.namespace)
    const scaled = deployment('scaled', [container('web', PAUSE)])
    const plain = (image: string) => deployment('plain', [container('web', image)], { replicas: 1 })
    const newly = deployment('newly', [container('web', PAUSE)], { replicas: 1 })
    await stage.apply([scaled, autoscaler('scaled'), plain(PAUSE), newly, configMap('mixed', { a: '1' })])
    const objects = [configMap('mixed', {}), plain(MISSING), newly, autoscaler('newly'), scaled, autoscaler('scaled')]
    const entries = await stage.snapshotOf(objects)

    await stage.apply(
      [
        configMap('mixed', { a: '2', b: '2' }),
        plain(MISSING),
        { ...autoscaler('newly'), spec: { ...(autoscaler('newly')['spec'] as object), minReplicas: 2 } },
        deployment('scaled', [container('web', BUSYBOX)]),
      ],
      { force: true },
    )
    await stage.kubectl('scale', 'deployment/scaled', '--replicas=2')
    await stage.kubectl('wait', 'deployment/newly', '--for=jsonpath={.spec.replicas}=2', '--timeout=40s')
    await stage.kubectl('annotate', 'deployment/plain', 'incident=42')
    await stage.kubectl('patch', 'configmap/mixed', '--patch', '{"data":{"theirs":"kept"}}')

    const restored = await restore(entries, stage.depsFor('shared'))
    expect(restored.problems).toEqual([])
    expect((await stage.live(refOf(configMap('mixed', {}))))['data']).toEqual({ a: '1', theirs: 'kept' })
    const now = await stage.live(refOf(plain(PAUSE)))
    expect(now.metadata.annotations?.['incident']).toBe('42')
    const before = entries[1]?.before as KubeObject
    expect(differences(before, now)).toEqual(['metadata.annotations.incident'])
    expect(entriesOf(now).map(({ manager, operation }) => `${manager} ${operation}`)).toEqual(
      expect.arrayContaining(['deployer Apply', 'kubectl-annotate Update']),
    )
    expect(entriesOf(now).filter(({ manager }) => manager === 'deployer' || manager === 'ondol')).toHaveLength(1)
    expect((await stage.live(refOf(scaled)))['spec']).toMatchObject({
      replicas: 2,
      template: { spec: { containers: [{ image: PAUSE }] } },
    })
    expect((await stage.live(refOf(newly)))['spec']).toMatchObject({ replicas: 1 })
    expect(fatesOf(restored)).toMatchObject({
      'HorizontalPodAutoscaler/newly': 'deleted',
      'Deployment/newly': 'restored',
    })
    expect(restored.objects.find(({ object }) => object.name === 'plain')?.message).toContain('incident')
  })

  test('a restoration that dies between two writes is finished by the next one', async () => {
    const { configMap } = objectsOf('twice', stage.namespace)
    const good = configMap('twice', { a: '1' })
    await stage.apply([good])
    const entries = await stage.snapshotOf([good])
    await stage.apply([configMap('twice', { a: '2' })])
    const mortal = { ...stage.cluster, patch: () => Promise.reject(new Error('killed')) }
    expect((await restore(entries, stage.depsFor('twice', { cluster: mortal }))).problems).toHaveLength(1)
    await expect(stage.apply([configMap('twice', { a: '3' })])).rejects.toMatchObject({ status: 409 })
    expect(fatesOf(await restore(entries, stage.depsFor('twice')))).toEqual({ 'ConfigMap/twice': 'restored' })
    await stage.expectAsBefore(entries)
    await stage.apply([configMap('twice', { a: '3' })])
  })

  test('objects that kubectl apply had made are its own again', async () => {
    const { deployment, container } = objectsOf('adopted', stage.namespace)
    const adopted = (image: string) => deployment('adopted', [container('web', image)], { replicas: 1 })
    const manifest = JSON.stringify(adopted(PAUSE))
    await stage.kubectlWithInput(manifest, 'apply', '-f', '-')
    const entries = await stage.snapshotOf([adopted(PAUSE)])
    await stage.apply([adopted(MISSING)], { force: true })
    await restore(entries, stage.depsFor('adopted'))
    await stage.expectAsBefore(entries)
    expect(await stage.kubectlWithInput(manifest, 'apply', '-f', '-')).toContain('unchanged')
  })

  test('an object whose owners are unknown has none again', async () => {
    const { configMap } = objectsOf('bare', stage.namespace)
    const bare = configMap('bare', { a: '1' })
    await stage.cluster.create(bare)
    await stage.cluster.patch(refOf(bare), { metadata: { managedFields: [{}] } })
    const entries = await stage.snapshotOf([bare])
    await stage.apply([configMap('bare', { a: '2', b: '2' })], { force: true })
    await restore(entries, stage.depsFor('bare'))
    await stage.expectAsBefore(entries)
    expect(fatesOf(await restore(entries, stage.depsFor('bare')))).toEqual({ 'ConfigMap/bare': 'unchanged' })
  })

  test('an object that another app has taken over meanwhile is left to it', async () => {
    const { configMap } = objectsOf('taken', stage.namespace)
    const taken = configMap('taken', { a: '1' })
    await stage.apply([taken])
    const entries = await stage.snapshotOf([taken])
    const labels = { ...taken.metadata.labels, 'ondol.dev/app': 'other' }
    await stage.apply([{ ...configMap('taken', { a: '2' }), metadata: { ...taken.metadata, labels } }], { force: true })
    const { objects, problems } = await restore(entries, stage.depsFor('taken'))
    expect(objects).toMatchObject([{ fate: 'left', message: 'It was taken over by the app `other`.' }])
    expect(problems).toEqual([])
    expect(await stage.live(refOf(taken))).toMatchObject({ data: { a: '2' } })
  })
})
