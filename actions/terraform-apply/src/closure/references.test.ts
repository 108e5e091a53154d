import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findReferences, namedPlaces } from './references.ts'

describe('upward paths in a text', () => {
  test.each<[string, string[]]>([
    ['yamldecode(file("../config/things.yaml"))', ['either ../config/things.yaml']],
    ['file("./../x.json")', ['either ./../x.json']],
    [`"\${path.module}/../config/x"`, ['module ../config/x']],
    [`"\${path.root}/../../y"`, ['root ../../y']],
    [`"\${path.cwd}/../y"`, ['root ../y']],
    [`"\${path.module}/files/../../x"`, ['module files/../../x']],
    [`"\${local.here}/../x"`, ['either ../x']],
    [`fileset("\${path.module}/../policies", "*.json")`, ['module ../policies']],
    ['fileset("..", "*.json")', ['either ..']],
    [`"\${path.module}/.."`, ['module ..']],
    ['command = "sh ../scripts/deploy.sh --with ../a.env"', ['either ../scripts/deploy.sh', 'either ../a.env']],
    ['{"command": "cd x\\n../scripts/run.sh\\n\\"../y z\\""}', ['either ../scripts/run.sh', 'either ../y']],
    ["sh '../it.sh'; cat <../in >../out", ['either ../it.sh', 'either ../in', 'either ../out']],
    [`"../config/\${var.name}.yaml"`, ['either ../config']],
    [`"../config/app-\${var.name}.yaml"`, ['either ../config']],
    ['"../config/%{ if x }a%{ endif }"', ['either ../config']],
    [`"\${path.module}/../\${var.x}"`, ['module ..']],
    [`"\${path.module}/..\${var.x}"`, ['module ..']],
    ['sh ../scripts/*.sh ../conf/$ENV.json', ['either ../scripts', 'either ../conf']],
    ['file("../größe/@x+y~.txt")', ['either ../größe/@x+y~.txt']],
    ['# see ../README.md', []],
    ['  // see ../README.md', []],
    [`# file: \${file("../x")}`, ['either ../x']],
    ['x = 1 # see ../README.md', ['either ../README.md']],
    ['f(x...)', []],
    ['"a..b" "1...2" "...more"', []],
    ['"https://example.com/a/../b" "/opt/../b"', []],
    ['"git::https://example.com/x.git//modules/.."', []],
  ])('%s', (text, expected) => {
    const found = findReferences(text).map(({ from, path }) => `${from} ${path}`)
    expect(found).toEqual(expected)
  })

  test('any quoted upward path of plain names is found as it is', () => {
    const name = fc.stringMatching(/^[a-z0-9_@-][a-z0-9_@.-]{0,6}[a-z0-9_]$/)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(name, { maxLength: 4 }), (up, names) => {
        const path = [...Array<string>(up).fill('..'), ...names].join('/')
        expect(findReferences(`a = file("${path}")`)).toEqual([{ path, from: 'either' }])
      }),
    )
  })

  test('a long text without any takes no time', () => {
    const started = performance.now()
    expect(findReferences(`${'a/'.repeat(100_000)} ${'.'.repeat(100_000)} ${'a.'.repeat(100_000)}`)).toEqual([])
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

describe('what they name', () => {
  let folder = ''
  let repository = ''
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-references-')))
    repository = join(folder, 'checkout')
    for (const path of ['config/a.yaml', 'modules/config/a.yaml', '.git/HEAD', 'envs/config/x', 'Makefile'])
      write(`checkout/${path}`, 'x')
    write('outside/x', 'x')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }

  async function named(text: string, file = 'envs/prod/main.tf') {
    write(`checkout/${file}`, text)
    mkdirSync(join(repository, 'envs/prod'), { recursive: true })
    const { files, directories } = await namedPlaces(
      [join(repository, file)],
      join(repository, 'envs/prod'),
      repository,
    )
    const short = (path: string) => relative(repository, path)
    return { files: files.map(short).sort(), directories: directories.map(short).sort() }
  }

  test.each<[string, string[], string[]]>([
    ['"../../config/a.yaml"', ['config/a.yaml'], []],
    ['"../../config"', [], ['config']],
    ['"../../config/"', [], ['config']],
    [`"../../config/\${var.x}.yaml"`, [], ['config']],
    [`"../../config/a-\${var.x}"`, [], ['config']],
    [`"../../Make\${var.x}"`, [], ['']],
    [`"../../\${var.x}"`, [], ['']],
    ['"../../config/missing.yaml"', [], []],
    ['"../../../outside/x"', [], []],
    [`"../../../\${var.x}"`, [], []],
    ['"../../../checkout/config/a.yaml"', ['config/a.yaml'], []],
    ['"../../.git/HEAD" "../../.git"', [], []],
  ])('%s', async (text, files, directories) => {
    expect(await named(text)).toEqual({ files, directories })
  })

  test('in a module: its own folder and the root’s, unless the text says which', async () => {
    const file = 'modules/net/main.tf'
    expect(await named('"../config"', file)).toEqual({ files: [], directories: ['envs/config', 'modules/config'] })
    expect(await named(`"\${path.module}/../config"`, file)).toEqual({ files: [], directories: ['modules/config'] })
    expect(await named(`"\${path.root}/../config"`, file)).toEqual({ files: [], directories: ['envs/config'] })
  })

  test('by way of a link, that link and what it leads to', async () => {
    symlinkSync('config', join(repository, 'current'))
    symlinkSync('../outside', join(repository, 'out'))
    expect(await named('"../../current/a.yaml" "../../out/x"')).toEqual({
      files: ['config/a.yaml', 'current'],
      directories: [],
    })
    expect(await named('"../../current"')).toEqual({ files: ['current'], directories: ['config'] })
  })
})
