import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { parse } from 'yaml'
import type { RunContext } from '../../../lib/action/context.ts'
import { type Inputs, readInputs } from './inputs.ts'

const actionYml = parse(readFileSync(join(import.meta.dirname, '../action.yml'), 'utf8')) as {
  inputs: Record<string, { default?: string }>
}
const defaults = Object.fromEntries(
  Object.entries(actionYml.inputs).map(([name, input]) => [name, String(input.default ?? '')]),
)
const KEY = 'an index key of more than thirty-two bytes'
let identity = ''
let recipient = ''
beforeAll(async () => {
  identity = await generateX25519Identity()
  recipient = await identityToRecipient(identity)
})

function read(given: Record<string, string> = {}, env: Record<string, string> = {}, event = 'schedule'): Inputs {
  const own = {
    set: 'shop',
    bucket: 'acme-backups',
    recipients: recipient,
    'index-key': KEY,
    sources: '- files: { paths: [/var/www] }',
    'github-token': '',
  }
  const inputs = Object.entries({ ...defaults, ...own, ...given }).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ])
  const context = { workspace: '/workspace', event: { name: event, payload: {} } }
  return readInputs({ ...Object.fromEntries(inputs), ...env }, context as unknown as RunContext)
}
const refused = (message: RegExp) =>
  expect.objectContaining({ reason: 'invalid-input', message: expect.stringMatching(message) })

test('the defaults', () => {
  expect(read()).toMatchObject({
    mode: 'backup',
    set: 'shop',
    store: { kind: 's3', bucket: 'acme-backups', prefix: '' },
    copies: [],
    storeOptions: { partSize: 'auto', maxParts: 10_000, concurrency: 4, bandwidthLimit: undefined },
    protection: { lock: undefined, recipients: [recipient], indexKey: KEY, identities: [] },
    type: 'auto',
    fullEveryMs: 7 * 86_400_000,
    policy: { daily: 7, weekly: 5, monthly: 12 },
    pruneAfter: false,
    maxVerifiedAgeMs: 8 * 86_400_000,
    backupId: 'latest',
    sample: 1,
  })
})

describe('where the backups lie', () => {
  test.each([
    [{ bucket: 'file:///srv/backups' }, { kind: 'folder', path: '/srv/backups' }],
    [
      { bucket: 'file:///srv', prefix: '/a/b/' },
      { kind: 'folder', path: '/srv/a/b' },
    ],
    [{ prefix: '/nightly/' }, { kind: 's3', bucket: 'acme-backups', prefix: 'nightly' }],
    [
      { endpoint: 'https://minio:9000', region: 'eu-1' },
      { kind: 's3', endpoint: 'https://minio:9000', region: 'eu-1' },
    ],
  ])('%j', (given, store) => {
    expect(read(given).store).toMatchObject(store)
  })

  test('copies', () => {
    expect(read({ 'copy-to': 's3://other/x?region=eu-2\nfile:///srv' }).copies).toMatchObject([
      { kind: 's3', bucket: 'other', prefix: 'x', region: 'eu-2' },
      { kind: 'folder', path: '/srv' },
    ])
  })
})

test('values of variables', () => {
  expect(
    read({ mode: 'restore', 'restore-databases-to': 'TARGET' }, { TARGET: 'postgres://h/' }).restore.databases,
  ).toBe('postgres://h/')
  expect(read({ mode: 'rehearse', rehearsal: '{ to: "env:SCRATCH" }' }, { SCRATCH: '/scratch' }).rehearsal?.to).toEqual(
    [{ kind: 'folder', path: '/scratch' }],
  )
})

test('encryption: none has to be written out, and then needs no key', () => {
  expect(read({ encryption: 'none', recipients: '', 'index-key': '' }).protection).toMatchObject({
    recipients: 'none',
    indexKey: undefined,
  })
})

test('modes that only read need no recipient', () => {
  for (const mode of ['verify', 'status', 'list', 'prune'])
    expect(read({ mode, recipients: '', sources: '' }).mode).toBe(mode)
})

test.each<[string, Record<string, string>, RegExp]>([
  ['no recipient', { recipients: '' }, /recipients is empty; give at least one age public key .*encryption: none/],
  ['no index key', { 'index-key': '' }, /index-key is empty/],
  ['a short index key', { 'index-key': 'short' }, /index-key is a secret of 5 bytes; at least 32/],
  ['a key and none', { encryption: 'none' }, /encryption is none, and recipients has keys/],
  ['a wrong recipient', { recipients: 'age1wrong' }, /Line 1 of the recipients is no age public key/],
  ['a wrong identity', { identity: 'AGE-SECRET-KEY-1WRONG' }, /Line 1 of the identity is no age secret key/],
  ['no sources', { sources: '' }, /sources is empty/],
  ['a set with a slash', { set: 'shop/prod' }, /set "shop\/prod" can not be used/],
  ['a set of dots', { set: '..' }, /set "\.\." can not be used/],
  ['an address as bucket', { bucket: 's3://acme/x' }, /bucket is an s3:\/\/ address/],
  ['credentials in the bucket', { bucket: 's3://key:hunter2hunter2@acme' }, /bucket/],
  ['an impossible bucket', { bucket: 'UPPER' }, /impossible name/],
  ['a prefix that leads out', { prefix: 'a/../../b' }, /segment that is empty, \. or \.\./],
  [
    'a lock on a folder',
    { bucket: 'file:///srv', 'object-lock': 'compliance' },
    /bucket is a folder, which can't lock/,
  ],
  [
    'a policy that keeps nothing',
    { mode: 'prune', 'keep-daily': '0', 'keep-weekly': '0', 'keep-monthly': '' },
    /keeps nothing/,
  ],
  [
    'a policy that keeps nothing, after backups',
    { prune: 'after-backup', 'keep-daily': '0', 'keep-weekly': '0', 'keep-monthly': '0' },
    /keeps nothing/,
  ],
  ['nowhere to restore to', { mode: 'restore' }, /restore-to and restore-databases-to are empty/],
  ['a relative folder', { mode: 'restore', 'restore-to': 'here' }, /restore-to is "here"; allowed is an absolute path/],
  ['a variable that is not there', { mode: 'restore', 'restore-databases-to': 'NOPE' }, /names the variable "NOPE"/],
  ['a wrong id', { 'backup-id': '../x' }, /backup-id is "\.\.\/x"; allowed is latest/],
  ['no share', { sample: '0%' }, /sample is "0%"/],
  ['more than all', { sample: '101%' }, /sample is "101%"/],
  ['a level', { 'compression-level': '22' }, /compression-level is "22"; allowed are 1 to 19/],
  ['a report outside', { 'report-path': '../report.json' }, /leads out of the workspace/],
  ['a workflow outside', { workflow: '/etc/passwd' }, /leads out of the workspace/],
  ['a heartbeat that is no address', { 'heartbeat-url': 'hunter2hunter2' }, /heartbeat-url has a line that is no http/],
  ['a notify that is no address', { notify: 'ftp://hunter2hunter2' }, /notify has a line that is no http/],
])('%s is refused', (_, given, message) => {
  expect(() => read(given)).toThrow(refused(message))
  expect(() => read(given)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') }))
})

test("a stranger's pull request gets nothing", () => {
  expect(() => read({}, {}, 'pull_request_target')).toThrow(refused(/pull_request_target/))
})
