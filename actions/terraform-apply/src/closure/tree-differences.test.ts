import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { FileContent, Repository } from '../../../../lab/github/index.ts'
import { expectNoViolations, startLab } from '../../../../lab/github/support/lab.ts'
import { createClient } from '../../../../lib/github/client.ts'
import { listTree } from '../../../../lib/github/trees.ts'
import { createProcessRunner } from '../../../../lib/process/run.ts'
import { computeClosure } from './closure.ts'
import { gitIgnored, gitTracked, repositoryTop } from './git.ts'
import { pathsOf, type TreeDifference, treeDifferences } from './tree-differences.ts'

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-tree-')))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const FILES: Record<string, FileContent> = {
  '.gitignore': '*.log\n*.auto.tfvars\ncache/\n',
  'README.md': 'text\n',
  'infra/main.tf': 'a = 1\n',
  'infra/scripts/setup.sh': '#!/bin/sh\n',
  'infra/common.tf': { symlink: '../shared/common.tf' },
  'infra/.terraform.lock.hcl': '# lock\n',
  'shared/common.tf': 'b = 1\n',
  'values/eu.tfvars': 'region = "eu"\n',
}

const processes = createProcessRunner()
afterEach(() => processes.close())

interface Checkout {
  repository: Repository
  directory: string
  write(path: string, content: string): void
  remove(path: string): void
  /** Paths at which the checkout is not what `ref` has, by GitHub's trees. */
  differences(ref?: string, varFiles?: string[]): Promise<string[]>
  kinds(): Promise<TreeDifference[]>
}

async function checkOut(files: Record<string, FileContent> = FILES, root = 'infra'): Promise<Checkout> {
  const lab = await startLab()
  const repository = lab.world.repository({ owner: 'owner', name: 'site', files })
  const run = repository.run({ event: 'push', headSha: repository.tip('main'), actor: 'author' })
  const github = createClient({
    token: run.token,
    repository: { owner: 'owner', repo: 'site' },
    apiUrl: lab.apiUrl,
  })
  const directory = join(folder, 'checkout')
  await repository.checkout('main', directory)
  async function compare(ref = 'main', varFiles: string[] = []): Promise<TreeDifference[]> {
    const closure = await computeClosure({
      repository: directory,
      root: join(directory, root),
      dataDirectory: undefined,
      varFiles,
      lockFile: FILES[`${root}/.terraform.lock.hcl`] === undefined ? undefined : Buffer.from('# lock\n'),
      ignored: (paths) => gitIgnored(processes, directory, paths),
      tracked: (paths) => gitTracked(processes, directory, paths),
    })
    const commit = repository.tip(ref)
    const listed = await Promise.all(
      [...closure.directories, 'values', 'shared'].map((one) => listTree(github, commit, one)),
    )
    expectNoViolations(lab)
    return treeDifferences(
      closure,
      listed.flat().filter(({ path }) => !path.startsWith('values/') || varFiles.length > 0),
    )
  }
  return {
    repository,
    directory,
    write(path, content) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), content)
    },
    remove: (path) => rmSync(join(directory, path)),
    differences: async (ref, varFiles) => pathsOf(await compare(ref, varFiles)),
    kinds: () => compare(),
  }
}

test('a checkout is what its commit has', async () => {
  const checkout = await checkOut()
  expect(await checkout.differences()).toEqual([])
  expect(repositoryTop(join(checkout.directory, 'infra'), folder)).toBe(checkout.directory)
  expect(repositoryTop(folder, folder)).toBe(folder)
})

test('so is one whose root is the repository', async () => {
  const checkout = await checkOut({ 'main.tf': 'a\n', 'x/y': 'z\n', '.gitignore': '*.log\n' }, '.')
  expect(await checkout.differences()).toEqual([])
  checkout.write('x/new', '')
  expect(await checkout.differences()).toEqual(['x/new'])
})

describe('what somebody did to the checkout', () => {
  test.each<[string, (checkout: Checkout) => void, string[]]>([
    ['a changed file', ({ write }) => write('infra/main.tf', 'a = 2\n'), ['infra/main.tf']],
    ['an added file', ({ write }) => write('infra/more.tf', ''), ['infra/more.tf']],
    ['a deleted file', ({ remove }) => remove('infra/scripts/setup.sh'), ['infra/scripts/setup.sh']],
    ['a change of white space', ({ write }) => write('infra/main.tf', 'a = 1 \n'), ['infra/main.tf']],
    ['line ends of another system', ({ write }) => write('infra/main.tf', 'a = 1\r\n'), []],
    ['a change outside of the root', ({ write }) => write('README.md', 'other\n'), []],
    ['an ignored file', ({ write }) => write('infra/some.log', 'x'), []],
    ['an ignored folder', ({ write }) => write('infra/cache/x', 'x'), []],
    ['an ignored var-file', ({ write }) => write('infra/local.auto.tfvars', 'x = 1'), []],
    ['working data', ({ write }) => write('infra/.terraform/x', 'x'), []],
    [
      'a link that leads elsewhere',
      ({ directory, remove }) => {
        remove('infra/common.tf')
        symlinkSync('../shared/other.tf', join(directory, 'infra/common.tf'))
      },
      ['infra/common.tf'],
    ],
    [
      'a link that became a file',
      ({ remove, write }) => {
        remove('infra/common.tf')
        write('infra/common.tf', 'b = 1\n')
      },
      ['infra/common.tf'],
    ],
    [
      'a file that became a link',
      ({ directory, remove }) => {
        remove('infra/main.tf')
        symlinkSync('common.tf', join(directory, 'infra/main.tf'))
      },
      ['infra/main.tf'],
    ],
  ])('%s', async (_, edit, expected) => {
    const checkout = await checkOut()
    edit(checkout)
    expect(await checkout.differences()).toEqual(expected)
  })
})

test('a difference says whether the commit has the file at all', async () => {
  const checkout = await checkOut()
  checkout.write('infra/main.tf', 'a = 2\n')
  checkout.write('infra/stray.tf', '')
  checkout.remove('infra/scripts/setup.sh')
  expect(await checkout.kinds()).toEqual([
    { path: 'infra/main.tf', kind: 'changed' },
    { path: 'infra/scripts/setup.sh', kind: 'missing here' },
    { path: 'infra/stray.tf', kind: 'not committed' },
  ])
})

describe('what the branch has meanwhile', () => {
  test.each<[string, Record<string, FileContent>, string[]]>([
    ['a changed file', { 'infra/main.tf': 'a = 2\n' }, ['infra/main.tf']],
    ['an added file', { 'infra/more.tf': '' }, ['infra/more.tf']],
    ['a deleted file', { 'infra/main.tf': null }, ['infra/main.tf']],
    ['a renamed file', { 'infra/main.tf': null, 'infra/x/main.tf': 'a = 1\n' }, ['infra/main.tf', 'infra/x/main.tf']],
    ['another lock file', { 'infra/.terraform.lock.hcl': '# other\n' }, ['infra/.terraform.lock.hcl']],
    ['a change elsewhere', { 'README.md': 'other\n', 'infra-other/x.tf': '' }, []],
  ])('%s', async (_, files, expected) => {
    const checkout = await checkOut()
    checkout.repository.push({ branch: 'main', files, by: 'author' })
    expect(await checkout.differences()).toEqual(expected)
  })
})

test('a var-file elsewhere in the repository is held to the tree too', async () => {
  const checkout = await checkOut()
  const varFiles = ['../values/eu.tfvars']
  expect(await checkout.differences('main', varFiles)).toEqual([])
  checkout.write('values/eu.tfvars', 'region = "us"\n')
  expect(await checkout.differences('main', varFiles)).toEqual(['values/eu.tfvars'])
})

test('an ignored path that is tracked all the same is no ignored one', async () => {
  const checkout = await checkOut({ ...FILES, 'infra/kept.log': 'kept\n' })
  expect(
    await gitIgnored(processes, checkout.directory, ['infra/kept.log', 'infra/some.log', 'infra/main.tf']),
  ).toEqual(new Set(['infra/some.log']))
  checkout.write('infra/kept.log', 'changed\n')
  expect(await checkout.differences()).toEqual(['infra/kept.log'])
})

test('names with blanks, quotes and line breaks go through Git', async () => {
  const checkout = await checkOut()
  const names = ['infra/with blank.log', 'infra/with"quote.log', 'infra/ü.log', 'infra/line\nbreak.log']
  expect(await gitIgnored(processes, checkout.directory, [...names, 'infra/x.tf'])).toEqual(new Set(names))
})

test('Git tells what it tracks beneath folders and among files, whatever their names', async () => {
  const checkout = await checkOut({ 'infra/*.tf': '', 'infra/ü "x".tf': '', 'infra/a.tf': '', 'more/y': '' })
  checkout.write('infra/stray.tf', '')
  const tracked = (...paths: string[]) => gitTracked(processes, checkout.directory, paths)
  expect(await tracked('infra')).toEqual(new Set(['infra/*.tf', 'infra/a.tf', 'infra/ü "x".tf']))
  expect(await tracked('infra/*.tf', 'infra/stray.tf', 'nowhere')).toEqual(new Set(['infra/*.tf']))
  expect(await tracked('')).toContain('more/y')
})

test('without a checkout of Git nothing is ignored, nor tracked', async () => {
  writeFileSync(join(folder, '.gitignore'), '*\n')
  expect(await gitIgnored(processes, folder, ['x'])).toEqual(new Set())
  expect(await gitIgnored(processes, folder, [])).toEqual(new Set())
  expect(await gitTracked(processes, folder, [''])).toEqual(new Set())
})
