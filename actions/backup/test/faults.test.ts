import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Bucket, type FakeS3, startFakeS3 } from '../../../lab/s3/fake/index.ts'
import { contentOf } from './support/bare-shell.ts'
import { backupsIn, idOf, keysIn, MIB, makeTree, openS3Scene, restored, succeeded } from './support/s3.ts'
import type { Scene } from './support/scene.ts'

/** A run that writes 12 MiB takes 2 s with it, and no longer than 7.5 s without its end. */
const SLOWLY = { 'bandwidth-limit': '6MiB' }
const WRITER = ['s3:PutObject', 's3:AbortMultipartUpload', 's3:GetObject', 's3:ListBucket']

let server: FakeS3
let bucket: Bucket
let scene: Scene
let source: string
const sources = () => `- files: { paths: [${source}] }`

beforeAll(async () => {
  server = await startFakeS3()
  scene = await openS3Scene(server)
  source = makeTree(join(scene.folder, 'source'), { a: 4 * MIB, b: 8 * MIB })
})
beforeEach(() => {
  bucket = server.bucket('acme')
  server.requests.splice(0)
})
afterEach(() => {
  server.faults.clear()
  server.clock.aheadMs = 0
  expect(server.violations).toEqual([])
})
afterAll(async () => {
  await scene.close()
  await server.close()
})

/** Of runs that failed only the line in the log of the set remains. */
function expectNothingStored(): void {
  expect(keysIn(bucket).filter((key) => !key.startsWith('shop/log/'))).toEqual([])
  expect(bucket.uploads.size).toBe(0)
}

test('a run that is cancelled takes back what it has written, in time', async () => {
  const cancel = new AbortController()
  let cancelledAt = Number.NaN
  let endedAt = Number.NaN
  const after = join(scene.folder, 'thawed')
  const hooked = sources().replace('paths:', `post: [touch, ${after}], paths:`)
  const step = await scene.backup(`- command: { name: x, run: [echo, done] }\n${hooked}`, {
    inputs: SLOWLY,
    cancel: cancel.signal,
    onLine: (line) => {
      if (!line.includes('Backing up 2-files')) return
      setTimeout(() => {
        cancelledAt = performance.now()
        cancel.abort()
      }, 1200)
    },
    laterSteps: () => {
      endedAt = performance.now()
      expectNothingStored()
    },
  })
  expect(step).toMatchObject({ conclusion: 'cancelled', reason: 'interrupted', outputs: { result: 'failed' } })
  expect(endedAt - cancelledAt).toBeLessThan(7500)
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toContainEqual(
    expect.stringMatching(/^POST .*2-files\.1\.tar\.zst\.age\?uploads/),
  )
  expect(step.orphans).toEqual([])
  expect(existsSync(after)).toBe(true)
})

test.each(['s3:PutObject', 's3:ListBucket'])('without the right to %s it says so', async (missing) => {
  const user = server.user('narrow', [
    { actions: WRITER.filter((action) => action !== missing), resources: ['acme', 'acme/*'] },
  ])
  const env = { AWS_ACCESS_KEY_ID: user.accessKey, AWS_SECRET_ACCESS_KEY: user.secretKey }
  const step = await scene.backup(sources(), { env })
  expect(step).toMatchObject({ conclusion: 'failure', reason: 'store-denied' })
  expect(step.log.join('\n')).toContain(`Allow ${missing}`)
  expect(backupsIn(bucket)).toEqual([])
})

test('a bucket that is full is told, and nothing stays behind in it', async () => {
  bucket = server.bucket('acme', { quotaBytes: 9 * MIB })
  const step = await scene.backup(`- command: { name: x, run: [echo, done] }\n${sources()}`)
  expect(step).toMatchObject({ conclusion: 'failure', reason: 'store-full' })
  expectNothingStored()
})

describe('a manifest that is written and can not be read back', () => {
  beforeEach(() => {
    const fault = { kind: 'status', status: 403, code: 'AccessDenied' } as const
    server.faults.add({ method: 'GET', path: /manifest\.json\?x-id=GetObject/, fault })
  })

  test('is removed with all the rest', async () => {
    const step = await scene.backup(sources())
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'store-denied' })
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toContainEqual(
      expect.stringMatching(/^PUT .*manifest\.json/),
    )
    expectNothingStored()
  })

  test('stays with all the rest where a lock keeps it, and is a backup', async () => {
    bucket = server.bucket('acme', { objectLock: true })
    const step = await scene.backup(sources(), { inputs: { 'object-lock': 'governance', 'lock-days': '1' } })
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'store-denied' })
    server.faults.clear()
    const [id = ''] = backupsIn(bucket)
    expect(await restored(scene, id, source)).toBe(contentOf(source))
  })
})

test('replies that are lost once, of every request that writes', async () => {
  for (const path of [/x-id=UploadPart/, /\?uploadId=/, /index\.zst\.enc\?/, /manifest\.json\?x-id=PutObject/])
    for (const method of ['PUT', 'POST'])
      server.faults.add({ method, path, times: 1, fault: { kind: 'reset-after-write' } })
  const step = succeeded(await scene.backup(sources()))
  expect(server.requests.filter(({ status }) => status === null)).toHaveLength(4)
  expect(await restored(scene, idOf(step), source)).toBe(contentOf(source))
})

test('clocks that are hours apart are told, before anything is written', async () => {
  server.clock.aheadMs = 3 * 3_600_000
  const step = await scene.backup(sources())
  expect(step).toMatchObject({ conclusion: 'failure', reason: 'clock' })
  expect(step.log.join('\n')).toContain('180 minutes apart')
  expect(bucket.versions.size).toBe(0)
})

test('a rule of the bucket that deletes sooner than retention is a warning', async () => {
  const rule =
    '<Rule><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><Expiration><Days>30</Days></Expiration></Rule>'
  bucket = server.bucket('acme', { lifecycle: `<LifecycleConfiguration>${rule}</LifecycleConfiguration>` })
  const run = '- command: { name: x, run: [echo, one] }'
  const step = succeeded(await scene.backup(run))
  expect(step.outputs['result']).toBe('warning')
  expect(step.summary).toContain('deletes objects after 30 days')
  const short = { 'keep-daily': '7', 'keep-weekly': '0', 'keep-monthly': '0' }
  expect(succeeded(await scene.backup(run, { inputs: short })).outputs).toMatchObject({ result: 'ok' })
})

test('a store that fails once the backup is complete costs it nothing', async () => {
  server.faults.add({ path: /[?&]lifecycle/, fault: { kind: 'status', status: 500 } })
  const step = await scene.backup(sources())
  expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'ok' } })
  expect(keysIn(bucket)).toContain(step.outputs['manifest-key'])
})
