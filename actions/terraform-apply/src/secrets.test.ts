import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { configurationSecrets } from './secrets.ts'
import type { TerraformSettings } from './terraform/settings.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ondol-secrets-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const SENSITIVE = 'variable "password" {\n  type      = string\n  sensitive = true\n}\n'

/** The secrets that are found when these files make up the root. */
async function secretsOf(
  files: Record<string, string>,
  given: { variables?: Record<string, unknown>; varFiles?: string[]; env?: Record<string, string> } = {},
): Promise<string[]> {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  const settings: TerraformSettings = {
    directory,
    workspace: undefined,
    varFiles: given.varFiles ?? [],
    variables: given.variables ?? {},
    backendConfig: {},
    targets: [],
    replaces: [],
    parallelism: undefined,
    destroy: false,
    refresh: true,
    lockTimeoutMs: 0,
  }
  const found = await configurationSecrets(settings, given.env ?? {})
  return found.filter((secret) => secret !== '')
}

describe('which variables are sensitive', () => {
  const value = { variables: { password: 'planted-secret', other: 'harmless' } }

  test.each<[string, string]>([
    ['as terraform fmt writes it', SENSITIVE],
    ['on one line', 'variable "password" { sensitive = true }'],
    ['after an empty one', `variable "other" {}\n${SENSITIVE}`],
    ['after another one', `variable "other" {\n  default = "x"\n}\n\n${SENSITIVE}`],
    ['before another block', `${SENSITIVE}\noutput "x" {\n  value = 1\n}\n`],
    [
      'with a nested block',
      'variable "password" {\n  validation {\n    condition     = true\n    error_message = "x"\n  }\n  sensitive = true\n}',
    ],
    [
      'with a text of several lines',
      'variable "password" {\n  description = <<EOT\nSome text\nEOT\n  sensitive = true\n}',
    ],
    ['with CRLF', SENSITIVE.replaceAll('\n', '\r\n')],
    ['without spaces', 'variable "password" {\n  sensitive=true\n}'],
  ])('%s', async (_, text) => {
    expect(await secretsOf({ 'main.tf': text }, value)).toEqual(['planted-secret'])
  })

  test.each<[string, Record<string, string>]>([
    ['none declared', { 'main.tf': 'variable "password" {}\n' }],
    ['one that says false', { 'main.tf': 'variable "password" {\n  sensitive = false\n}\n' }],
    ['a comment', { 'main.tf': 'variable "password" {\n  # sensitive = true\n}\n' }],
    [
      'an output',
      { 'main.tf': 'variable "password" {\n}\n\noutput "x" {\n  value     = var.password\n  sensitive = true\n}\n' },
    ],
    ['an output after one on one line', { 'main.tf': 'variable "password" {}\noutput "x" {\n  sensitive = true\n}\n' }],
    ['in a file that Terraform does not load', { 'main.txt': SENSITIVE }],
  ])('not: %s', async (_, files) => {
    expect(await secretsOf(files, value)).toEqual([])
  })

  test('a folder with the name of a file is none', async () => {
    mkdirSync(join(directory, 'folder.tf'))
    expect(await secretsOf({ 'a.tf': SENSITIVE, 'b.tofu': SENSITIVE }, value)).toEqual(['planted-secret'])
  })
})

describe('where values come from', () => {
  const files = { 'variables.tf': SENSITIVE }

  test.each<[string, unknown, string[]]>([
    ['a text', 'one', ['one']],
    ['a number', 12345, ['12345']],
    ['a list', ['one', ['two', 3]], ['one', 'two', '3']],
    ['a map', { a: 'one', b: { c: 'two' } }, ['one', 'two']],
    ['null', null, []],
  ])('the input variables: %s', async (_, password, expected) => {
    expect(await secretsOf(files, { variables: { password, other: 'harmless' } })).toEqual(expected)
  })

  test.each<[string, string, string[]]>([
    ['bare', 'plain-secret', ['plain-secret']],
    ['a list', '["one", "two"]', ['one', 'two']],
    ['a map', '{ a = "one", b = "two" }', ['one', 'two']],
    ['an escaped quote', '"with \\" quote"', ['with " quote']],
  ])('TF_VAR_: %s', async (_, password, expected) => {
    const found = await secretsOf(files, { env: { TF_VAR_password: password, TF_VAR_other: 'harmless' } })
    expect(found).toEqual(expect.arrayContaining(expected))
    expect(found.join()).not.toContain('harmless')
  })

  const TFVARS = 'other = "harmless"\npassword = "planted-secret"\nlast = "harmless"\n'

  test.each(['terraform.tfvars', 'x.auto.tfvars'])('%s is loaded by its name', async (name) => {
    const found = await secretsOf({ ...files, [name]: TFVARS })
    expect(found).toContain('planted-secret')
    expect(found.join()).not.toContain('harmless')
  })

  test.each(['terraform.tfvars.json', 'x.auto.tfvars.json'])('%s is loaded by its name', async (name) => {
    const found = await secretsOf({ ...files, [name]: '{"password":{"a":"planted-secret"},"other":"harmless"}' })
    expect(found).toEqual(['planted-secret'])
  })

  test('a var-file is loaded when it is given', async () => {
    expect(await secretsOf({ ...files, 'given.tfvars': TFVARS })).not.toContain('planted-secret')
    expect(await secretsOf(files, { varFiles: ['given.tfvars'] })).toContain('planted-secret')
  })

  test.each<[string, string, string[]]>([
    ['a list of several lines', 'password = [\n  "one",\n  "two",\n]\nother = "harmless"\n', ['one', 'two']],
    ['a map of several lines', 'password = {\n  a = "one"\n  b = "two"\n}\nother = "harmless"\n', ['one', 'two']],
    ['a heredoc', 'password = <<EOT\nline one\nline two\nEOT\nother = "harmless"\n', ['line one', 'line two']],
    ['a number', 'password = 12345\n', ['12345']],
    ['CRLF', 'other = 1\r\npassword = "one"\r\n', ['one']],
  ])('a var-file with %s', async (_, text, expected) => {
    const found = await secretsOf({ ...files, 'given.tfvars': text }, { varFiles: ['given.tfvars'] })
    expect(found).toEqual(expect.arrayContaining(expected))
    expect(found.join()).not.toContain('harmless')
  })

  test.each(['', '{', '[]', 'null', '{"password"'])(
    'a broken JSON file is for Terraform to complain about: %j',
    async (text) => {
      expect(await secretsOf({ ...files, 'terraform.tfvars.json': text })).toEqual([])
    },
  )

  test('a var-file that is not there is none', async () => {
    expect(await secretsOf(files, { varFiles: ['missing.tfvars'] })).toEqual([])
  })
})
