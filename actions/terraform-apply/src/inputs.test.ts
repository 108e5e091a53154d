import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { type Inputs, readInputs } from './inputs.ts'

const workspace = mkdtempSync(join(tmpdir(), 'ondol-inputs-'))
mkdirSync(join(workspace, 'infra/eu'), { recursive: true })
mkdirSync(join(workspace, '..infra'))
writeFileSync(join(workspace, 'file'), '')
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

/** What action.yml gives when a user sets nothing. */
const manifest = parse(readFileSync(join(import.meta.dirname, '../action.yml'), 'utf8')) as {
  inputs: Record<string, { default: string }>
}
const defaults = Object.fromEntries(
  Object.entries(manifest.inputs).map(([name, input]) => [name, String(input.default)]),
)

const read = (given: Record<string, string> = {}): Inputs => {
  const inputs = { ...defaults, 'github-token': 'token', ...given }
  const env = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]))
  return readInputs(env, workspace)
}
const refusal = (given: Record<string, string>): { reason: string; message: string } => {
  try {
    read(given)
  } catch (error) {
    return error as { reason: string; message: string }
  }
  throw new Error(`${JSON.stringify(given)} was accepted`)
}

test('the defaults of action.yml are good inputs', () => {
  expect(read()).toEqual({
    mode: 'auto',
    name: '.',
    workingDirectory: '.',
    terraform: {
      directory: workspace,
      workspace: undefined,
      varFiles: [],
      variables: {},
      backendConfig: {},
      targets: [],
      replaces: [],
      parallelism: undefined,
      destroy: false,
      refresh: true,
      lockTimeoutMs: 300_000,
    },
    tool: 'terraform',
    toolVersion: 'auto',
    planKey: undefined,
    planStore: { kind: 'artifact' },
    requireApproval: undefined,
    approversPermission: 'write',
    protectedResources: expect.arrayContaining(['aws_db_*', 'kubernetes_secret_v1']),
    allowDestroyLabel: 'allow-destroy',
    maxDestroy: undefined,
    notCompared: [],
    comment: 'update',
    commentGroup: undefined,
    planJson: undefined,
    unlockOwn: false,
    failOnDrift: false,
    summary: true,
    redact: [],
    reportPath: undefined,
    token: 'token',
  })
})

test('every input of action.yml is read, and none besides', () => {
  const asked = new Set<string>()
  const env = new Proxy<Record<string, string>>(
    {},
    {
      get(_, name: string) {
        const input = name.replace(/^INPUT_/, '').toLowerCase()
        asked.add(input)
        return input === 'github-token' ? 'token' : defaults[input]
      },
    },
  )
  readInputs(env, workspace)
  expect([...asked].sort()).toEqual(Object.keys(manifest.inputs).sort())
})

describe('good values', () => {
  const key = '0123456789'.repeat(4)
  test.each<[Record<string, string>, object]>([
    [{ 'working-directory': 'infra/eu/' }, { workingDirectory: 'infra/eu', name: 'infra/eu' }],
    [{ 'working-directory': './infra/../infra' }, { workingDirectory: 'infra', name: 'infra' }],
    [{ 'working-directory': '..infra' }, { workingDirectory: '..infra', name: '..infra' }],
    [{ name: 'production' }, { name: 'production', workingDirectory: '.' }],
    [{ name: 'abcdef01234' }, { name: 'abcdef01234' }],
    [{ mode: 'render', 'plan-json': 'plan.json' }, { planJson: join(workspace, 'plan.json') }],
    [{ mode: 'render', 'plan-json': '/elsewhere/plan.json' }, { planJson: '/elsewhere/plan.json' }],
    [{ 'max-destroy': '0' }, { maxDestroy: { kind: 'count', count: 0 } }],
    [{ 'max-destroy': '25' }, { maxDestroy: { kind: 'count', count: 25 } }],
    [{ 'max-destroy': '0%' }, { maxDestroy: { kind: 'percent', percent: 0 } }],
    [{ 'max-destroy': '100%' }, { maxDestroy: { kind: 'percent', percent: 100 } }],
    [{ 'plan-store': 'file:///var/plans' }, { planStore: { kind: 'file', directory: '/var/plans' } }],
    [
      { 'plan-store': `${pathToFileURL('/var/with space')}` },
      { planStore: { kind: 'file', directory: '/var/with space' } },
    ],
    [{ 'plan-key': key }, { planKey: key }],
    [{ 'plan-key': 'ü'.repeat(16) }, { planKey: 'ü'.repeat(16) }],
    [{ 'tool-version': '1.12.0-rc1' }, { toolVersion: '1.12.0-rc1' }],
    [{ 'tool-version': 'path' }, { toolVersion: 'path' }],
    [{ 'not-compared': 'a.b.c\n\n  d.e.f  \r\n' }, { notCompared: ['a.b.c', 'd.e.f'] }],
    [{ redact: 'a,b\n(?<=x)y' }, { redact: [/a,b/gu, /(?<=x)y/gu] }],
    [{ 'require-approval': 'environment' }, { requireApproval: 'environment' }],
    [{ tool: 'tofu' }, { tool: 'tofu' }],
    [{ 'comment-group': 'all/eu-1' }, { commentGroup: 'all/eu-1' }],
    [{ 'fail-on-drift': 'true' }, { failOnDrift: true }],
    [{ summary: 'False' }, { summary: false }],
    [{ 'report-path': 'out/report.md' }, { reportPath: join(workspace, 'out/report.md') }],
  ])('%j', (given, expected) => {
    expect(read(given)).toMatchObject(expected)
  })

  test.each<[Record<string, string>, object]>([
    [{ 'working-directory': 'infra' }, { directory: join(workspace, 'infra') }],
    [{ workspace: 'eu-1.production' }, { workspace: 'eu-1.production' }],
    [{ 'var-file': 'a.tfvars\nb c.tfvars' }, { varFiles: ['a.tfvars', 'b c.tfvars'] }],
    [
      { variables: 'size: 3\nlist: [a, "1"]\nnested:\n  on: yes' },
      { variables: { size: 3, list: ['a', '1'], nested: { on: 'yes' } } },
    ],
    [{ variables: '{"a": null, "b": true}' }, { variables: { a: null, b: true } }],
    [{ 'backend-config': 'bucket: x' }, { backendConfig: { bucket: 'x' } }],
    [{ target: 'a.b["x,y"]\nc.d' }, { targets: ['a.b["x,y"]', 'c.d'] }],
    [{ replace: 'a.b' }, { replaces: ['a.b'] }],
    [{ parallelism: '1' }, { parallelism: 1 }],
    [
      { destroy: 'TRUE', refresh: 'false' },
      { destroy: true, refresh: false },
    ],
    [{ 'lock-timeout': '90s' }, { lockTimeoutMs: 90_000 }],
    [{ 'lock-timeout': '0s' }, { lockTimeoutMs: 0 }],
    [{ 'lock-timeout': '1h' }, { lockTimeoutMs: 3_600_000 }],
  ])('%j reaches Terraform', (given, expected) => {
    expect(read(given).terraform).toMatchObject(expected)
  })
})

test('a joined comment is kept up to date, so it can not be new for each run', () => {
  expect(refusal({ comment: 'new', 'comment-group': 'all' }).message).toMatch(/^The input comment is "new"/)
})

describe('bad values: the message names the input, its value and what is allowed', () => {
  const hex = 'abcdef012345'
  test.each<[string, string, RegExp]>([
    ['mode', 'Plan', /auto, plan, apply, drift, discover, render/],
    ['tool', 'opentofu', /terraform, tofu/],
    ['comment-group', 'two words', /letters, digits/],
    ['comment-group', 'x'.repeat(101), /up to 100/],
    ['fail-on-drift', 'yes', /true or false/],
    ['working-directory', '..', /a path in it is allowed/],
    ['working-directory', '../other', /a path in it is allowed/],
    ['working-directory', '/etc', /a path in it is allowed/],
    ['working-directory', 'infra/../../x', /a path in it is allowed/],
    ['working-directory', 'missing', /no folder of the workspace/],
    ['working-directory', 'file', /no folder of the workspace/],
    ['name', 'two words', /letters, digits/],
    ['name', '-infra', /letters, digits/],
    ['name', 'a\nb', /letters, digits/],
    ['name', 'a`b', /letters, digits/],
    ['name', 'x'.repeat(101), /up to 100/],
    ['name', hex, /12 or more hex digits/],
    ['name', hex.toUpperCase(), /12 or more hex digits/],
    ['workspace', 'a b', /letters, digits/],
    ['workspace', '-x', /letters, digits/],
    ['workspace', 'a/b', /letters, digits/],
    ['workspace', 'x'.repeat(91), /up to 90/],
    ['tool-version', '1.11', /a version such as 1.11.4/],
    ['tool-version', 'latest', /a version such as 1.11.4/],
    ['tool-version', 'v1.11.4', /a version such as 1.11.4/],
    ['tool-version', '1.11.4/../x', /a version such as 1.11.4/],
    ['plan-store', 's3', /artifact or file:\/\/\/path/],
    ['plan-store', 'file://host/path', /artifact or file:\/\/\/path/],
    ['plan-store', '/var/plans', /artifact or file:\/\/\/path/],
    ['plan-store', 'file:///a%2Fb', /artifact or file:\/\/\/path/],
    ['plan-store', 'file:///a%zz', /artifact or file:\/\/\/path/],
    ['require-approval', 'nobody', /review, merged, environment, none/],
    ['approvers-permission', 'none', /read, triage, write, maintain, admin/],
    ['approvers-permission', 'owner', /read, triage, write, maintain, admin/],
    ['max-destroy', '-1', /a number such as 5, or a percentage/],
    ['max-destroy', '101%', /a number such as 5, or a percentage/],
    ['max-destroy', '1.5%', /a number such as 5, or a percentage/],
    ['max-destroy', 'all', /a number such as 5, or a percentage/],
    ['max-destroy', '1e3', /a number such as 5, or a percentage/],
    ['comment', 'yes', /update, new, off/],
    ['unlock-own', 'yes', /true or false/],
    ['summary', '1', /true or false/],
    ['destroy', 'maybe', /true or false/],
    ['refresh', 'tRUE', /true or false/],
    ['parallelism', '0', /a whole number from 1 up/],
    ['parallelism', '-1', /a whole number from 1 up/],
    ['parallelism', '1.5', /a whole number from 1 up/],
    ['parallelism', '9'.repeat(16), /a whole number from 1 up/],
    ['lock-timeout', '5', /90s, 10m or 36h/],
    ['lock-timeout', '5 m', /90s, 10m or 36h/],
    ['lock-timeout', '1h30m', /90s, 10m or 36h/],
    ['lock-timeout', '-5m', /90s, 10m or 36h/],
    ['lock-timeout', `${'9'.repeat(400)}d`, /90s, 10m or 36h/],
    ['redact', '(', /regular expression/],
    ['redact', 'fine\n[', /regular expression/],
  ])('%s: %j', (name, value, allowed) => {
    const { reason, message } = refusal({ [name]: value })
    expect(reason).toBe('invalid-input')
    expect(message).toMatch(new RegExp(`^The input ${name} `))
    expect(message).toMatch(allowed)
    const shown = JSON.stringify(value.split('\n').at(name === 'redact' ? -1 : 0)).slice(1, -1)
    expect(message).toContain(shown.slice(0, 100))
    expect(message.length).toBeLessThan(400)
  })

  test.each([
    'mode',
    'working-directory',
    'tool-version',
    'plan-store',
    'approvers-permission',
    'allow-destroy-label',
    'comment',
    'unlock-own',
    'summary',
    'destroy',
    'refresh',
    'lock-timeout',
    'github-token',
  ])('%s must not be empty', (name) => {
    expect(refusal({ [name]: '  ' })).toMatchObject({
      reason: 'invalid-input',
      message: expect.stringContaining(`The input ${name} is empty`),
    })
  })

  test.each([
    { mode: 'plan', 'plan-json': 'plan.json' },
    { mode: 'auto', 'plan-json': 'plan.json' },
    { mode: 'render' },
  ])('mode and plan-json go together: %j', (given) => {
    expect(refusal(given)).toMatchObject({
      reason: 'invalid-input',
      message: expect.stringContaining('mode and plan-json'),
    })
  })
})

describe('values of secrets stand in no message', () => {
  const SECRET = 'planted-secret'
  test.each<[string, string, RegExp]>([
    ['plan-key', SECRET, /plan-key is a secret of 14 bytes; at least 32 are needed/],
    ['variables', SECRET, /variables isn't a YAML map/],
    ['variables', `- ${SECRET}`, /variables isn't a YAML map/],
    ['variables', `a: ${SECRET}\na: ${SECRET}`, /variables isn't valid YAML \(at its line 2\)/],
    ['variables', `a: "${SECRET}`, /variables isn't valid YAML/],
    ['variables', `a: *${SECRET}`, /variables isn't valid YAML/],
    ['variables', `? [${SECRET}]\n: x`, /variables isn't valid YAML/],
    ['backend-config', `token: '${SECRET}\n  bad: [`, /backend-config isn't valid YAML/],
  ])('%s: %j', (name, value, expected) => {
    const { message, ...rest } = refusal({ [name]: value })
    expect(rest).toMatchObject({ reason: 'invalid-input' })
    expect(message).toMatch(expected)
    expect(message).not.toContain(SECRET)
  })
})
