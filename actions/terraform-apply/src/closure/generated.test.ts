import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createProcessRunner } from '../../../../lib/process/run.ts'
import { closureDifferences, computeClosure, treeDifferences } from './closure.ts'
import { gitIgnored } from './git.ts'

/** Files that earlier steps make, in a real checkout whose .gitignore knows them. */
const processes = createProcessRunner()
let repository = ''

beforeEach(() => {
  repository = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-generated-')))
  write('.gitignore', '/build/\n*.out\n')
  write('infra/main.tf', 'a = 1\n')
  write('values/base.tfvars', 'a = 1\n')
  git('init', '--quiet')
  git('add', '.')
})
afterEach(() => {
  processes.close()
  rmSync(repository, { recursive: true, force: true })
})

function write(path: string, text: string): void {
  mkdirSync(dirname(join(repository, path)), { recursive: true })
  writeFileSync(join(repository, path), text)
}

function git(...args: string[]): string {
  return execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' })
}

/** What is staged, as GitHub lists the tree of a commit. */
const tree = () =>
  git('ls-files', '--stage')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, mode = '', sha = '', path = ''] = /^(\d+) (\w+) \d\t(.*)$/.exec(line) ?? []
      return { mode, sha, path }
    })

const closureOf = (...varFiles: string[]) =>
  computeClosure({
    repository,
    root: join(repository, 'infra'),
    dataDirectory: undefined,
    varFiles,
    lockFile: undefined,
    ignored: (paths) => gitIgnored(processes, repository, paths),
  })

test('a generated var-file elsewhere in the repository counts by its content, and is held to no tree', async () => {
  write('build/made.tfvars', 'b = 1\n')
  const before = await closureOf('../build/made.tfvars', '../values/base.tfvars')
  expect(Object.keys(before.files).sort()).toEqual(['build/made.tfvars', 'infra/main.tf', 'values/base.tfvars'])
  expect(treeDifferences(before, tree())).toEqual([])
  write('build/made.tfvars', 'b = 2\n')
  const after = await closureOf('../build/made.tfvars', '../values/base.tfvars')
  expect(closureDifferences(before, after)).toEqual(['build/made.tfvars'])
})

test('one that Git does not ignore is a difference, as is one that was changed', async () => {
  write('values/extra.tfvars', 'c = 1\n')
  write('values/base.tfvars', 'a = 2\n')
  const closure = await closureOf('../values/extra.tfvars', '../values/base.tfvars')
  expect(treeDifferences(closure, tree())).toEqual(['values/base.tfvars', 'values/extra.tfvars'])
})

test('an ignored file beneath the root is no difference, even when a var-file leads through a link', async () => {
  write('infra/trace.out', 'x')
  symlinkSync('values', join(repository, 'link'))
  const closure = await closureOf('../link/base.tfvars')
  expect(Object.keys(closure.files)).not.toContain('infra/trace.out')
  expect(treeDifferences(closure, tree()).filter((path) => path.startsWith('infra/'))).toEqual([])
})
