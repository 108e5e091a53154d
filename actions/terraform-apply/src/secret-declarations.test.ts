import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { configurationSecrets } from './secrets.ts'

/** Whatever way a variable is declared as sensitive, its value is hidden, and nobody else's is. */
let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ondol-declarations-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

async function found(files: Record<string, string>): Promise<Set<string>> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  const secrets = await configurationSecrets(
    {
      directory,
      workspace: undefined,
      varFiles: [],
      variables: { password: 'hidden-value', region: 'eu-west-1' },
      backendConfig: {},
      targets: [],
      replaces: [],
      parallelism: undefined,
      destroy: false,
      refresh: true,
      lockTimeoutMs: 0,
    },
    {},
  )
  return new Set(secrets.filter((secret) => secret !== ''))
}

const PASSWORD = 'variable "password" {\n  type      = string\n  sensitive = true\n}\n'

describe('a sensitive variable', () => {
  test.each([
    ['after a block on one line', `variable "region" {}\n${PASSWORD}`],
    ['after a block on one line with a comment', `variable "region" { default = "{" } # one\n${PASSWORD}`],
    ['on one line, before another', 'variable "password" { sensitive = true }\nvariable "region" {\n}\n'],
    ['with CRLF', `variable "region" {}\n${PASSWORD}`.replaceAll('\n', '\r\n')],
    ['with a label without quotes', PASSWORD.replaceAll('"', '')],
    ['without blanks or a line end', 'variable "password"{\nsensitive=true\n}'],
  ])('%s', async (_what, text) => {
    expect(await found({ 'variables.tf': text })).toEqual(new Set(['hidden-value']))
  })

  test.each([
    ['one block', { password: { sensitive: true }, region: {} }],
    ['lists of blocks', [{ region: [{ default: 'x' }] }, { password: [{ sensitive: true }] }]],
  ])('in JSON, as %s', async (_what, variable) => {
    expect(await found({ 'variables.tf.json': JSON.stringify({ variable }) })).toEqual(new Set(['hidden-value']))
  })

  test('in JSON, with its default', async () => {
    const variable = { token: { sensitive: true, default: { key: 'default-key', parts: [12345678] } } }
    expect(await found({ 'variables.tf.json': JSON.stringify({ variable }) })).toEqual(
      new Set(['default-key', '12345678']),
    )
  })

  test('in a linked file', async () => {
    writeFileSync(join(directory, 'shared.txt'), PASSWORD)
    symlinkSync('shared.txt', join(directory, 'shared.tf'))
    symlinkSync('.', join(directory, 'folder.tf'))
    expect(await found({})).toEqual(new Set(['hidden-value']))
  })

  test('is not found in JSON that is broken or odd, which is Terraform’s to complain about', async () => {
    const odd = { 'a.tf.json': '{', 'b.tf.json': 'null', 'c.tf.json': '{"variable":[null,{"password":null}]}' }
    expect(await found(odd)).toEqual(new Set())
  })
})

describe('a value in a var-file', () => {
  const inFile = (assignment: string) =>
    found({ 'v.tf': PASSWORD, 'terraform.tfvars': `first = "first-value"\n${assignment}\nlast = "last-value"\n` })

  test.each([
    [
      'objects in an object',
      'password = {\n  inner = {\n    key = "inner-secret"\n  }\n  after = "after-secret"\n}',
      ['inner-secret', 'after-secret'],
    ],
    ['brackets in texts and comments', 'password = {\n  a = "}"\n  # }\n  b = "after-secret"\n}', ['after-secret']],
    ['an assignment that is indented', '  password = "indented-secret"', ['indented-secret']],
    ['quoted keys', 'password = { "key" = "quoted-secret", key2 : "colon-secret" }', ['quoted-secret', 'colon-secret']],
  ])('%s', async (_what, assignment, secrets) => {
    const all = await inFile(assignment)
    for (const secret of secrets) expect(all).toContain(secret)
    for (const harmless of ['first-value', 'last-value']) expect(all).not.toContain(harmless)
  })

  test('a bracket that another value leaves open hides nothing from us', async () => {
    const all = await found({
      'v.tf': PASSWORD,
      'terraform.tfvars': 'text = <<EOT\n{[(\nEOT\npassword = "one-secret"\n',
    })
    expect(all).toContain('one-secret')
  })
})
