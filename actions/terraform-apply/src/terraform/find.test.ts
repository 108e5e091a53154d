import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import { type ReleaseLab, startReleases } from '../../../../lab/releases/index.ts'
import { type ClosableProcessRunner, createProcessRunner } from '../../../../lib/process/run.ts'
import { createDownload } from '../../../../lib/tools/download.ts'
import type { Tool } from '../inputs.ts'
import { findProgram } from './find.ts'
import { PUBLISHERS, type Publisher } from './publisher.ts'

const TOOLS = ['terraform', 'tofu'] as const
const FILE = { terraform: '.terraform-version', tofu: '.opentofu-version' } as const

const tofu = await requirePart('tofu')

const environment = { ...process.env }
let repository = ''
let root = ''
let lab: ReleaseLab
let processes: ClosableProcessRunner

beforeEach(async () => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  repository = mkdtempSync(join(tmpdir(), 'ondol-find-'))
  root = join(repository, 'infra/prod')
  mkdirSync(root, { recursive: true })
  mkdirSync(join(repository, 'bin'))
  for (const tool of TOOLS) program(tool, '1.9.8')
  Object.assign(process.env, {
    PATH: [join(repository, 'bin'), '/usr/bin', '/bin'].join(delimiter),
    RUNNER_TEMP: repository,
    RUNNER_TOOL_CACHE: join(repository, 'cache'),
  })
  lab = await startReleases()
  for (const version of ['1.5.7', '1.8.9', '1.10.0', '1.10.3', '1.12.1', '1.13.0-rc1'])
    for (const tool of TOOLS) await lab.publish(tool, version, script(version))
  processes = createProcessRunner()
})
afterEach(async () => {
  processes.close()
  await lab.close()
  jest.restoreAllMocks()
  process.env = { ...environment }
  rmSync(repository, { recursive: true, force: true })
})

const script = (version: string): string =>
  `#!/bin/sh\necho '{ "terraform_version": "${version}", "platform": "linux_amd64" }'\n`

function program(tool: Tool, version: string): void {
  writeFileSync(join(repository, 'bin', tool), script(version))
  chmodSync(join(repository, 'bin', tool), 0o755)
}

const onPath = (tool: Tool): string => join(repository, 'bin', tool)
const installed = (tool: Tool, version: string): string => join(repository, 'cache', tool, version, process.arch, tool)

/** The publisher's page as the stand-in has it. */
const standIn = (tool: Tool): Publisher => ({
  ...PUBLISHERS[tool],
  indexUrl: `${lab.origin}${tool === 'terraform' ? '/terraform/index.json' : '/tofu/api.json'}`,
  folderOf: (version) => `${lab.origin}/${tool}/${version}`,
  publicKey: lab.signer.publicKey,
})

function find(tool: Tool, version = 'auto', top = repository): Promise<string> {
  const download = createDownload({ plainOrigin: lab.origin, pausesMs: [] })
  const deps = { processes, env: { PATH: '/usr/bin:/bin' }, publisher: standIn(tool), download }
  return findProgram({ tool, version, directory: root, repository: top }, deps)
}

const write = (path: string, text: string): void => writeFileSync(join(repository, path), text)
const require = (constraint: string, file = 'infra/prod/main.tf'): void =>
  write(file, `terraform {\n  required_version = "${constraint}"\n}\n`)
const asked = (): string[] => lab.requests

describe.each(TOOLS)('%s', (tool) => {
  test.each(['auto', 'path', '1.9.8'])('on PATH is used for %s', async (version) => {
    expect(await find(tool, version)).toBe(onPath(tool))
    expect(asked()).toEqual([])
  })

  test('another version than the one on PATH is downloaded', async () => {
    expect(await find(tool, '1.5.7')).toBe(installed(tool, '1.5.7'))
    expect(await find(tool, '1.13.0-rc1')).toBe(installed(tool, '1.13.0-rc1'))
  })

  test('the nearest version file, up to the repository’s top, pins the version', async () => {
    write(FILE[tool], '1.5.7\n')
    expect(await find(tool)).toBe(installed(tool, '1.5.7'))
    write(`infra/${FILE[tool]}`, 'v1.9.8\n')
    expect(await find(tool)).toBe(onPath(tool))
    write(`infra/prod/${FILE[tool]}`, '1.10.0')
    expect(await find(tool)).toBe(installed(tool, '1.10.0'))
    expect(await find(tool, 'path')).toBe(onPath(tool))
    expect(await find(tool, '1.9.8')).toBe(onPath(tool))
  })

  test('a version file goes before required_version, and the other program’s file has no say', async () => {
    require('~> 1.10.0')
    write(tool === 'tofu' ? '.terraform-version' : '.opentofu-version', '1.5.7')
    expect(await find(tool)).toBe(installed(tool, '1.10.3'))
    write(FILE[tool], '1.8.9')
    expect(await find(tool)).toBe(installed(tool, '1.8.9'))
  })

  test('a file above the repository has no say', async () => {
    write(FILE[tool], '1.5.7')
    expect(await find(tool, 'auto', join(repository, 'infra'))).toBe(onPath(tool))
  })

  test.each(['latest', 'latest:^1.9', '1.9', '', 'min-required', '1.9.8 # pinned', '1.9.8\n1.9.9'])(
    'a version file of %j is refused',
    async (text) => {
      write(`infra/${FILE[tool]}`, text)
      await expect(find(tool)).rejects.toMatchObject({
        reason: 'invalid-input',
        message: expect.stringMatching(/^infra\/\.(terraform|opentofu)-version:1 says ".*"; one exact version/),
      })
    },
  )

  test('on PATH is used when required_version allows it, without asking anybody', async () => {
    require('>= 1.5, < 2.0')
    expect(await find(tool)).toBe(onPath(tool))
    expect(asked()).toEqual([])
  })

  test('else the newest stable release that it allows is downloaded', async () => {
    for (const [constraint, version] of Object.entries({
      '~> 1.10': '1.12.1',
      '>= 1.10, < 1.12': '1.10.3',
      '!= 1.9.8, < 1.10': '1.8.9',
      '= 1.10.0': '1.10.0',
    })) {
      require(constraint)
      expect(await find(tool)).toBe(installed(tool, version))
    }
  })

  test('two constraints must hold together', async () => {
    require('>= 1.10')
    require('< 1.12', 'infra/prod/other.tf')
    expect(await find(tool)).toBe(installed(tool, '1.10.3'))
  })

  test('nothing on PATH: required_version decides, and without it that is told', async () => {
    rmSync(onPath(tool))
    require('~> 1.8.0')
    expect(await find(tool)).toBe(installed(tool, '1.8.9'))
    rmSync(join(root, 'main.tf'))
    for (const version of ['auto', 'path'])
      await expect(find(tool, version)).rejects.toMatchObject({
        reason: 'invalid-input',
        message: `There is no ${tool} on PATH.`,
        remedy: expect.stringMatching(/tool-version.*-version.*setup-/),
      })
  })

  test('a release that is not signed by its publisher is not used', async () => {
    lab.fault('_SHA256SUMS', { kind: 'replaced', content: Buffer.from('other checksums') })
    await expect(find(tool, '1.10.0')).rejects.toMatchObject({
      reason: 'invalid-input',
      message: expect.stringMatching(/^(Terraform|OpenTofu) 1\.10\.0 was downloaded but is not used: the signature/),
    })
    expect(readdirSync(repository)).not.toContain('cache')
  })

  test('the real publisher’s key does not accept the stand-in’s signature', async () => {
    const publisher = { ...standIn(tool), publicKey: PUBLISHERS[tool].publicKey }
    const download = createDownload({ plainOrigin: lab.origin })
    const wanted = { tool, version: '1.10.0', directory: root, repository }
    await expect(findProgram(wanted, { processes, env: {}, publisher, download })).rejects.toThrow(
      /not by [0-9a-f]{16}/,
    )
  })

  test.each<[string, Parameters<ReleaseLab['fault']>[1], RegExp]>([
    ['missing', { kind: 'missing' }, /can't be listed: .* answers 404/],
    ['no JSON', { kind: 'replaced', content: Buffer.from('<html>') }, /can't be listed: .* is no index/],
    [
      'another JSON',
      { kind: 'replaced', content: Buffer.from('{"versions":null}') },
      /can't be listed: .* is no index/,
    ],
  ])('an index that is %s', async (_what, fault, says) => {
    lab.fault('.json', fault)
    require('>= 1.10')
    await expect(find(tool)).rejects.toMatchObject({
      reason: 'invalid-input',
      message: expect.stringMatching(says),
      remedy: expect.stringContaining('tool-version'),
    })
  })

  test('a program on PATH that does not tell its version is not taken for the right one', async () => {
    writeFileSync(onPath(tool), '#!/bin/sh\nexit 1\n')
    require('>= 1.5')
    expect(await find(tool)).toBe(installed(tool, '1.12.1'))
  })

  test('a version manager’s shim is asked in the root module’s folder', async () => {
    const shim = `#!/bin/sh\n[ "$PWD" = "${root}" ] && echo '{"terraform_version": "1.7.0"}'\n`
    writeFileSync(onPath(tool), shim)
    expect(await find(tool, '1.7.0')).toBe(onPath(tool))
  })
})

describe('constraints that nothing meets', () => {
  test('of Terraform are told with their places', async () => {
    require('>= 1.10')
    require('< 1.9', 'infra/prod/other.tf')
    await expect(find('terraform')).rejects.toMatchObject({
      reason: 'invalid-input',
      message:
        'No stable release of Terraform meets required_version = ">= 1.10" (infra/prod/main.tf:2) and required_version = "< 1.9" (infra/prod/other.tf:2).',
      remedy: expect.stringContaining('.terraform-version'),
    })
  })

  test('a pre-release is no stable release', async () => {
    require('>= 1.13')
    await expect(find('terraform')).rejects.toThrow(/^No stable release of Terraform meets/)
  })

  test('in a .tf file keep OpenTofu from nothing, since it takes them for Terraform’s', async () => {
    require('>= 1.14')
    expect(await find('tofu')).toBe(installed('tofu', '1.12.1'))
    program('tofu', '1.12.6')
    expect(await find('tofu')).toBe(onPath('tofu'))
  })

  test('in a .tofu file are told', async () => {
    require('>= 1.14', 'infra/prod/versions.tofu')
    await expect(find('tofu')).rejects.toThrow(
      /^No stable release of OpenTofu meets .* \(infra\/prod\/versions\.tofu:2\)/,
    )
  })
})

tofu.describe('the real OpenTofu', () => {
  test('runs after its download', async () => {
    await lab.publish('tofu', '1.12.6', readFileSync(tofu.path))
    const file = await find('tofu', '1.12.6')
    expect(file).toBe(installed('tofu', '1.12.6'))
    const { stdout } = await processes.run({ file, args: ['version', '-json'], cwd: root, env: { HOME: repository } })
    expect(JSON.parse(stdout)).toMatchObject({ terraform_version: '1.12.6' })
  })
})
