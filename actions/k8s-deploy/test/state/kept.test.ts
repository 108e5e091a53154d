import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { digest } from '../../../../lib/crypto/fingerprint.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { type KubeObject, refOf } from '../../src/kube/objects.ts'
import { digestKey } from '../../src/state/digest-key.ts'
import { listRevisions, nextRevision, readRevision, recordRevision } from '../../src/state/history.ts'
import { readInventory, writeInventory } from '../../src/state/inventory.ts'
import { sealKeyFrom } from '../../src/state/seal.ts'
import {
  deleteSnapshot,
  findUnfinished,
  type Snapshot,
  type SnapshotEntry,
  saveSnapshot,
  setPhase,
} from '../../src/state/snapshot.ts'
import { indexSecret } from '../../src/state/snapshot-index.ts'
import { type OwnNamespace, openNamespace } from '../support/own-namespace.ts'

const describeCluster = await requireCluster()

describeCluster('what is kept in the cluster', () => {
  let own: OwnNamespace
  let other: OwnNamespace
  beforeAll(async () => {
    ;[own, other] = await Promise.all([openNamespace('state-kept'), openNamespace('state-kept')])
  })
  afterAll(() => Promise.all([own.close(), other.close()]))

  const configMap = (name: string, value: string, namespace = own.namespace): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, uid: `uid-${name}` },
    data: { value },
  })
  const present = (object: KubeObject): SnapshotEntry => ({ ref: refOf(object), before: object })
  const secretsOf = async (app: string, { cluster, namespace }: OwnNamespace = own): Promise<KubeObject[]> =>
    (await cluster.list({ apiVersion: 'v1', kind: 'Secret', namespace, labelSelector: `ondol.dev/app=${app}` })).items
  const requestFor = (app: string, entries: SnapshotEntry[]) => ({
    app,
    namespace: own.namespace,
    runUrl: 'https://github.com/acme/shop/actions/runs/1',
    revision: 1,
    startedAt: new Date('2030-01-02T03:04:05Z'),
    entries,
  })

  test('a snapshot of 3 MB, of two namespaces and the cluster, comes back as it was, in order, and leaves nothing', async () => {
    const app = { app: 'big', namespace: own.namespace }
    const large = (name: string, namespace = own.namespace) =>
      configMap(name, randomBytes(750_000).toString('base64'), namespace)
    const absent = { ref: refOf(configMap('new', '')), before: undefined }
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r' }, rules: [] }
    const entries = [
      present(large('a')),
      absent,
      present(large('b')),
      present(large('c', other.namespace)),
      present(role),
    ]
    const saved = await saveSnapshot(own.cluster, requestFor('big', entries))
    const snapshot = await setPhase(own.cluster, saved, 'rolling-back')

    const [found] = await findUnfinished(own.cluster, app)
    expect(found).toEqual({ ...snapshot, entries })
    expect(found?.phase).toBe('rolling-back')
    expect(await secretsOf('big', other)).toHaveLength(1)

    await deleteSnapshot(own.cluster, snapshot)
    expect(await secretsOf('big')).toEqual([])
    expect(await secretsOf('big', other)).toEqual([])
    expect(await findUnfinished(own.cluster, app)).toEqual([])
  })

  test('wherever the runner dies while saving, the next run finds nothing to put back and clears all of it away', async () => {
    const app = { app: 'killed', namespace: own.namespace }
    const entries = [present(configMap('a', '1')), present(configMap('b', '2', other.namespace))]
    let writes = Number.POSITIVE_INFINITY
    const counted = async <T>(write: () => Promise<T>): Promise<T> => {
      if (writes-- <= 0) throw new Error('killed')
      return write()
    }
    const mortal: Cluster = {
      ...own.cluster,
      create: (object) => counted(() => own.cluster.create(object)),
      replace: (object) => counted(() => own.cluster.replace(object)),
      patch: (ref, patch) => counted(() => own.cluster.patch(ref, patch)),
      delete: (ref) => counted(() => own.cluster.delete(ref)),
    }
    for (const lifetime of [1, 2, 3]) {
      writes = lifetime
      await expect(saveSnapshot(mortal, requestFor('killed', entries))).rejects.toThrow('killed')
      expect(await findUnfinished(own.cluster, app)).toEqual([])
      expect([...(await secretsOf('killed')), ...(await secretsOf('killed', other))]).toEqual([])
    }
    for (const lifetime of [1, 2, 3]) {
      writes = Number.POSITIVE_INFINITY
      const saved = await saveSnapshot(mortal, requestFor('killed', entries))
      writes = lifetime
      await expect(deleteSnapshot(mortal, saved)).rejects.toThrow('killed')
      expect(await findUnfinished(own.cluster, app)).toEqual([])
      expect([...(await secretsOf('killed')), ...(await secretsOf('killed', other))]).toEqual([])
    }
  })

  test('of a damaged snapshot the rest is still found, with a word about it', async () => {
    const app = { app: 'torn', namespace: own.namespace }
    const entries = [present(configMap('a', '1')), present(configMap('b', '2', other.namespace))]
    const saved = await saveSnapshot(own.cluster, requestFor('torn', entries))
    const [chunk] = await secretsOf('torn', other)
    await own.cluster.delete(refOf(chunk as KubeObject))
    expect(await findUnfinished(own.cluster, app)).toMatchObject([
      { id: saved.id, entries: [entries[0]], damage: expect.stringContaining('1 of its 2 objects') },
    ])
    const index = (await secretsOf('torn')).find(({ metadata }) => metadata.name.endsWith(saved.id)) as KubeObject
    await own.cluster.patch(refOf(index), { data: { index: 'AAAA' } })
    const [found] = await findUnfinished(own.cluster, app)
    expect(found).toMatchObject({ id: saved.id, entries: [], damage: expect.stringContaining('damaged') })
  })

  test('with a key, only what is sealed by it is believed', async () => {
    const app = { app: 'sealed', namespace: own.namespace }
    const keyed = { ...app, sealKey: sealKeyFrom('a key of at least thirty-two characters') }
    const entries = [present(configMap('a', '1')), present(configMap('b', '2'))]
    await saveSnapshot(own.cluster, requestFor('sealed', entries))
    const [forged] = await findUnfinished(own.cluster, keyed)
    expect(forged).toMatchObject({ entries: [], damage: expect.stringContaining('not sealed') })
    await deleteSnapshot(own.cluster, forged as Snapshot)
    expect(await secretsOf('sealed')).toEqual([])
    const saved = await saveSnapshot(own.cluster, { ...requestFor('sealed', entries), ...keyed })
    const rolling = await setPhase(own.cluster, saved, 'rolling-back')
    expect(await findUnfinished(own.cluster, keyed)).toEqual([{ ...rolling, entries }])

    const about = { commit: 'c0ffee', run: 'https://github.com/acme/shop/actions/runs/1', actor: 'author' }
    const objects = [configMap('c', '3')]
    await recordRevision(own.cluster, app, { ...about, revision: 1, objects }, String)
    await recordRevision(own.cluster, keyed, { ...about, revision: 2, objects }, String)
    await expect(readRevision(own.cluster, keyed, 1)).rejects.toThrow('Revision 1 is not sealed')
    expect(await readRevision(own.cluster, keyed, 2)).toMatchObject({ objects })
  })

  test('an object in a snapshot that is not the one of its place is lost, not put there', async () => {
    const app = { app: 'swapped', namespace: own.namespace }
    const entries = [{ ref: refOf(configMap('a', '1')), before: configMap('b', '2') }]
    await saveSnapshot(own.cluster, requestFor('swapped', entries))
    const [found] = await findUnfinished(own.cluster, app)
    expect(found).toMatchObject({ entries: [], damage: expect.stringContaining('1 of its 1 objects') })
  })

  test('Secrets that only look like what is kept block nothing', async () => {
    const app = { app: 'odd', namespace: own.namespace }
    const secret = (name: string, type: string, labels: Record<string, string>, data: Record<string, string>) => {
      const metadata = { name, namespace: own.namespace, labels: { 'ondol.dev/app': 'odd', ...labels } }
      return own.cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata, type, data })
    }
    const revision = { 'ondol.dev/part': 'revision', 'ondol.dev/piece': '0' }
    await secret('ondol-odd-revision-1e30', 'ondol.dev/revision', { ...revision, 'ondol.dev/revision': '1e30' }, {})
    await secret('decoy', 'ondol.dev/revision', { ...revision, 'ondol.dev/revision': '7' }, {})
    expect(await nextRevision(own.cluster, app)).toBe(1)
    expect(await listRevisions(own.cluster, app)).toEqual([])

    const index = { 'ondol.dev/part': 'snapshot', 'ondol.dev/snapshot-role': 'index' }
    await secret('decoy-index', 'ondol.dev/snapshot', index, { index: 'AAAA' })
    await secret('ondol-odd-snapshot-0123456789', 'Opaque', index, { index: 'AAAA' })
    expect(await findUnfinished(own.cluster, app)).toEqual([])
    const pieces = [{ name: 'ondol-odd-snapshot-abcdef0123-0', digest: digest(Buffer.from('no gzip')) }]
    await secret('ondol-odd-snapshot-abcdef0123-0', 'ondol.dev/snapshot', {}, { objects: btoa('no gzip') })
    const about = { ...requestFor('odd', []), id: 'abcdef0123', phase: 'deploying' as const }
    const refs = [{ ...refOf(configMap('a', '1')), absent: false }]
    const chunks = [{ namespace: own.namespace, pieces }]
    await own.cluster.create(await indexSecret(app, { ...about, refs, chunks }))
    expect(await findUnfinished(own.cluster, app)).toMatchObject([
      { entries: [], damage: expect.stringContaining('1 of its 1 objects') },
    ])
  })

  test('the inventory is read as it was written, and not written over one that has changed', async () => {
    const app = { app: 'inventory', namespace: own.namespace }
    expect(await readInventory(own.cluster, app)).toBeUndefined()
    const refs = [
      { apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: 'shop' },
      { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespace: undefined, name: 'system:web' },
    ]
    await writeInventory(own.cluster, app, { revision: 4, refs, left: [], resourceVersion: undefined })
    const read = await readInventory(own.cluster, app)
    if (read === undefined) throw new Error('no inventory')
    expect(read).toMatchObject({ revision: 4, refs })
    await writeInventory(own.cluster, app, { ...read, revision: 5 })
    await expect(writeInventory(own.cluster, app, { ...read, revision: 6 })).rejects.toMatchObject({ status: 409 })
  })

  test('ten revisions are kept, without values of Secrets', async () => {
    const app = { app: 'history', namespace: own.namespace }
    expect(await nextRevision(own.cluster, app)).toBe(1)
    const about = { commit: 'c0ffee', run: 'https://github.com/acme/shop/actions/runs/1', actor: 'author' }
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      data: { a: Buffer.from('hunter2').toString('base64') },
      stringData: { b: 'hunter3' },
    }
    const filler = configMap('filler', randomBytes(800_000).toString('base64'))
    for (let revision = 1; revision <= 12; revision++) {
      const objects = revision === 12 ? [secret, filler] : [secret, configMap('c', String(revision))]
      const digestOf = (value: Buffer) => `digest of ${value.length}`
      await recordRevision(own.cluster, app, { ...about, revision, objects }, digestOf)
    }
    const kept = await listRevisions(own.cluster, app)
    expect(kept.map(({ revision }) => revision)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3])
    expect(kept[0]).toEqual({ ...about, revision: 12, at: expect.any(Date) })
    expect(await nextRevision(own.cluster, app)).toBe(13)
    expect(await readRevision(own.cluster, app, 2)).toBeUndefined()
    const secrets = [{ ref: refOf(secret), digests: { a: 'digest of 7', b: 'digest of 7' } }]
    expect(await readRevision(own.cluster, app, 3)).toMatchObject({ objects: [configMap('c', '3')], secrets })
    expect(await readRevision(own.cluster, app, 12)).toMatchObject({ objects: [filler], secrets })
  })

  test('runs that begin at once agree on one digest key', async () => {
    const app = { app: 'key', namespace: own.namespace }
    const keys = await Promise.all(Array.from({ length: 6 }, () => digestKey(own.cluster, app, undefined)))
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1)
    expect(keys[0]).toHaveLength(32)
    expect(await digestKey(own.cluster, app, 'given')).toEqual(Buffer.from('given'))
  })
})
