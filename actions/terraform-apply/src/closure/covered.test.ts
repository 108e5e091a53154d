import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { closureDifferences } from './closure.ts'
import { type GitCheckout, gitCheckout } from './fixtures/git-checkout.ts'
import { treeDifferences } from './tree-differences.ts'

/** Which files of a real checkout of Git's count, beyond those that simply lie in the root. */
const MAIN = `
locals {
  things   = yamldecode(file("../config/things.yaml"))
  policies = fileset("\${path.module}/../policies", "*.json")
}
resource "terraform_data" "x" {
  provisioner "local-exec" {
    command = "sh ../scripts/deploy.sh"
  }
}
`

let checkout: GitCheckout
beforeEach(() => {
  checkout = gitCheckout({
    '.gitignore': 'dist/\n*.tfstate\n*.tfstate.*\n.terraform/\n',
    'infra/main.tf': MAIN,
    'config/things.yaml': 'a: 1\n',
    'config/other.yaml': 'a: 1\n',
    'policies/a.json': '{}',
    'scripts/deploy.sh': 'true\n',
    'README.md': 'text\n',
  })
})
afterEach(() => checkout.close())

const BASE = ['config/things.yaml', 'infra/main.tf', 'policies/a.json', 'scripts/deploy.sh']
const files = async (options?: Parameters<GitCheckout['closure']>[0]) =>
  Object.keys((await checkout.closure(options)).files).sort()
const differences = async (options?: Parameters<GitCheckout['closure']>[0]) =>
  treeDifferences(await checkout.closure(options), checkout.tree())

describe('what the configuration names outside of the root', () => {
  test('counts: single files, and folders as a whole', async () => {
    const closure = await checkout.closure()
    expect(Object.keys(closure.files).sort()).toEqual(BASE)
    expect(closure.directories.sort()).toEqual(['infra', 'policies'])
    expect(await differences()).toEqual([])
  })

  test('and is held to the commit', async () => {
    checkout.write('config/things.yaml', 'a: 2\n')
    checkout.write('scripts/deploy.sh', 'false\n')
    checkout.write('policies/stray.json', '{}')
    checkout.write('config/unnamed.yaml', '')
    rmSync(join(checkout.repository, 'policies/a.json'))
    expect(await differences()).toEqual([
      { path: 'config/things.yaml', kind: 'changed' },
      { path: 'policies/a.json', kind: 'missing here' },
      { path: 'policies/stray.json', kind: 'not committed' },
      { path: 'scripts/deploy.sh', kind: 'changed' },
    ])
  })

  test('a change of it is another closure', async () => {
    const before = await checkout.closure()
    checkout.write('scripts/deploy.sh', 'false\n')
    expect(closureDifferences(before, await checkout.closure())).toEqual(['scripts/deploy.sh'])
  })

  test('what a var-file names counts as well', async () => {
    checkout.write('values/eu.tfvars', 'file = "../config/other.yaml"\n')
    expect(await files({ varFiles: ['../values/eu.tfvars'] })).toEqual([
      'config/other.yaml',
      ...BASE,
      'values/eu.tfvars',
    ])
  })

  test('built files and states of other roots do not: Git ignores them', async () => {
    checkout.write('dist/app.zip', 'x')
    checkout.write('net/terraform.tfstate', '{}')
    checkout.write(
      'infra/more.tf',
      '# \n x = ["../dist/app.zip", "../dist", "../net/terraform.tfstate", "../.git/HEAD"]\n',
    )
    expect(await files()).toEqual([...BASE, 'infra/more.tf'].sort())
  })

  test('nor do states that Git would take, as long as it has not', async () => {
    checkout.write('.gitignore', '')
    checkout.write('net/terraform.tfstate', '{}')
    checkout.write('infra/more.tf', 'x = "../net/terraform.tfstate"\n')
    expect(await files()).not.toContain('net/terraform.tfstate')
    checkout.add('net/terraform.tfstate')
    expect(await files()).toContain('net/terraform.tfstate')
  })

  test('the whole repository, if that is what is named', async () => {
    checkout.write('infra/more.tf', `x = file("\${path.module}/../\${var.name}")\n`)
    checkout.add('infra/more.tf')
    const closure = await checkout.closure()
    expect(closure.directories).toEqual([''])
    expect(Object.keys(closure.files)).toEqual(expect.arrayContaining(['README.md', 'config/other.yaml']))
    expect(await differences()).toEqual([])
  })

  test('a link in a named folder counts with what it leads to; one that leads out of the repository is no error', async () => {
    checkout.link('policies/linked.json', '../config/other.yaml')
    checkout.link('policies/out.json', '/etc/passwd')
    expect(await files()).toEqual(['config/other.yaml', ...BASE, 'policies/linked.json', 'policies/out.json'].sort())
  })
})

describe('committed files with names of working data', () => {
  const NAMES = ['deploy.tfstate.sh', '.terraform/run.sh', 'crash.log', 'sub/terraform.tfstate.d/x']

  test('count, and are held to the commit', async () => {
    for (const name of NAMES) {
      checkout.write(`infra/${name}`, 'true\n')
      checkout.add(`infra/${name}`)
      checkout.write(`infra/${name}.untracked.tfstate`, '')
    }
    expect(await files()).toEqual([...BASE, ...NAMES.map((name) => `infra/${name}`)].sort())
    expect(await differences()).toEqual([])
    checkout.write('infra/deploy.tfstate.sh', 'false\n')
    expect(await differences()).toEqual([{ path: 'infra/deploy.tfstate.sh', kind: 'changed' }])
  })

  test('without Git they are differences', async () => {
    checkout.write('infra/deploy.tfstate.sh', 'true\n')
    checkout.add('infra/deploy.tfstate.sh')
    expect(await differences({ tracked: async () => new Set() })).toEqual([
      { path: 'infra/deploy.tfstate.sh', kind: 'missing here' },
    ])
  })

  test('the lock file stays apart', async () => {
    checkout.write('infra/.terraform.lock.hcl', 'as it was\n')
    checkout.add('infra/.terraform.lock.hcl')
    checkout.write('infra/.terraform.lock.hcl', 'init added to it\n')
    expect(await differences({ lockFile: Buffer.from('as it was\n') })).toEqual([])
    expect(await differences()).toEqual([])
  })
})

describe('TF_DATA_DIR', () => {
  beforeEach(() => checkout.write('infra/.tfdata/providers/x', 'binary'))

  test.each<[string, () => string]>([
    ['relative', () => '.tfdata'],
    ['absolute', () => join(checkout.repository, 'infra/.tfdata')],
    ['by way of a link', () => join(linkedRepository(), 'infra/.tfdata')],
  ])('in the root counts by what is tracked in it only (%s)', async (_, dataDirectory) => {
    const options = { dataDirectory: dataDirectory() }
    expect(await files(options)).toEqual(BASE)
    checkout.write('infra/.tfdata/run.sh', 'true\n')
    checkout.add('infra/.tfdata/run.sh')
    expect(await files(options)).toEqual([...BASE, 'infra/.tfdata/run.sh'].sort())
    expect(await differences(options)).toEqual([])
  })

  test('a module of the repository in it counts all the same', async () => {
    checkout.write('infra/.tfdata/own/main.tf', '')
    const manifest = { Modules: [{ Key: 'own', Source: './.tfdata/own', Dir: '.tfdata/own' }] }
    checkout.write('infra/.tfdata/modules/modules.json', JSON.stringify(manifest))
    expect(await files({ dataDirectory: '.tfdata' })).toEqual([...BASE, 'infra/.tfdata/own/main.tf'].sort())
  })

  test('elsewhere in a folder that is named', async () => {
    checkout.write('policies/.tfdata/x', '')
    expect(await files({ dataDirectory: '../policies/.tfdata' })).not.toContain('policies/.tfdata/x')
  })
})

/** The checkout's folder by another name. */
function linkedRepository(): string {
  const link = join(dirname(checkout.repository), 'linked')
  symlinkSync('checkout', link)
  return link
}

describe('symbolic links on the way to the root', () => {
  test('the checkout beneath one', async () => {
    const repository = linkedRepository()
    const options = { repository, root: join(repository, 'infra'), lockFile: Buffer.from('lock\n') }
    expect(await files(options)).toEqual([...BASE, 'infra/.terraform.lock.hcl'].sort())
    expect(await differences(options)).toEqual([])
  })

  test('the root itself: paths are those of the folder that it leads to', async () => {
    checkout.link('live', 'infra')
    const options = { root: join(checkout.repository, 'live') }
    expect(await files(options)).toEqual(BASE)
    expect(await differences(options)).toEqual([])
  })

  test('upward paths and modules start at the folder that it leads to', async () => {
    renameSync(join(checkout.repository, 'infra'), join(checkout.repository, 'config/infra'))
    checkout.write('config/config/things.yaml', '')
    checkout.write('config/modules/net/main.tf', '')
    const manifest = { Modules: [{ Key: 'net', Source: '../modules/net', Dir: '../modules/net' }] }
    checkout.write('config/infra/.terraform/modules/modules.json', JSON.stringify(manifest))
    checkout.link('live', 'config/infra')
    expect(await files({ root: join(checkout.repository, 'live') })).toEqual([
      'config/config/things.yaml',
      'config/infra/main.tf',
      'config/modules/net/main.tf',
    ])
  })

  test('a root that leads out of the repository is refused', async () => {
    symlinkSync(dirname(checkout.repository), join(checkout.repository, 'live'))
    await expect(checkout.closure({ root: join(checkout.repository, 'live') })).rejects.toMatchObject({
      reason: 'invalid-input',
    })
  })
})
