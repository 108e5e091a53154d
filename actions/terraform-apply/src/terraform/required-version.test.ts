import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { SemVer } from 'semver'
import { accepts, readRequirements } from './required-version.ts'

let repository = ''
beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'ondol-required-'))
  mkdirSync(join(repository, 'infra/nested'), { recursive: true })
})
afterEach(() => rmSync(repository, { recursive: true, force: true }))

const write = (name: string, text: string): void => writeFileSync(join(repository, 'infra', name), text)
const required = (constraint: string): string => `terraform {\n  required_version = "${constraint}"\n}\n`
const read = (tool: 'terraform' | 'tofu' = 'terraform') => readRequirements(join(repository, 'infra'), repository, tool)
const accepted = async (version: string, tool: 'terraform' | 'tofu' = 'terraform'): Promise<boolean> =>
  accepts(new SemVer(version), await read(tool))

describe('required_version', () => {
  test('of every terraform block of the root module counts, with its place', async () => {
    write('main.tf', `# settings\n${required('>= 1.5')}`)
    write('more.tf.json', '{\n  "terraform": [\n    { "required_version": "< 1.9" } ]\n}')
    write('nested/other.tf', required('= 0.1'))
    write('other.tofu', required('= 0.1'))
    expect((await read()).map(({ said }) => said)).toEqual([
      'required_version = ">= 1.5" (infra/main.tf:3)',
      'required_version = "< 1.9" (infra/more.tf.json:3)',
    ])
    expect(await accepted('1.8.0')).toBe(true)
    expect(await accepted('1.9.0')).toBe(false)
    expect(await accepted('1.4.9')).toBe(false)
  })

  test('elsewhere is none', async () => {
    write('main.tf', 'terraform {\n  backend "local" {}\n}\nlocals {\n  required_version = "1.0"\n}\n')
    expect(await read()).toEqual([])
    expect(await read('tofu')).toEqual([])
  })

  test.each([
    ['"latest"', 'required_version = "latest" (infra/main.tf:2)'],
    ['">= 1.12.0-rc1"', 'required_version = ">= 1.12.0-rc1" (infra/main.tf:2)'],
    ['"${var.version}"', 'required_version = "${var.version}" (infra/main.tf:2)'],
    ['local.version', 'required_version = local.version (infra/main.tf:2)'],
    ['""', 'required_version = "" (infra/main.tf:2)'],
  ])('%s is told with its place', async (source, said) => {
    write('main.tf', `terraform {\n  required_version = ${source}\n}\n`)
    await expect(read()).rejects.toMatchObject({
      reason: 'invalid-input',
      message: expect.stringContaining(`${said} is no version constraint`),
    })
  })
})

describe('OpenTofu', () => {
  test('heeds its own files and its language block in every version', async () => {
    write('versions.tofu', `${required('>= 1.7')}language {\n  compatible_with {\n    opentofu = "< 1.20"\n  }\n}\n`)
    write('versions.tf', required('~> 0.13'))
    expect((await read('tofu')).map(({ said }) => said)).toEqual([
      'required_version = ">= 1.7" (infra/versions.tofu:2)',
      'opentofu = "< 1.20" (infra/versions.tofu:6)',
    ])
    for (const [version, fine] of Object.entries({ '1.6.9': false, '1.7.0': true, '1.19.0': true, '1.20.0': false }))
      expect(await accepted(version, 'tofu')).toBe(fine)
  })

  test('heeds required_version of .tf files up to 1.11 only', async () => {
    write('main.tf', required('~> 1.9.0'))
    for (const [version, fine] of Object.entries({ '1.9.5': true, '1.11.4': false, '1.12.0': true, '1.13.1': true }))
      expect(await accepted(version, 'tofu')).toBe(fine)
    expect(await accepted('1.12.0')).toBe(false)
  })

  test('what Terraform has no notion of means nothing to it', async () => {
    write('main.tf', 'language {\n  compatible_with {\n    opentofu = "= 1.0"\n  }\n}\n')
    expect(await read('terraform')).toEqual([])
  })
})
