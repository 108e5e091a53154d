import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { generateX25519Identity } from 'age-encryption'
import { type Bucket, type FakeS3, startFakeS3 } from '../../../lab/s3/fake/index.ts'
import { backupsIn, idOf, keysIn, makeTree, openS3Scene, succeeded } from './support/s3.ts'
import type { Scene } from './support/scene.ts'

const PRUNE_ALL = { 'keep-last': '1', 'keep-daily': '0', 'keep-weekly': '0', 'keep-monthly': '0' }
const OTHER_KEY = { 'index-key': 'another index key of more than thirty-two bytes' }

let server: FakeS3
let scene: Scene
let source: string
let full = ''
let child = ''
let sound: Bucket['versions']
let bucket: Bucket
const sources = () => `- files: { paths: [${source}] }`

beforeAll(async () => {
  server = await startFakeS3()
  bucket = server.bucket('acme')
  scene = await openS3Scene(server)
  source = makeTree(join(scene.folder, 'source'), { a: 20_000, b: 20_000 })
  full = idOf(succeeded(await scene.backup(sources())))
  writeFileSync(join(source, 'a'), 'changed')
  child = idOf(succeeded(await scene.backup(sources())))
  sound = new Map(bucket.versions)
}, 60_000)
beforeEach(() => {
  bucket = server.bucket('acme')
  for (const [key, versions] of sound) bucket.versions.set(key, versions)
})
afterAll(async () => {
  expect(server.violations).toEqual([])
  await scene.close()
  await server.close()
})

const archive = (id: string) => `shop/${id}/data/1-files.1.tar.zst.age`
const indexOf = (id: string) => `shop/${id}/index.zst.enc`

function replaceBody(key: string, change: (body: Buffer) => Buffer): void {
  const [version] = sound.get(key) ?? []
  if (version?.body === undefined) throw new Error(`${key} isn't there`)
  const body = change(version.body)
  bucket.versions.set(key, [{ ...version, body, bytes: body.length }])
}

function swapBodies(one: string, other: string): void {
  const bodies = [one, other].map((key) => sound.get(key)?.[0]?.body ?? Buffer.alloc(0))
  replaceBody(one, () => bodies[1] ?? Buffer.alloc(0))
  replaceBody(other, () => bodies[0] ?? Buffer.alloc(0))
}

/** What each damage does to the full backup; `seen` by a look at the list, without reading. */
const DAMAGES: { name: string; key: (id: string) => string; seen: boolean; strike: () => void }[] = [
  {
    name: 'a truncated archive',
    key: archive,
    seen: true,
    strike: () => replaceBody(archive(full), (body) => body.subarray(0, -1)),
  },
  { name: 'a missing archive', key: archive, seen: true, strike: () => bucket.versions.delete(archive(full)) },
  { name: 'a missing index', key: indexOf, seen: true, strike: () => bucket.versions.delete(indexOf(full)) },
  {
    name: 'archives that are swapped',
    key: archive,
    seen: true,
    strike: () => swapBodies(archive(full), archive(child)),
  },
  {
    name: 'an archive of the same size with other bytes',
    key: archive,
    seen: false,
    strike: () => replaceBody(archive(full), (body) => Buffer.alloc(body.length, 'x')),
  },
]

describe.each(DAMAGES)('$name', ({ key, seen, strike }) => {
  test('is named, and nothing is built upon it or pruned', async () => {
    strike()
    const objects = () => keysIn(bucket).filter((one) => !/\/(?:log|verdicts)\//.test(one))
    const before = objects()
    const verify = () => scene.mode('verify', { identity: '' })
    const look = () =>
      Promise.all([scene.mode('list'), scene.mode('status', { 'max-age': '1d' }), scene.mode('prune', PRUNE_ALL)])
    // What only a reader sees, the others know by its verdict.
    const [verified, [listed, status, pruned]] = seen
      ? await Promise.all([verify(), look()])
      : [await verify(), await look()]
    expect(verified).toMatchObject({ conclusion: 'failure', reason: 'corrupt' })
    expect(`${verified.log.join('\n')}${verified.summary}`).toContain(key(full).slice(`shop/${full}/`.length))
    if (seen) expect(listed.log.join('\n')).toMatch(new RegExp(`^${child} incremental ${full} Backup ${child}`, 'm'))
    expect(status).toMatchObject({ conclusion: 'failure', reason: 'corrupt' })
    expect(pruned).toMatchObject({ conclusion: 'failure', reason: 'corrupt' })
    expect(objects()).toEqual(before)
    expect(succeeded(await scene.backup(sources())).outputs).toMatchObject({ type: 'full' })
  }, 60_000)
})

test('a manifest that was changed is no backup, and its children are marked', async () => {
  replaceBody(`shop/${full}/manifest.json`, (body) => Buffer.from(body.toString().replace('"full"', '"fulL"')))
  const status = await scene.mode('status', { 'max-age': '1d' })
  expect(status).toMatchObject({ conclusion: 'failure', reason: 'corrupt' })
  expect((await scene.mode('restore', { 'restore-to': join(scene.folder, 'none') })).reason).toBe('corrupt')
  expect(succeeded(await scene.backup(sources())).outputs).toMatchObject({ type: 'full' })
})

test('a wrong identity is told as such, by restore and by verify', async () => {
  const identity = await generateX25519Identity()
  const target = join(scene.folder, 'not-opened')
  for (const [mode, inputs] of [
    ['restore', { 'restore-to': target }],
    ['verify', {}],
  ] as const) {
    const step = await scene.mode(mode, { ...inputs, identity })
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'wrong-key' })
  }
  expect(keysIn(bucket).filter((key) => key.includes('/verdicts/'))).toEqual([])
})

test('a wrong index key is told as such by whatever reads, and the next backup is full, with a warning', async () => {
  const modes = {
    restore: { 'restore-to': join(scene.folder, 'nothing') },
    verify: {},
    status: {},
    list: {},
    prune: PRUNE_ALL,
  }
  const steps = await Promise.all(
    Object.entries(modes).map(([mode, inputs]) => scene.mode(mode, { ...inputs, ...OTHER_KEY })),
  )
  expect(steps.map(({ reason }) => reason)).toEqual(Object.keys(modes).map(() => 'wrong-key'))
  expect(backupsIn(bucket)).toEqual([full, child])
  const backup = succeeded(await scene.backup(sources(), { inputs: OTHER_KEY }))
  expect(backup.outputs).toMatchObject({ type: 'full', result: 'warning' })
  expect(backup.summary).toContain('None of the 2 backups before this one can be used')
}, 60_000)

test('status: no backup, too old, not proved, proved', async () => {
  await sleep(1000)
  const ask = async (inputs: Record<string, string>) =>
    (await scene.mode('status', { 'max-age': '1d', ...inputs })).reason
  expect(await ask({ set: 'other' })).toBe('no-backup')
  expect(await ask({ 'max-age': '1s' })).toBe('stale')
  expect(await ask({})).toBe('unverified')
  succeeded(await scene.mode('verify'))
  expect(await ask({})).toBe('')
  for (const key of keysIn(bucket).filter((one) => !one.endsWith('manifest.json'))) bucket.versions.delete(key)
  expect(await ask({})).toBe('corrupt')
}, 60_000)
