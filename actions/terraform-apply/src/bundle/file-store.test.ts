import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { LIMITS } from './bundle.ts'
import { fileStore } from './file-store.ts'
import type { Slot } from './store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-store-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const slot: Slot = {
  repositoryId: 1,
  pullRequest: 2,
  headSha: 'a'.repeat(40),
  root: 'infra',
  directory: 'infra',
  workspace: 'default',
}
const bytes = (text: string): Uint8Array => Buffer.from(text)
const store = (runId: number, runAttempt = 1) => fileStore(join(folder, 'plans'), { runId, runAttempt })
const texts = async (of: Slot = slot): Promise<string[]> => {
  const stored = await store(0).list(of)
  return Promise.all(stored.map(async ({ runId, read }) => `${runId} ${Buffer.from(await read()).toString()}`))
}
const everyFile = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

test('plans come back newest first: by run, then by attempt, as numbers', async () => {
  await store(9).put(slot, bytes('nine'))
  await store(10, 2).put(slot, bytes('ten, again'))
  await store(10).put(slot, bytes('ten'))
  await store(10, 11).put(slot, bytes('ten, eleventh'))
  expect(await texts()).toEqual(['10 ten, eleventh', '10 ten, again', '10 ten', '9 nine'])
})

test('the same attempt stores one plan, the latest', async () => {
  await store(1).put(slot, bytes('first'))
  await store(1).put(slot, bytes('second'))
  expect(await texts()).toEqual(['1 second'])
})

test.each<Partial<Slot>>([
  { repositoryId: 2 },
  { pullRequest: 3 },
  { headSha: 'b'.repeat(40) },
  { root: 'other' },
  { directory: 'other' },
  { workspace: 'other' },
  { root: 'infra","infra', directory: '' },
])('another slot holds nothing of it: %j', async (other) => {
  await store(1).put(slot, bytes('plan'))
  expect(await texts({ ...slot, ...other })).toEqual([])
})

test('no name in a slot leads out of the folder', async () => {
  const hostile = '../../../../escaped'
  await store(1).put({ ...slot, root: hostile, directory: hostile, workspace: hostile }, bytes('plan'))
  expect(everyFile().every((file) => file.startsWith(join(folder, 'plans/1/2/')))).toBe(true)
  expect(existsSync(join(dirname(folder), 'escaped'))).toBe(false)
})

test('files and folders are for their owner only, and nothing unfinished is left', async () => {
  await store(1).put(slot, bytes('plan'))
  const [file = ''] = everyFile()
  expect(everyFile()).toHaveLength(1)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
})

test('other files in the folder are no plans', async () => {
  await store(1).put(slot, bytes('plan'))
  const [file = ''] = everyFile()
  for (const name of ['2-1.plan.123.tmp', 'x.plan', '-1-1.plan', '1.plan', '3-1.plan.bak']) {
    writeFileSync(join(dirname(file), name), 'x')
  }
  expect(await texts()).toEqual(['1 plan'])
})

test('a file that is larger than any bundle is tampered with, and is not read', async () => {
  await store(1).put(slot, bytes('plan'))
  const [file = ''] = everyFile()
  truncateSync(file, LIMITS.maxSealedBytes + 1)
  const [stored] = await store(0).list(slot)
  await expect(stored?.read()).rejects.toMatchObject({ reason: 'plan-tampered' })
  truncateSync(file, LIMITS.maxSealedBytes)
  await expect(stored?.read()).resolves.toHaveLength(LIMITS.maxSealedBytes)
})

describe('a folder that cannot be written', () => {
  test('names the input', async () => {
    writeFileSync(join(folder, 'plans'), 'a file in its place')
    await expect(store(1).put(slot, bytes('plan'))).rejects.toMatchObject({
      reason: 'invalid-input',
      message: expect.stringContaining('plan-store'),
    })
    expect(await texts()).toEqual([])
  })

  test('that is not there holds nothing', async () => {
    expect(await texts()).toEqual([])
    expect(everyFile()).toEqual([])
  })
})
