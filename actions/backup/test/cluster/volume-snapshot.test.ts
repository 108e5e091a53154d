import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { programPath } from '../../../../lab/cluster/build.ts'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { openKubectl } from '../../src/places/kubectl.ts'
import type { Patience } from '../../src/sources/snapshots.ts'
import type { VolumeSource } from '../../src/sources/source.ts'
import type { SourceStream, StreamPlan } from '../../src/sources/stream.ts'
import { prepareVolume } from '../../src/sources/volumes/prepare.ts'
import { openScene } from '../support/scene.ts'
import { type ClaimedNamespace, openClaimedNamespace } from './claimed-namespace.ts'
import { type Kubectl, makeReady, setStatus } from './snapshot-api.ts'

const describeCluster = await requireCluster()
const OWNER = { set: 'shop', id: '20261125T021700Z-5f3a9c' }
const NAME = 'ondol-20261125t021700z-5f3a9c-1-volume-snapshot'
const SHORT: Patience = { limitMs: 1500, graceMs: 700, pollMs: 50 }
const LONG: Patience = { limitMs: 60_000, graceMs: 60_000, pollMs: 50 }
const PATH = [dirname(programPath('kubectl')), process.env['PATH']].join(delimiter)

describeCluster('a VolumeSnapshot', () => {
  let place: ClaimedNamespace
  let namespace: string
  let kubectl: Kubectl

  beforeAll(async () => {
    place = await openClaimedNamespace()
    namespace = place.namespace
    kubectl = place.kubectl
  })
  afterEach(() => place.clear())
  afterAll(() => place.close())

  const here = (): string[] => [`--namespace=${namespace}`]

  function prepare(
    source: Partial<VolumeSource> = {},
    { patience = SHORT, kubeconfig = place.kubeconfig }: { patience?: Patience; kubeconfig?: string } = {},
  ): Promise<StreamPlan> {
    const on = { kind: 'kubernetes', namespace, resource: 'pvc', name: 'data', container: undefined } as const
    const whole: VolumeSource = {
      id: '1-volume-snapshot',
      kind: 'volume-snapshot',
      on,
      claim: 'data',
      snapshotClass: undefined,
      ...source,
    }
    const { signal } = new AbortController()
    return prepareVolume(
      whole,
      openKubectl({ kubeconfig }, { env: { PATH, HOME: place.folder }, signal }),
      OWNER,
      signal,
      patience,
    )
  }

  async function read(plan: StreamPlan): Promise<string> {
    const started = only(plan).start()
    const bytes = await buffer(started.stdout)
    await started.ended
    return bytes.toString()
  }

  function only({ streams: [stream] }: StreamPlan): SourceStream {
    if (stream === undefined) throw new Error('no stream')
    return stream
  }

  async function snapshots(): Promise<string[]> {
    const names = await kubectl([...here(), 'get', 'volumesnapshots', '--output=jsonpath={.items[*].metadata.name}'])
    return names.split(' ').filter((name) => name !== '')
  }

  /** Makes the first snapshot that appears ready, as a controller would. */
  async function playController(): Promise<void> {
    for (let attempt = 0; attempt < 300; attempt++) {
      const [name] = await snapshots()
      if (name !== undefined) return await makeReady(kubectl, namespace, name)
      await sleep(100)
    }
  }

  const READ_CLAIM = { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get'] }

  test('is made when its stream is started, and told when it is ready', async () => {
    const plan = await prepare({ snapshotClass: 'fast' }, { patience: LONG })
    expect(await snapshots()).toEqual([])
    const [document] = await Promise.all([read(plan), playController()])
    expect(JSON.parse(document)).toEqual({
      format: 'ondol-volume-snapshot',
      version: 1,
      ...OWNER,
      namespace,
      claim: {
        name: 'data',
        storageClass: namespace,
        accessModes: ['ReadWriteOnce'],
        volumeMode: 'Filesystem',
        storage: '16Mi',
      },
      snapshot: {
        name: NAME,
        class: 'fast',
        createdAt: '2026-11-25T02:17:05Z',
        readyToUse: true,
        restoreSize: '16Mi',
        content: `content-of-${namespace}-${NAME}`,
        driver: 'ebs.csi.aws.com',
        handle: 'snap-0123456789abcdef0',
        deletionPolicy: 'Retain',
      },
    })
    const made = JSON.parse(await kubectl([...here(), 'get', 'volumesnapshot', NAME, '--output=json']))
    expect(made.metadata.labels).toEqual({
      'ondol-set': 'shop',
      'ondol-backup-id': OWNER.id,
      'ondol-source': '1-volume-snapshot',
    })
    expect(made.spec).toEqual({ volumeSnapshotClassName: 'fast', source: { persistentVolumeClaimName: 'data' } })
  })

  test.each<[string, object | undefined, string]>([
    ['nobody sees', undefined, `the VolumeSnapshot ${NAME} is seen by no snapshot controller.`],
    [
      'fails',
      { readyToUse: false, error: { message: 'no such driver.' } },
      `the VolumeSnapshot ${NAME} has the error: no such driver.`,
    ],
    ['never ends', { readyToUse: false }, `the VolumeSnapshot ${NAME} is not ready to use after 0 minutes.`],
  ])('that %s is a failure, and undone', async (_, status, words) => {
    const plan = await prepare()
    const reading = read(plan)
    reading.catch(() => undefined)
    while ((await snapshots()).length === 0) await sleep(50)
    if (status !== undefined) await setStatus(kubectl, [...here(), 'volumesnapshot', NAME], status)
    await expect(reading).rejects.toMatchObject({
      reason: 'source-failed',
      message: `The source 1-volume-snapshot (kubernetes://${namespace}/pvc/data) failed: ${words}`,
    })
    await only(plan).undo?.()
    expect(await snapshots()).toEqual([])
  })

  test('that cannot be made is refused before one is', async () => {
    await expect(prepare({ claim: 'none' })).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining('persistentvolumeclaims "none" not found'),
    })
    await expect(prepare({ claim: 'empty' })).rejects.toMatchObject({
      message: expect.stringContaining('the claim empty has no volume; its phase is Pending.'),
    })
    const kubeconfig = await place.kubeconfigOf('reader', [READ_CLAIM])
    await expect(prepare({}, { kubeconfig })).rejects.toMatchObject({
      message: expect.stringContaining('cannot create resource "volumesnapshots"'),
      remedy: expect.stringContaining('"create", "get" and "delete" on volumesnapshots'),
    })
    expect(await snapshots()).toEqual([])
  })

  test('needs no more rights than it says, and tells what the document lacks without more', async () => {
    const rule = {
      apiGroups: ['snapshot.storage.k8s.io'],
      resources: ['volumesnapshots'],
      verbs: ['create', 'get', 'delete'],
    }
    const plan = await prepare(
      {},
      { kubeconfig: await place.kubeconfigOf('snapshotter', [READ_CLAIM, rule]), patience: LONG },
    )
    expect(plan.warnings).toEqual([expect.stringContaining('volumesnapshotcontents')])
    const [document] = await Promise.all([read(plan), playController()])
    expect(JSON.parse(document).snapshot).toMatchObject({ readyToUse: true, content: expect.any(String) })
    expect(JSON.parse(document).snapshot).not.toHaveProperty('handle')
    await only(plan).undo?.()
    expect(await snapshots()).toEqual([])
  })

  test('is part of a backup, comes back as its document, and goes when the backup fails', async () => {
    const scene = await openScene({ kubeconfig: readFileSync(place.kubeconfig, 'utf8') }, { PATH })
    try {
      const source = `- volume-snapshot: { on: kubernetes://${namespace}/pvc/data }\n`
      const [backup] = await Promise.all([scene.backup(source), playController()])
      expect(backup.conclusion === 'success' ? [] : backup.log).toEqual([])
      expect(backup.outputs['result']).toBe('ok')
      const made = await snapshots()
      expect(made).toHaveLength(1)
      const restored = scene.folderFor('restored')
      expect(await scene.mode('restore', { 'restore-to': restored })).toMatchObject({ conclusion: 'success' })
      const document = JSON.parse(readFileSync(join(restored, 'databases/1-volume-snapshot/1.bin'), 'utf8'))
      expect(document.snapshot.name).toBe(made[0])

      await place.clear()
      const failing = "- command: { name: broken, run: ['false'] }\n"
      const [failed] = await Promise.all([scene.backup(source + failing), playController()])
      expect(failed).toMatchObject({ conclusion: 'failure', reason: 'source-failed' })
      expect(await snapshots()).toEqual([])
    } finally {
      await scene.close()
    }
  }, 180_000)
})
