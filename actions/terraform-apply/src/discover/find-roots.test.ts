import { describe, expect, test } from '@jest/globals'
import { findRoots } from './find-roots.ts'
import { codebaseOf, type Files, moduleFile, rootFile } from './fixtures/snapshot.ts'

async function found(files: Files, ignored: (folder: string) => boolean = () => false) {
  return findRoots(await codebaseOf(files), ignored)
}

const rootsIn = async (files: Files) => (await found(files)).roots

const PROVIDER = 'provider "aws" {}\n'

describe('a folder is a root', () => {
  test.each<[string, Files]>([
    ['by a backend', { 'infra/main.tf': rootFile() }],
    ['by a backend that another file configures', { 'infra/main.tf': moduleFile(), 'infra/backend.tf': rootFile() }],
    ['by cloud', { 'infra/main.tf': 'terraform {\n  cloud {}\n}\n' }],
    ['by a backend in JSON', { 'infra/main.tf.json': '{"terraform": {"backend": {"s3": {}}}}' }],
    ['by a backend in OpenTofu’s file', { 'infra/main.tofu': rootFile() }],
    ['by a lock file', { 'infra/main.tf': moduleFile(), 'infra/.terraform.lock.hcl': '' }],
    ['by values that Terraform reads', { 'infra/main.tf': moduleFile(), 'infra/terraform.tfvars': '' }],
    ['by other values that Terraform reads', { 'infra/main.tf': moduleFile(), 'infra/eu.auto.tfvars.json': '{}' }],
    ['by a provider', { 'infra/main.tf': PROVIDER }],
    ['by a linked file', { 'infra/main.tf': { symlink: '../shared/root.txt' }, 'shared/root.txt': rootFile() }],
  ])('%s', async (_, files) => {
    expect(await rootsIn(files)).toEqual(['infra'])
  })

  test('at the top', async () => {
    expect(await rootsIn({ 'main.tf': rootFile('./modules/net'), 'modules/net/main.tf': PROVIDER })).toEqual([''])
  })

  test('with a backend beneath modules or examples', async () => {
    const files = { 'modules/a/main.tf': rootFile(), 'examples/b/main.tf': rootFile(), 'modules/c/main.tf': PROVIDER }
    expect(await rootsIn(files)).toEqual(['examples/b', 'modules/a'])
  })

  test('with a backend although an example or test calls it', async () => {
    const files = { 'infra/main.tf': rootFile(), 'tests/infra/main.tf': PROVIDER + moduleFile('../../infra') }
    expect(await rootsIn(files)).toEqual(['infra'])
  })
})

test('with files that others link to and something of its own a folder is a root', async () => {
  const link = { 'eu/main.tf': { symlink: '../us/main.tf' }, 'us/main.tf': rootFile() }
  expect(await rootsIn({ ...link, 'us/terraform.tfvars': '' })).toEqual(['eu', 'us'])
  expect(await rootsIn({ ...link, 'us/more.tf': moduleFile() })).toEqual(['eu', 'us'])
})

describe('a folder is no root', () => {
  test.each<[string, Files]>([
    ['without a sign', { 'net/main.tf': moduleFile() }],
    ['when a root calls it', { 'net/main.tf': rootFile(), 'infra/main.tf': rootFile('../net') }],
    ['when a module without signs calls it', { 'net/main.tf': PROVIDER, 'infra/main.tf': moduleFile('../net') }],
    [
      'when it is called by way of a link',
      { 'net/main.tf': PROVIDER, lib: { symlink: 'net' }, 'infra/main.tf': moduleFile('../lib') },
    ],
    ['with values of a name that is given by hand', { 'net/main.tf': moduleFile(), 'net/prod.tfvars': '' }],
    [
      'beneath modules, examples, tests or fixtures',
      {
        'modules/net/main.tf': PROVIDER,
        'x/examples/y/main.tf': PROVIDER,
        'tests/main.tf': PROVIDER,
        'test/fixtures/main.tf': PROVIDER,
      },
    ],
    ['of files that others link to', { 'net/main.tf': rootFile(), 'infra/main.tf': { symlink: '../net/main.tf' } }],
    ['in a hidden folder', { '.github/infra/main.tf': rootFile(), '.terraform/net/main.tf': rootFile() }],
    ['for an editor’s file', { 'net/.main.tf': rootFile(), 'net/#main.tf#': rootFile() }],
    ['for a commented backend', { 'net/main.tf': '# terraform {\n#   backend "s3" {}\n# }\n' }],
    ['with a lock file alone', { 'net/.terraform.lock.hcl': '' }],
  ])('%s', async (_, files) => {
    expect(await rootsIn(files)).not.toContain('net')
    expect((await rootsIn(files)).filter((folder) => folder !== 'infra')).toEqual([])
  })
})

test('folders that call each other don’t hide each other, and nothing hides itself', async () => {
  const files = { 'a/main.tf': rootFile('../b'), 'b/main.tf': rootFile('../a'), 'c/main.tf': rootFile('./', '../c') }
  expect(await rootsIn(files)).toEqual(['a', 'b', 'c'])
})

test('an ignored folder is no root, and what it calls isn’t called', async () => {
  const files = { 'infra/main.tf': rootFile(), 'old/main.tf': rootFile('../infra') }
  expect(await rootsIn(files)).toEqual(['old'])
  expect((await found(files, (folder) => folder === 'old')).roots).toEqual(['infra'])
})

test('folders that might be meant as roots are told, modules and examples aren’t', async () => {
  const files = {
    'infra/main.tf': moduleFile('../net'),
    'net/main.tf': moduleFile(),
    'modules/x/main.tf': moduleFile(),
  }
  expect(await found(files)).toEqual({ roots: [], unclear: ['infra'] })
})
