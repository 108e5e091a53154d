import { describe, expect, test } from '@jest/globals'
import { type Because, coverageOf } from './coverage.ts'
import { codebaseOf, type Files, moduleFile, rootFile } from './fixtures/snapshot.ts'

/** The reason for which a root in infra/ depends on a path, by kind. */
async function reasons(files: Files, root = 'infra'): Promise<Record<string, Because>> {
  const places = coverageOf(root, await codebaseOf(files), '.terraform-version').reverse()
  return Object.fromEntries(
    places.filter(({ because }) => because.kind !== 'version-file').map((place) => [place.path, place.because]),
  )
}

const covered = async (files: Files, root?: string) => Object.keys(await reasons(files, root)).sort()

const call = (folder: string, calledBy: string): Because => ({ kind: 'module', folder, calledBy })

describe('modules', () => {
  test('at every depth, those in a circle too, each with its caller', async () => {
    const files = {
      'infra/main.tf': rootFile('../modules/app', './inner'),
      'modules/app/main.tf': moduleFile('../net'),
      'modules/net/main.tf': moduleFile('../app', '../gone'),
      'modules/other/main.tf': moduleFile(),
      'infra/inner/main.tf': moduleFile(),
    }
    expect(await reasons(files)).toEqual({
      infra: { kind: 'own' },
      'infra/inner': call('infra/inner', 'infra/main.tf'),
      'modules/app': call('modules/app', expect.any(String) as unknown as string),
      'modules/net': call('modules/net', 'modules/app/main.tf'),
      'modules/gone': call('modules/gone', 'modules/net/main.tf'),
    })
  })

  test('for_each, JSON and OpenTofu, with other sources passed over', async () => {
    const files = {
      'infra/main.tf': 'module "a" {\n  for_each = toset(["x"])\n  source   = "../a"\n}\n',
      'infra/b.tf.json': '{"module": {"b": {"source": "../b"}, "c": [{"source": "../c"}]}}',
      'infra/d.tofu': 'module "d" {\n  source = "../d"\n}\n',
      'infra/far.tf':
        'module "e" {\n  source = "git::https://example.com/e.git"\n}\nmodule "f" {\n  source  = "hashicorp/f/aws"\n  version = "1.0"\n}\n',
      'infra/out.tf': 'module "g" {\n  source = "../../g"\n}\n',
    }
    expect(await covered(files)).toEqual(['a', 'b', 'c', 'd', 'infra'])
  })

  test('the source of a module that is called elsewhere isn’t taken from the root’s folder', async () => {
    const files = {
      'envs/prod/main.tf': rootFile('../../modules/app'),
      'envs/net/main.tf': rootFile(),
      'modules/app/main.tf': moduleFile('../net'),
    }
    expect(await covered(files, 'envs/prod')).toEqual(['envs/prod', 'modules/app', 'modules/net'])
  })

  test('a source that an expression ends stands for the folder before it', async () => {
    const files = { 'infra/main.tofu': 'module "a" {\n  source = "../kinds/${var.kind}"\n}\n' }
    expect(await covered(files)).toEqual(['infra', 'kinds'])
  })
})

describe('links', () => {
  test('of a module’s folder, of folders above it, and of files; the links count, too', async () => {
    const files = {
      'infra/main.tf': rootFile('./net', '../lib/app'),
      'infra/net': { symlink: '../shared/net' },
      lib: { symlink: 'libraries/v2' },
      'libraries/v2/app/main.tf': moduleFile(),
      'shared/net/main.tf': moduleFile('../base'),
      'shared/net/policy.json': { symlink: '../policies/net.json' },
      'infra/linked.tf': { symlink: '../common/provider.tf' },
      'common/provider.tf': 'provider "aws" {}\n',
    }
    const places = await reasons(files)
    expect(places).toEqual({
      infra: { kind: 'own' },
      'infra/net': call('shared/net', 'infra/main.tf'),
      'shared/net': call('shared/net', 'infra/main.tf'),
      'infra/base': call('infra/base', 'shared/net/main.tf'),
      'lib/app': call('libraries/v2/app', 'infra/main.tf'),
      'libraries/v2/app': call('libraries/v2/app', 'infra/main.tf'),
      'shared/net/policy.json': { kind: 'link', link: 'shared/net/policy.json' },
      'shared/policies/net.json': { kind: 'link', link: 'shared/net/policy.json' },
      'infra/linked.tf': { kind: 'link', link: 'infra/linked.tf' },
      'common/provider.tf': { kind: 'link', link: 'infra/linked.tf' },
    })
  })

  test('what a linked file calls is called by the root', async () => {
    const files = { 'infra/main.tf': { symlink: '../shared/main.tf' }, 'shared/main.tf': rootFile('../net') }
    expect(await covered(files)).toContain('net')
  })

  test('out of the repository, to nothing and in circles lead nowhere', async () => {
    const files = {
      'infra/main.tf': rootFile('./self'),
      'infra/self': { symlink: '.' },
      'infra/out': { symlink: '../../elsewhere' },
      'infra/nothing': { symlink: '../nothing' },
    }
    expect(await covered(files)).toEqual(['infra', 'infra/nothing', 'infra/out', 'infra/self', 'nothing'])
  })

  test('a root given by a link is its real folder, and the link', async () => {
    const files = { 'envs/eu': { symlink: '../template' }, 'template/main.tf': rootFile('../net') }
    expect(await covered(files, 'envs/eu')).toEqual(expect.arrayContaining(['envs/eu', 'template', 'envs/net']))
  })
})

describe('upward paths', () => {
  test('in configuration and values, from the file’s folder and the root’s', async () => {
    const files = {
      'infra/main.tf': `${rootFile('../modules/app')}locals {\n  a = file("../data/a.json")\n}\n`,
      'infra/prod.auto.tfvars': 'path = "../values/b.json"\n',
      'modules/app/main.tf':
        'locals {\n  c = file("${path.module}/../c.json")\n  d = file("${path.root}/../d.json")\n  e = file("../e.json")\n}\n',
      'modules/app/README.md': '[see](../../f.md)\n',
    }
    const places = await reasons(files)
    expect(Object.keys(places).sort()).toEqual([
      'd.json',
      'data/a.json',
      'e.json',
      'infra',
      'modules/app',
      'modules/c.json',
      'modules/e.json',
      'values/b.json',
    ])
    expect(places['data/a.json']).toEqual({ kind: 'named', namedBy: 'infra/main.tf' })
  })
})

describe('the file that pins the version', () => {
  const versionFiles = async (files: Files) =>
    coverageOf('a/b/c', await codebaseOf({ 'a/b/c/main.tf': rootFile(), ...files }), '.terraform-version')
      .filter(({ because }) => because.kind === 'version-file')
      .map(({ path }) => path)

  test('is the nearest, with the nearer places from which one may have been deleted', async () => {
    expect(await versionFiles({ '.terraform-version': '1.11.4', 'a/b/.terraform-version': '1.11.3' })).toEqual([
      'a/b/c/.terraform-version',
      'a/b/.terraform-version',
    ])
    expect(await versionFiles({})).toEqual([
      'a/b/c/.terraform-version',
      'a/b/.terraform-version',
      'a/.terraform-version',
      '.terraform-version',
    ])
  })
})
