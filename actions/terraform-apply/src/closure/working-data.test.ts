import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import { computeClosure } from './closure.ts'
import { isWorkingData } from './folders.ts'
import { treeDifferences } from './tree-differences.ts'

const terraform = await requirePart('terraform')

test.each([
  ['.terraform/providers/x', true],
  ['sub/.terraform/x', true],
  ['terraform.tfstate.d/blue/terraform.tfstate', true],
  ['.terraform.lock.hcl', true],
  ['.git', true],
  ['prod.tfstate', true],
  ['crash.2026.log', true],
  ['main.tf', false],
  ['prod.tfstate/main.tf', false],
  ['crash.log/run.sh', false],
  ['terraform/main.tf', false],
])('%s is working data: %p', (path, expected) => {
  expect(isWorkingData(path)).toBe(expected)
})

/** Nobody can hide a module, or a script that a provisioner runs, under a name that Terraform uses for itself. */
terraform.describe('modules in folders with such names, after a real init', () => {
  let repository = ''
  let tracked: string[] = []
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(repository, path)), { recursive: true })
    writeFileSync(join(repository, path), text)
  }
  const closure = () =>
    computeClosure({
      repository,
      root: join(repository, 'infra'),
      dataDirectory: undefined,
      varFiles: [],
      lockFile: undefined,
      ignored: async () => new Set(),
      tracked: async () => new Set(tracked),
    })

  beforeEach(() => {
    tracked = []
    repository = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-working-')))
    write(
      'infra/main.tf',
      'module "own" {\n  source = "./.terraform/own"\n}\n\nmodule "net" {\n  source = "./net.tfstate"\n}\n',
    )
    for (const folder of ['.terraform/own', 'net.tfstate'])
      write(`infra/${folder}/main.tf`, 'resource "terraform_data" "x" {}\n')
    write('infra/net.tfstate/run.sh', 'true\n')
    write('infra/.terraform/other/run.sh', 'true\n')
    const env = { PATH: process.env['PATH'], CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: '/dev/null' }
    execFileSync(terraform.path, ['init', '-input=false'], { cwd: join(repository, 'infra'), env, stdio: 'ignore' })
  })
  afterEach(() => rmSync(repository, { recursive: true, force: true }))

  test('they count with all their files, each once', async () => {
    const { files, tracked } = await closure()
    const expected = [
      'infra/.terraform/own/main.tf',
      'infra/main.tf',
      'infra/net.tfstate/main.tf',
      'infra/net.tfstate/run.sh',
    ]
    expect(Object.keys(files).sort()).toEqual(expected)
    expect(tracked.map(({ path }) => path).sort()).toEqual(expected)
  })

  test('they are held to the commit, and so is all that was committed under such a name', async () => {
    const { tracked, ...rest } = await closure()
    const tree = tracked.map(({ path, blobs }) => ({ path, mode: '100644', sha: blobs[0] ?? '' }))
    expect(treeDifferences({ ...rest, tracked }, tree)).toEqual([])
    const more = ['infra/.terraform/own/more.tf', 'infra/.terraform/x', 'infra/net.tfstate/more.sh', 'infra/x.tfstate']
    const lock = 'infra/.terraform/own/.terraform.lock.hcl'
    const meanwhile = [...tree, ...[...more, lock].map((path) => ({ path, mode: '100644', sha: 'a'.repeat(40) }))]
    expect(treeDifferences({ ...rest, tracked }, meanwhile)).toEqual(
      more.map((path) => ({ path, kind: 'missing here' })),
    )
  })

  test('a tracked file amid working data counts, one that only the index has does not', async () => {
    tracked = ['infra/.terraform/other/run.sh', 'infra/.terraform/gone.sh', 'infra/.terraform.lock.hcl']
    const { files } = await closure()
    expect(Object.keys(files)).toContain('infra/.terraform/other/run.sh')
    expect(Object.keys(files)).not.toContain('infra/.terraform/gone.sh')
    expect(Object.keys(files)).not.toContain('infra/.terraform.lock.hcl')
  })
})
