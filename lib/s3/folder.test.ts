import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { folderError } from './folder-paths.ts'
import { type OpenedStore, openStore } from './open.ts'

let base: string
let root: string
let outside: string
let store: OpenedStore
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'ondol-folder-'))
  root = join(base, 'root')
  outside = join(base, 'outside')
  mkdirSync(root)
  mkdirSync(outside)
  writeFileSync(join(outside, 'secret'), 'secret')
  store = await openStore({ kind: 'folder', path: root })
})
afterEach(() => rmSync(base, { recursive: true }))

async function keys(prefix = ''): Promise<string[]> {
  const all: string[] = []
  for await (const { key } of store.list(prefix)) all.push(key)
  return all
}

describe('a symbolic link', () => {
  beforeEach(() => {
    symlinkSync(outside, join(root, 'folder'))
    symlinkSync(join(outside, 'secret'), join(root, 'file'))
    symlinkSync('/dev/zero', join(root, 'device'))
  })

  test('is no object and no folder', async () => {
    expect(await keys()).toEqual([])
    expect(await store.folders('')).toEqual([])
    for (const key of ['file', 'folder/secret', 'device']) {
      expect(await store.head(key)).toBeUndefined()
      expect(await store.readAll(key, 100)).toBeUndefined()
      await expect(store.read(key)).rejects.toMatchObject({ reason: 'store-missing' })
    }
  })

  test('is not written through', async () => {
    await expect(store.put('folder/new', Buffer.from('x'))).rejects.toMatchObject({ reason: 'store-denied' })
    await expect(store.put('folder/deep/new', Buffer.from('x'))).rejects.toMatchObject({ reason: 'store-denied' })
    await store.put('file', Buffer.from('x'))
    expect(readdirSync(outside)).toEqual(['secret'])
    expect(statSync(join(outside, 'secret')).size).toBe(6)
  })

  test('is not deleted through', async () => {
    expect(await store.remove('folder/secret')).toBe('missing')
    expect(await store.remove('file')).toBe('missing')
    expect(readdirSync(outside)).toEqual(['secret'])
  })

  test('may be the root itself', async () => {
    symlinkSync(root, join(base, 'link'))
    const linked = await openStore({ kind: 'folder', path: join(base, 'link') })
    await linked.put('a/b', Buffer.from('x'))
    expect(await keys()).toEqual(['a/b'])
  })
})

test('a pipe is no object and nothing waits for it', async () => {
  await new Promise((resolve) => spawn('mkfifo', [join(root, 'pipe')]).once('exit', resolve))
  expect(await keys()).toEqual([])
  expect(await store.readAll('pipe', 10)).toBeUndefined()
})

test('what is written can be read by its owner alone', async () => {
  await store.put('a/b', Buffer.from('x'))
  expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700)
  expect(statSync(join(root, 'a/b')).mode & 0o777).toBe(0o600)
})

test('a run that is killed leaves nothing that a list shows, and what it left can be removed', async () => {
  const step = `
    const { openStore } = await import(${JSON.stringify(join(import.meta.dirname, 'open.ts'))})
    const store = await openStore({ kind: 'folder', path: ${JSON.stringify(root)} })
    await store.put('set/1/data/done', Buffer.from('done'))
    await store.write('set/2/data/half').write(Buffer.alloc(100_000))
    process.stdout.write('written')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', step], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  expect(await keys()).toEqual(['set/1/data/done'])
  expect(await store.folders('set/')).toEqual(['1'])
  expect(await store.abandonedUploads('set/', 60_000)).toEqual([])
  const left = await store.abandonedUploads('set/', 0)
  expect(left).toHaveLength(1)
  for (const upload of left) await upload.abort()
  expect(readdirSync(join(root, 'set'))).toEqual(['1'])
})

test('many writers and removers of one folder do each other no harm', async () => {
  const work = Array.from({ length: 40 }, async (_, index) => {
    await store.put(`set/shared/${index}`, Buffer.from(`${index}`))
    if (index % 2 === 0) await store.remove(`set/shared/${index}`)
  })
  await Promise.all(work)
  expect(await keys()).toHaveLength(20)
})

test('a folder that is not there is told, and not made', async () => {
  await expect(openStore({ kind: 'folder', path: join(base, 'absent') })).rejects.toMatchObject({
    reason: 'store-missing',
    remedy: expect.stringContaining('mount its disk'),
  })
  await expect(openStore({ kind: 'folder', path: join(outside, 'secret') })).rejects.toMatchObject({
    reason: 'store-missing',
  })
  expect(readdirSync(base)).toEqual(['outside', 'root'])
})

test('a key under a file, or where a folder is, is denied', async () => {
  await store.put('a', Buffer.from('x'))
  await expect(store.put('a/b', Buffer.from('x'))).rejects.toMatchObject({ reason: 'store-denied' })
  await store.put('f/g', Buffer.from('x'))
  await expect(store.put('f', Buffer.from('x'))).rejects.toMatchObject({ reason: 'store-denied' })
  expect(await store.head('a/b')).toBeUndefined()
  expect(readdirSync(root)).toEqual(['a', 'f'])
})

test.each([
  ['ENOSPC', 'store-full'],
  ['EDQUOT', 'store-full'],
  ['EACCES', 'store-denied'],
  ['EROFS', 'store-denied'],
  ['ENOENT', 'store-missing'],
  ['EIO', 'store-unreachable'],
  ['ESTALE', 'store-unreachable'],
])('%s is %s', (code, reason) => {
  const error = folderError(Object.assign(new Error('failed'), { code }), 'file:///mnt/b', 'write a/b')
  expect(error).toMatchObject({ reason, message: expect.stringContaining('file:///mnt/b could not write a/b') })
})
