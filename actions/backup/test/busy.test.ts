import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Bucket, type FakeS3, startFakeS3 } from '../../../lab/s3/fake/index.ts'
import { contentOf } from './support/bare-shell.ts'
import { backupsIn, idOf, MIB, makeTree, openS3Scene, restored, succeeded } from './support/s3.ts'
import type { Scene } from './support/scene.ts'

const KEEP_ONE = { 'keep-last': '1', 'keep-daily': '0', 'keep-weekly': '0', 'keep-monthly': '0' }

let server: FakeS3
let bucket: Bucket
let scene: Scene

beforeAll(async () => {
  server = await startFakeS3()
  scene = await openS3Scene(server)
})
beforeEach(() => {
  bucket = server.bucket('acme')
  server.requests.splice(0)
})
afterEach(() => {
  expect(server.violations).toEqual([])
})
afterAll(async () => {
  await scene.close()
  await server.close()
})

test('a source that fails, or has nothing, is no backup, and prunes none', async () => {
  const inputs = { prune: 'after-backup', ...KEEP_ONE }
  succeeded(await scene.backup('- command: { name: x, run: [echo, one] }', { inputs: { type: 'full' } }))
  const good = succeeded(await scene.backup('- command: { name: x, run: [echo, two] }', { inputs: { type: 'full' } }))
  const before = backupsIn(bucket)
  expect(before).toHaveLength(2)
  const empty = scene.folderFor('empty')
  for (const [reason, bad] of [
    ['source-failed', "- command: { name: x, run: [sh, -c, 'echo half; exit 3'] }"],
    ['source-empty', '- command: { name: x, run: ["true"] }'],
    ['source-empty', `- files: { paths: [${empty}] }`],
  ] as const) {
    const step = await scene.backup(bad, { inputs: { ...inputs, type: 'full' } })
    expect(step).toMatchObject({ conclusion: 'failure', reason })
    expect(backupsIn(bucket)).toEqual(before)
  }
  const listed = await scene.mode('list')
  expect(listed.outputs).toMatchObject({ 'backup-id': idOf(good), result: 'ok' })
  expect(listed.summary).toContain('source-failed')
})

test('files that change or go while they are read are warnings that name them', async () => {
  // What is on its way to the store, and in zstd, is more than the second and third file and less than the first.
  const files = { '1-large': 60 * MIB, '2-log': MIB, '3-gone': MIB, '4': 9 }
  const folder = makeTree(join(scene.folder, 'busy'), files)
  const busy = `- files: { paths: [${folder}] }`
  const timer = setInterval(() => {
    if (!server.requests.some(({ path }) => path.includes('partNumber=1'))) return
    appendFileSync(join(folder, '2-log'), 'line')
    rmSync(join(folder, '3-gone'), { force: true })
  }, 2)
  const step = succeeded(await scene.backup(busy, { inputs: { 'bandwidth-limit': '20MiB', concurrency: '1' } }))
  clearInterval(timer)
  expect(step.outputs['result']).toBe('warning')
  expect(step.summary).toContain(`${folder}/2-log changed while it was read`)
  expect(step.summary).toContain(`${folder}/3-gone vanished`)
  expect(step.summary).not.toContain('1-large')
  succeeded(await scene.mode('restore', { 'restore-to': join(scene.folder, 'busy-restored') }))
  expect(succeeded(await scene.backup(busy)).outputs).toMatchObject({ type: 'incremental', result: 'ok' })
  expect(await restored(scene, 'latest', folder)).toBe(contentOf(folder))
}, 60_000)

test('two writers at once, upon the same parent: both backups are good', async () => {
  const source = makeTree(join(scene.folder, 'shared'), { a: MIB, b: 1000 })
  const sources = `- files: { paths: [${source}] }`
  succeeded(await scene.backup(sources))
  writeFileSync(join(source, 'b'), 'changed')
  const steps = await Promise.all([scene.backup(sources), scene.backup(sources)])
  for (const step of steps) expect(succeeded(step).outputs).toMatchObject({ type: 'incremental', result: 'ok' })
  expect(new Set(backupsIn(bucket))).toHaveProperty('size', 3)
  for (const step of steps) expect(await restored(scene, idOf(step), source)).toBe(contentOf(source))
}, 60_000)

test('a prune while a backup is made leaves it alone, and what it builds upon', async () => {
  const source = makeTree(join(scene.folder, 'pruned'), { a: MIB })
  const sources = `- files: { paths: [${source}] }`
  const old = idOf(succeeded(await scene.backup(sources, { inputs: { type: 'full' } })))
  const parent = idOf(succeeded(await scene.backup(sources, { inputs: { type: 'full' } })))
  makeTree(source, { new: 11 * MIB })
  let pruning: ReturnType<Scene['mode']> | undefined
  const running = scene.backup(sources, {
    inputs: { 'bandwidth-limit': '3MiB' },
    onLine: (line) => {
      if (line.includes('Backing up 1-files')) pruning ??= scene.mode('prune', KEEP_ONE)
    },
  })
  const made = idOf(succeeded(await running))
  const pruned = succeeded((await pruning) as Awaited<ReturnType<Scene['mode']>>)
  expect(JSON.parse(pruned.outputs['plan'] ?? '')).toEqual({ keep: [parent], remove: [old] })
  expect(backupsIn(bucket)).toEqual([parent, made])
  expect(await restored(scene, made, source)).toBe(contentOf(source))
}, 60_000)
