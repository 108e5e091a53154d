import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import { closureDifferences, computeClosure, requireVarFiles } from './closure.ts'

const terraform = await requirePart('terraform')

let folder: string
let repository: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-closure-')))
  repository = join(folder, 'checkout')
  write('infra/main.tf', 'a = 1\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(repository, path)), { recursive: true })
  writeFileSync(join(repository, path), content)
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(repository, path)), { recursive: true })
  symlinkSync(target, join(repository, path))
}

interface Given {
  root?: string
  varFiles?: string[]
  lockFile?: string
  ignored?: string[]
  tracked?: string[]
  dataDirectory?: string
}

function closureOf({ root = 'infra', varFiles = [], lockFile, ignored = [], tracked = [], dataDirectory }: Given = {}) {
  return computeClosure({
    repository,
    root: join(repository, root),
    dataDirectory,
    varFiles,
    lockFile: lockFile === undefined ? undefined : Buffer.from(lockFile),
    ignored: async () => new Set(ignored),
    tracked: async () => new Set(tracked),
  })
}

/** What an edit of the checkout changes in the closure. */
async function changedBy(edit: () => void, given?: Given): Promise<string[]> {
  const before = await closureOf(given)
  edit()
  const after = await closureOf(given)
  expect(before.digest === after.digest).toBe(closureDifferences(before, after).length === 0)
  return closureDifferences(before, after)
}

const files = async (given?: Given): Promise<string[]> => Object.keys((await closureOf(given)).files).sort()
const refused = expect.objectContaining({ reason: 'invalid-input' })

describe('files of the root', () => {
  test('everything beneath it counts, templates and scripts too, and nothing beside it', async () => {
    write('infra/scripts/setup.sh', 'x')
    write('infra/templates/a/b.tpl', 'x')
    write('infra/.hidden', 'x')
    write('README.md', 'x')
    write('other/main.tf', 'x')
    expect(await files()).toEqual([
      'infra/.hidden',
      'infra/main.tf',
      'infra/scripts/setup.sh',
      'infra/templates/a/b.tpl',
    ])
  })

  test('the working data of Terraform and of Git does not', async () => {
    for (const path of [
      '.terraform/providers/x',
      '.terraform.lock.hcl',
      'terraform.tfstate',
      'terraform.tfstate.backup',
      '.terraform.tfstate.lock.info',
      'crash.log',
      'crash.2026.log',
      'sub/.git/config',
      'sub/.terraform/x',
    ]) {
      write(`infra/${path}`, 'x')
    }
    expect(await files()).toEqual(['infra/main.tf'])
  })

  test.each<[string, () => void, string[]]>([
    ['a changed byte', () => write('infra/main.tf', 'a = 2\n'), ['infra/main.tf']],
    ['an added file', () => write('infra/x/y.txt', ''), ['infra/x/y.txt']],
    ['a deleted file', () => rmSync(join(repository, 'infra/main.tf')), ['infra/main.tf']],
    [
      'a renamed file',
      () => {
        rmSync(join(repository, 'infra/main.tf'))
        write('infra/other.tf', 'a = 1\n')
      },
      ['infra/main.tf', 'infra/other.tf'],
    ],
    ['a change elsewhere', () => write('other/main.tf', 'x'), []],
    ['an empty folder', () => mkdirSync(join(repository, 'infra/empty')), []],
  ])('%s', async (_, edit, expected) => {
    expect(await changedBy(edit)).toEqual(expected)
  })

  test('bytes that are no text count as they are', async () => {
    write('infra/blob', Buffer.from([0xff, 0x00, 0x0d, 0x0a]))
    expect(await changedBy(() => write('infra/blob', Buffer.from([0xff, 0x00, 0x0a])))).toEqual(['infra/blob'])
  })

  test('the root may be the top of the repository', async () => {
    const closure = await closureOf({ root: '.', lockFile: 'lock' })
    expect(Object.keys(closure.files).sort()).toEqual(['.terraform.lock.hcl', 'infra/main.tf'])
    expect(closure.directories).toEqual([''])
  })
})

describe('files that Git ignores', () => {
  const ignored = ['infra/cache/x', 'infra/secret.auto.tfvars', 'infra/generated.tf']

  test('do not count, unless Terraform loads them by their name; they are in no tree', async () => {
    for (const path of ignored) write(path, 'x')
    const closure = await closureOf({ ignored })
    expect(Object.keys(closure.files).sort()).toEqual([
      'infra/generated.tf',
      'infra/main.tf',
      'infra/secret.auto.tfvars',
    ])
    expect(closure.tracked.map(({ path }) => path)).toEqual(['infra/main.tf'])
  })

  test('a var-file counts although it is ignored', async () => {
    write('infra/values.json', '1')
    const given = { ignored: ['infra/values.json'], varFiles: ['values.json'] }
    expect(await changedBy(() => write('infra/values.json', '2'), given)).toEqual(['infra/values.json'])
  })
})

describe('the lock file', () => {
  test('counts as it was before init', async () => {
    write('infra/.terraform.lock.hcl', 'added by init')
    const one = await closureOf({ lockFile: 'one' })
    const two = await closureOf({ lockFile: 'two' })
    expect(closureDifferences(one, two)).toEqual(['infra/.terraform.lock.hcl'])
    expect(closureDifferences(one, await closureOf())).toEqual(['infra/.terraform.lock.hcl'])
  })
})

describe('var-files', () => {
  test('inside the root they count once', async () => {
    write('infra/a.tfvars', '1')
    expect(await files({ varFiles: ['a.tfvars', './a.tfvars'] })).toEqual(['infra/a.tfvars', 'infra/main.tf'])
  })

  test('elsewhere in the repository they count by their path', async () => {
    write('values/a.tfvars', '1')
    const given = { varFiles: ['../values/a.tfvars'] }
    expect(await files(given)).toEqual(['infra/main.tf', 'values/a.tfvars'])
    expect(await changedBy(() => write('values/a.tfvars', '2'), given)).toEqual(['values/a.tfvars'])
  })

  test('outside of it they count under the name that was given', async () => {
    const outside = join(folder, 'made.tfvars')
    writeFileSync(outside, '1')
    const given = { varFiles: [outside] }
    expect(await files(given)).toEqual(['infra/main.tf', `var-file ${outside}`])
    expect((await closureOf(given)).tracked.map(({ path }) => path)).toEqual(['infra/main.tf'])
    expect(await changedBy(() => writeFileSync(outside, '2'), given)).toEqual([`var-file ${outside}`])
  })

  test('one that is missing is named before Terraform runs', async () => {
    write('infra/a.tfvars', '')
    await expect(requireVarFiles(join(repository, 'infra'), ['a.tfvars'])).resolves.toBeUndefined()
    await expect(requireVarFiles(join(repository, 'infra'), ['b.tfvars'])).rejects.toMatchObject({
      reason: 'invalid-input',
      message: expect.stringContaining('"b.tfvars"'),
    })
  })
})

describe('symbolic links', () => {
  test('the content behind a link counts with it', async () => {
    write('shared/common.tf', 'x = 1')
    link('infra/common.tf', '../shared/common.tf')
    expect(await changedBy(() => write('shared/common.tf', 'x = 2'))).toEqual(['shared/common.tf'])
  })

  test('where it leads counts, even when the content is the same', async () => {
    write('shared/a.tf', 'x')
    write('shared/b.tf', 'x')
    link('infra/l.tf', '../shared/a.tf')
    expect(
      await changedBy(() => {
        rmSync(join(repository, 'infra/l.tf'))
        link('infra/l.tf', '../shared/b.tf')
      }),
    ).toEqual(['infra/l.tf', 'shared/a.tf', 'shared/b.tf'])
  })

  test.each<[string, () => void, string[]]>([
    ['a changed file', () => write('shared/deep/x.sh', '2'), ['shared/deep/x.sh']],
    ['an added file', () => write('shared/deep/y.sh', ''), ['shared/deep/y.sh']],
    [
      'a renamed file',
      () => execFileSync('mv', [join(repository, 'shared/deep/x.sh'), join(repository, 'shared/deep/z.sh')]),
      ['shared/deep/x.sh', 'shared/deep/z.sh'],
    ],
  ])('all that is in a linked folder counts: %s', async (_, edit, expected) => {
    write('shared/deep/x.sh', '1')
    link('infra/scripts', '../shared')
    expect(await changedBy(edit)).toEqual(expected)
  })

  test('a link to nowhere counts by where it leads', async () => {
    link('infra/gone', 'nowhere')
    expect(
      await changedBy(() => {
        rmSync(join(repository, 'infra/gone'))
        link('infra/gone', 'nowhere-else')
      }),
    ).toEqual(['infra/gone'])
  })

  test.each<[string, () => void]>([
    ['a file', () => link('infra/passwd', '/etc/passwd')],
    ['a folder', () => link('infra/etc', '/etc')],
    ['by way of the parent', () => link('infra/up', '../../outside')],
    ['by way of another link', () => [link('infra/one', 'two'), link('infra/two', '../../outside')]],
    ['from within a linked folder', () => [link('shared/out', '../../outside'), link('infra/scripts', '../shared')]],
    [
      'deep in a linked folder',
      () => [link('shared/a/b/out', '../../../../outside'), link('infra/scripts', '../shared')],
    ],
  ])('out of the repository is refused: %s', async (_, arrange) => {
    mkdirSync(join(folder, 'outside'))
    writeFileSync(join(folder, 'outside/x'), '')
    arrange()
    await expect(closureOf()).rejects.toEqual(refused)
  })

  test('a link within a linked folder counts by its content too', async () => {
    write('shared/x', '')
    write('more/y', '1')
    link('shared/more', '../more')
    link('infra/scripts', '../shared')
    expect(await changedBy(() => write('more/y', '2'))).toEqual(['more/y'])
  })

  test('a folder that links to itself ends', async () => {
    link('infra/self', '.')
    link('infra/up', '..')
    expect(await files()).toEqual(['infra/main.tf', 'infra/self', 'infra/up'])
  })
})

terraform.describe('modules after a real init', () => {
  const init = (root = 'infra', env: Record<string, string> = {}): void => {
    execFileSync(terraform.path, ['init', '-input=false', '-no-color'], {
      cwd: join(repository, root),
      env: { PATH: process.env['PATH'], CHECKPOINT_DISABLE: '1', GIT_CONFIG_GLOBAL: '/dev/null', ...env },
      stdio: 'pipe',
    })
  }
  const call = (name: string, source: string): string => `module "${name}" {\n  source = "${source}"\n}\n`

  test('local modules count with all their files, whatever their depth, and each once', async () => {
    write('infra/main.tf', call('net', '../modules/net') + call('again', '../modules/net'))
    write('modules/net/main.tf', call('inner', './inner') + call('other', '../other'))
    write('modules/net/user-data.sh', 'x')
    write('modules/net/inner/main.tf', '')
    write('modules/other/main.tf', '')
    write('modules/unused/main.tf', '')
    init()
    expect(await files()).toEqual([
      'infra/main.tf',
      'modules/net/inner/main.tf',
      'modules/net/main.tf',
      'modules/net/user-data.sh',
      'modules/other/main.tf',
    ])
    expect((await closureOf()).directories.sort()).toEqual(['infra', 'modules/net', 'modules/other'])
    expect(await changedBy(() => write('modules/net/user-data.sh', 'y'))).toEqual(['modules/net/user-data.sh'])
  })

  test('a module in the root is the root’s', async () => {
    write('infra/main.tf', call('m', './modules/m'))
    write('infra/modules/m/main.tf', '')
    init()
    expect((await closureOf()).directories).toEqual(['infra'])
  })

  test('the root within a module that it calls', async () => {
    write('infra/eu/main.tf', call('all', '../'))
    write('infra/main.tf', '')
    init('infra/eu')
    const closure = await closureOf({ root: 'infra/eu' })
    expect(closure.directories).toEqual(['infra'])
    expect(Object.keys(closure.files).sort()).toEqual(['infra/eu/main.tf', 'infra/main.tf'])
  })

  test('a module outside of the repository is refused', async () => {
    mkdirSync(join(folder, 'outside'))
    writeFileSync(join(folder, 'outside/main.tf'), '')
    write('infra/main.tf', call('m', '../../outside'))
    init()
    await expect(closureOf()).rejects.toEqual(refused)
  })

  test('so is one behind a link that leads out', async () => {
    mkdirSync(join(folder, 'outside/m'), { recursive: true })
    writeFileSync(join(folder, 'outside/m/main.tf'), '')
    link('shared', '../outside')
    write('infra/main.tf', call('m', '../shared/m'))
    init()
    await expect(closureOf()).rejects.toEqual(refused)
  })

  describe('downloaded ones', () => {
    const git = (...args: string[]): string =>
      execFileSync(
        'git',
        ['-c', 'user.name=author', '-c', 'user.email=author@example.com', '-C', join(folder, 'module'), ...args],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null' },
        },
      )
    const publish = (content: string, tag: string): void => {
      mkdirSync(join(folder, 'module'), { recursive: true })
      writeFileSync(join(folder, 'module/main.tf'), content)
      git('init', '-q')
      git('add', '.')
      git('commit', '-qm', 'x')
      git('tag', tag)
    }
    const source = (tag: string): string => `git::file://${folder}/module?ref=${tag}`

    test('count by source and content, not by their history', async () => {
      publish('# one', 'v1')
      write('infra/main.tf', call('m', source('v1')))
      init()
      const closure = await closureOf()
      expect(Object.keys(closure.files).sort()).toEqual(['infra/main.tf', 'module m'])
      expect(closure.directories).toEqual(['infra'])
      rmSync(join(repository, 'infra/.terraform'), { recursive: true })
      init()
      expect(closureDifferences(closure, await closureOf())).toEqual([])
      const installed = join(repository, 'infra/.terraform/modules/m/main.tf')
      chmodSync(installed, 0o600)
      writeFileSync(installed, '# changed under way')
      expect(closureDifferences(closure, await closureOf())).toEqual(['module m'])
    })

    test('a tag that moved is another module', async () => {
      publish('# one', 'v1')
      write('infra/main.tf', call('m', source('v1')))
      init()
      const closure = await closureOf()
      publish('# two', 'v2')
      git('tag', '-f', 'v1')
      rmSync(join(repository, 'infra/.terraform'), { recursive: true })
      init()
      expect(closureDifferences(closure, await closureOf())).toEqual(['module m'])
    })

    test('beneath TF_DATA_DIR as well', async () => {
      publish('# one', 'v1')
      write('infra/main.tf', call('m', source('v1')))
      init('infra', { TF_DATA_DIR: 'data' })
      const closure = await closureOf({ dataDirectory: 'data' })
      expect(Object.keys(closure.files).sort()).toEqual(['infra/main.tf', 'module m'])
      expect(readFileSync(join(repository, 'infra/data/modules/modules.json'), 'utf8')).toContain('"m"')
    })
  })
})
