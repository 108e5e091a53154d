import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type FolderRules, listDownload, listFolder, listNamedFolder } from './folders.ts'

let repository = ''
beforeEach(() => {
  repository = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-folders-')))
})
afterEach(() => rmSync(repository, { recursive: true, force: true }))

function write(path: string): void {
  mkdirSync(dirname(join(repository, path)), { recursive: true })
  writeFileSync(join(repository, path), '')
}

function rules(...tracked: string[]): FolderRules {
  return { repository, data: join(repository, '.terraform'), tracked: async () => new Set(tracked), maxFiles: 10 }
}

test('all of a downloaded module counts but its history', async () => {
  for (const path of ['m/main.tf', 'm/run.tfstate.sh', 'm/.terraform/x', 'm/.git/HEAD', 'm/sub/.git']) write(path)
  const files = await listDownload(join(repository, 'm'))
  expect(files.map((file) => relative(repository, file))).toEqual(['m/.terraform/x', 'm/main.tf', 'm/run.tfstate.sh'])
})

test('of a named folder amid working data, only what is tracked', async () => {
  for (const path of ['.terraform/own/a', '.terraform/own/b']) write(path)
  const folder = join(repository, '.terraform/own')
  expect(await listNamedFolder(folder, rules('.terraform/own/b'))).toEqual([join(folder, 'b')])
  expect(await listFolder(folder, rules())).toEqual([join(folder, 'a'), join(folder, 'b')])
})

test('a folder with too many files is no root; where it is only named, what Git tracks in it counts', async () => {
  for (let number = 1; number <= 10; number++) write(`${number}`)
  expect(await listFolder(repository, rules())).toHaveLength(10)
  write('11')
  const refused = { reason: 'invalid-input', message: expect.stringContaining('more than 10 files') }
  await expect(listFolder(repository, rules('7'))).rejects.toMatchObject(refused)
  await expect(listNamedFolder(repository, rules())).rejects.toMatchObject(refused)
  expect(await listNamedFolder(repository, rules('7', 'gone'))).toEqual([join(repository, '7')])
})
