import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Between, startBetween } from '../../../../lab/aws/between.ts'
import { createVolume, type MadeSnapshot, madeSnapshots } from '../../../../lab/aws/ebs.ts'
import { cliEnvironment, type Moto, startMoto } from '../../../../lab/aws/moto.ts'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import { BackupError } from '../../src/failure.ts'
import { localPlace } from '../../src/places/local.ts'
import { prepareEbs } from '../../src/sources/ebs/prepare.ts'
import type { Patience } from '../../src/sources/snapshots.ts'
import type { EbsSource } from '../../src/sources/source.ts'
import type { SourceStream, StreamPlan } from '../../src/sources/stream.ts'
import { openScene } from '../support/scene.ts'

const [moto, aws] = await Promise.all([requirePart('moto'), requirePart('aws')])
const describeAws = aws.path === '' ? aws.describe : moto.describe
const OWNER = { set: 'shop', id: '20261125T021700Z-5f3a9c' }
const SHORT: Patience = { limitMs: 200, graceMs: 0, pollMs: 10 }

const LONG: Patience = { ...SHORT, limitMs: 60_000 }

describeAws('snapshots of EBS volumes', () => {
  let server: Moto
  let between: Between | undefined
  let stop: AbortController
  let tagged: string[]
  let other: string

  beforeAll(async () => {
    server = await startMoto(moto.path)
  })
  beforeEach(async () => {
    stop = new AbortController()
    tagged = [await createVolume(server, 'shop', 8), await createVolume(server, 'shop', 100)]
    other = await createVolume(server, 'wiki', 2)
  })
  afterEach(async () => {
    await between?.close()
    between = undefined
    await server.reset()
  })
  afterAll(() => server.close())

  const snapshots = (): Promise<MadeSnapshot[]> => madeSnapshots(server)

  function prepare(
    source: Partial<EbsSource>,
    own: Record<string, string> = {},
    patience: Patience = SHORT,
  ): Promise<StreamPlan> {
    const whole: EbsSource = {
      id: '1-ebs-snapshot',
      kind: 'ebs-snapshot',
      on: { kind: 'local' },
      volumes: [],
      tags: {},
      ...source,
    }
    const env = { ...server.env, ...cliEnvironment(aws.path), AWS_MAX_ATTEMPTS: '1', ...own }
    return prepareEbs(whole, localPlace(env, stop.signal), OWNER, stop.signal, patience)
  }

  async function onlyStream(...args: Parameters<typeof prepare>): Promise<SourceStream> {
    const [stream] = (await prepare(...args)).streams
    if (stream === undefined) throw new Error('no stream')
    return stream
  }

  async function read(stream: SourceStream): Promise<string> {
    const started = stream.start()
    const bytes = await buffer(started.stdout)
    await started.ended
    return bytes.toString()
  }

  async function seeing(change: Parameters<typeof startBetween>[1]): Promise<Record<string, string>> {
    between = await startBetween(server.endpoint, change)
    return { AWS_ENDPOINT_URL: between.endpoint }
  }

  test('nothing is made before the stream is started, and then all, with references that are true', async () => {
    const stream = await onlyStream({ volumes: [other], tags: { app: 'shop' } })
    expect(await snapshots()).toEqual([])
    const document = JSON.parse(await read(stream))
    const made = await snapshots()
    expect(made.map(({ volume }) => volume).sort()).toEqual([...tagged, other].sort())
    expect(document).toMatchObject({ format: 'ondol-ebs-snapshots', version: 1, ...OWNER })
    expect(new Set(document.snapshots.map(({ snapshot }: { snapshot: string }) => snapshot))).toEqual(
      new Set(made.map(({ snapshot }) => snapshot)),
    )
    expect(document.snapshots.find(({ volume }: { volume: string }) => volume === other)).toMatchObject({
      sizeGiB: 2,
      state: 'completed',
      region: 'eu-central-1',
      zone: 'eu-central-1a',
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    })
    for (const { tags } of made) {
      expect(tags).toEqual({
        'ondol-set': 'shop',
        'ondol-backup-id': OWNER.id,
        'ondol-source': '1-ebs-snapshot',
      })
    }
  })

  test('that cannot be made are refused before one is', async () => {
    await expect(prepare({ tags: { app: 'none' } })).rejects.toMatchObject({
      reason: 'source-empty',
      message: 'The source 1-ebs-snapshot (local) is empty: no volume has the tags app=none.',
    })
    await expect(prepare({ volumes: ['vol-00000000'], tags: { app: 'shop' } })).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringMatching(/^The source 1-ebs-snapshot \(local\) failed: .*\(InvalidVolume\.NotFound\)/),
    })
    await expect(prepare({ volumes: [other] }, { PATH: '/nonexistent' })).rejects.toMatchObject({
      reason: 'client-missing',
    })
    expect(await snapshots()).toEqual([])
  })

  test('are waited for', async () => {
    let looks = 0
    const own = await seeing(({ action, body }) =>
      action === 'DescribeSnapshots' && ++looks < 3 ? body.replaceAll('completed', 'pending') : body,
    )
    const stream = await onlyStream({ volumes: [other] }, own, LONG)
    expect(JSON.parse(await read(stream))).toMatchObject({ snapshots: [{ state: 'completed' }] })
    expect(looks).toBe(3)
  })

  test.each<[string, (body: string) => string, RegExp]>([
    [
      'end in an error',
      (body) => body.replace('completed', 'error'),
      /the snapshot snap-\w+ of vol-\w+ is in the state error \(100%\)\.$/,
    ],
    [
      'never end',
      (body) => body.replace('completed', 'pending'),
      /is in the state pending \(100%\) after 0 minutes\.$/,
    ],
    [
      'vanish',
      (body) => body.replace(/<snapshotSet>.*<\/snapshotSet>/s, '<snapshotSet/>'),
      /the snapshot snap-\w+ does not exist\.$/,
    ],
  ])('that %s are a failure, and undone as a whole', async (_, change, message) => {
    const own = await seeing(({ action, body }) => (action === 'DescribeSnapshots' ? change(body) : body))
    const stream = await onlyStream({ tags: { app: 'shop' } }, own)
    await expect(read(stream)).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringMatching(message),
    })
    expect(await snapshots()).toHaveLength(2)
    await stream.undo?.()
    expect(await snapshots()).toEqual([])
  })

  test('whose reply was lost are undone, too', async () => {
    const own = await seeing(({ action, body }) => {
      if (action === 'CreateSnapshot' && !body.includes('DryRun')) throw new Error('the connection breaks')
      return body
    })
    const stream = await onlyStream({ volumes: [other] }, own)
    await expect(read(stream)).rejects.toMatchObject({ reason: 'source-failed' })
    expect(await snapshots()).toHaveLength(1)
    await stream.undo?.()
    expect(await snapshots()).toEqual([])
  })

  test('whose backup was given up while they were being made are undone when they are', async () => {
    const stream = await onlyStream({ tags: { app: 'shop' } })
    stream.start().stdout.destroy()
    await stream.undo?.()
    expect(await snapshots()).toEqual([])
  })

  test('of a run that is interrupted are undone', async () => {
    const own = await seeing(({ action, body }) => {
      if (action === 'DescribeSnapshots') stop.abort(new BackupError('interrupted', 'The run was cancelled.'))
      return body.replaceAll('completed', 'pending')
    })
    const stream = await onlyStream({ volumes: [other] }, own, LONG)
    await expect(read(stream)).rejects.toMatchObject({ reason: 'interrupted' })
    expect(await snapshots()).toHaveLength(1)
    await stream.undo?.()
    expect(await snapshots()).toEqual([])
  })

  test('whose deletion is not confirmed are named', async () => {
    const own = await seeing(({ action, body }) => {
      if (action === 'DeleteSnapshot') throw new Error('the connection breaks')
      return body
    })
    const stream = await onlyStream({ volumes: [other] }, own)
    const { snapshots: made } = JSON.parse(await read(stream))
    await expect(stream.undo?.()).rejects.toThrow(
      `Snapshots of a backup that failed could not be deleted: ${made[0].snapshot} (`,
    )
  })

  test('are part of a backup, come back as their document, and go when the backup fails', async () => {
    const scene = await openScene({}, { ...server.env, ...cliEnvironment(aws.path) })
    try {
      const source = '- ebs-snapshot: { tags: { app: shop } }\n'
      const backup = await scene.backup(source)
      expect(backup.conclusion === 'success' ? [] : backup.log).toEqual([])
      const made = await snapshots()
      expect(made.map(({ tags }) => tags['ondol-backup-id'])).toEqual(tagged.map(() => backup.outputs['backup-id']))
      const restored = scene.folderFor('restored')
      expect(await scene.mode('restore', { 'restore-to': restored })).toMatchObject({ conclusion: 'success' })
      const document = JSON.parse(readFileSync(join(restored, 'databases/1-ebs-snapshot/1.bin'), 'utf8'))
      expect(document.snapshots.map(({ snapshot }: { snapshot: string }) => snapshot).sort()).toEqual(
        made.map(({ snapshot }) => snapshot).sort(),
      )
      const failed = await scene.backup(`${source}- command: { name: broken, run: ['false'] }\n`)
      expect(failed).toMatchObject({ conclusion: 'failure', reason: 'source-failed' })
      expect(await snapshots()).toEqual(made)
    } finally {
      await scene.close()
    }
  }, 180_000)
})
