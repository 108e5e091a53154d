import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { findPositions, type Position, positionOf } from './positions.ts'

let repository: string

beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'positions-'))
})
afterEach(() => rmSync(repository, { recursive: true, force: true }))

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(repository, path)), { recursive: true })
    writeFileSync(join(repository, path), text)
  }
}

async function positionsOf(addresses: string[], more: Partial<Parameters<typeof findPositions>[1]> = {}) {
  const root = join(repository, 'infra')
  const positions = await findPositions(addresses, {
    repository,
    root,
    dataDirectory: undefined,
    dialect: 'terraform',
    ...more,
  })
  return addresses.map((address): Position | undefined => positionOf(positions, address))
}

describe('the root', () => {
  test('resources and data sources, with all instances of them', async () => {
    write({
      'infra/main.tf': '# first\nresource "aws_instance" "web" {\n  count = 2\n}\n\ndata "aws_ami" "web" {}\n',
      'infra/more.tf.json': '{\n  "resource": {\n    "aws_instance": {\n      "json": { "ami": "x" }\n    }\n  }\n}\n',
    })
    expect(
      await positionsOf([
        'aws_instance.web[0]',
        'aws_instance.web["a.b[\\"c\\"]"]',
        'data.aws_ami.web',
        'aws_instance.json',
        'aws_instance.gone',
        'aws_ami.web',
        '',
      ]),
    ).toEqual([
      { file: 'infra/main.tf', line: 2 },
      { file: 'infra/main.tf', line: 2 },
      { file: 'infra/main.tf', line: 6 },
      { file: 'infra/more.tf.json', line: 4 },
      undefined,
      undefined,
      undefined,
    ])
  })

  test('an override file only adds to the block, and OpenTofu reads its own files', async () => {
    write({
      'infra/a_override.tf': 'resource "a" "b" {}\n',
      'infra/main.tf': '\nresource "a" "b" {}\n',
      'infra/main.tofu': '\n\nresource "a" "b" {}\n',
    })
    expect(await positionsOf(['a.b'])).toEqual([{ file: 'infra/main.tf', line: 2 }])
    expect(await positionsOf(['a.b'], { dialect: 'tofu' })).toEqual([{ file: 'infra/main.tofu', line: 3 }])
  })

  test('a repository that is reached by a symbolic link', async () => {
    write({ 'infra/main.tf': 'resource "a" "b" {}\n' })
    const link = join(repository, 'link')
    symlinkSync(repository, link)
    expect(await positionsOf(['a.b'], { root: join(link, 'infra') })).toEqual([{ file: 'infra/main.tf', line: 1 }])
  })
})

describe('modules', () => {
  const files = {
    'infra/main.tf': 'module "web" {\n  source = "../modules/web"\n}\n\nmodule "vpc" {\n  source = "octo/vpc/aws"\n}\n',
    'modules/web/main.tf': '\nresource "a" "b" {}\nmodule "inner" {\n  source = "./inner"\n}\n',
    'modules/web/inner/main.tf': '\n\nresource "a" "b" {}\nmodule "far" {\n  source = "git::https://x"\n}\n',
  }
  const addresses = [
    'module.web["x"].a.b',
    'module.web[0].module.inner.a.b["k"]',
    'module.vpc.aws_subnet.public[2]',
    'module.web["x"].module.inner.module.far.a.b',
    'module.gone.a.b',
  ]
  const positions = [
    { file: 'modules/web/main.tf', line: 2 },
    { file: 'modules/web/inner/main.tf', line: 3 },
    { file: 'infra/main.tf', line: 5, module: 'module.vpc' },
    { file: 'modules/web/inner/main.tf', line: 4, module: 'module.far' },
    undefined,
  ]
  const manifest = (directories: Record<string, string>) =>
    JSON.stringify({ Modules: Object.entries(directories).map(([Key, Dir]) => ({ Key, Source: 's', Dir })) })

  test('by their sources, where init was not run', async () => {
    write(files)
    expect(await positionsOf(addresses)).toEqual(positions)
  })

  test('by the manifest of init, which knows better', async () => {
    write({
      ...files,
      'infra/data/modules/vpc/main.tf': 'resource "aws_subnet" "public" {}\n',
      'other/web/main.tf': '\n\n\n\nresource "a" "b" {}\n',
      'infra/data/modules/modules.json': manifest({ '': '.', web: '../other/web', vpc: 'data/modules/vpc' }),
    })
    expect(await positionsOf(addresses.slice(0, 3), { dataDirectory: 'data' })).toEqual([
      { file: 'other/web/main.tf', line: 5 },
      undefined,
      positions[2],
    ])
  })

  test.each(['', '[]', '{"Modules":[1,{"Key":"web"},{"Key":2,"Dir":"x"}]}'])(
    'in spite of the manifest %j',
    async (text) => {
      write({ ...files, 'infra/.terraform/modules/modules.json': text })
      const found = await positionsOf(addresses)
      expect(found).toEqual(text === '' ? addresses.map(() => undefined) : positions)
    },
  )

  test('outside of the repository, or calling themselves, have no positions and no end', async () => {
    write({
      'infra/main.tf':
        'module "up" {\n  source = "../../.."\n}\nmodule "self" {\n  source = "./"\n}\nresource "a" "b" {}\n',
    })
    const deep = `${'module.self.'.repeat(200)}a.b`
    expect(await positionsOf(['module.up.a.b', deep])).toEqual([undefined, { file: 'infra/main.tf', line: 7 }])
  })
})

test('what is not there has no position, and nothing fails', async () => {
  expect(await positionsOf(['a.b', 'module.x.a.b'])).toEqual([undefined, undefined])
  expect(await positionsOf(['a.b'], { repository: '/nonexistent' })).toEqual([undefined])
})

test('500 files take no time that anybody notices', async () => {
  const body = 'resource "a" "NAME" {\n  x = "y"\n  tags = { a = "b" }\n}\n'
  write(
    Object.fromEntries(
      Array.from({ length: 500 }, (_, file) => [
        `infra/f${file}.tf`,
        Array.from({ length: 10 }, (_, block) => body.replace('NAME', `r${file}_${block}`)).join('\n'),
      ]),
    ),
  )
  const started = process.cpuUsage()
  const [position] = await positionsOf(['a.r499_9'])
  const { user, system } = process.cpuUsage(started)
  expect(position).toEqual({ file: 'infra/f499.tf', line: 46 })
  // Measured: 0.1 s on a busy machine, most of it for opening the files.
  expect((user + system) / 1_000).toBeLessThan(1_000)
})
