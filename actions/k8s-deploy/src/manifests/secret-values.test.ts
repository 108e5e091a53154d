import { describe, expect, test } from '@jest/globals'
import { createRedactor } from '../../../../lib/process/redact.ts'
import { secretValues } from './secret-values.ts'

function redactorOf(fields: object) {
  const redact = createRedactor()
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, ...fields }
  for (const value of secretValues(object)) redact.add(value)
  return redact
}

describe('what of a Secret is shown nowhere', () => {
  test.each([
    ['text', { stringData: { key: 'hunter2!' } }],
    ['base64', { data: { key: Buffer.from('hunter2!').toString('base64') } }],
    ['a map where text must be', { stringData: { config: { password: 'hunter2!' } } }],
    ['a list', { data: { config: ['hunter2!'] } }],
    ['text where a map must be', { stringData: 'hunter2!' }],
    ['JSON', { stringData: { 'config.json': '{"db":{"hosts":["a"],"password":"hunter2!"}}' } }],
    ['an ini file', { stringData: { ini: '[db]\npassword = hunter2!\n' } }],
    ['an .env file with quotes', { stringData: { env: "export DB_PASSWORD='hunter2!'\n" } }],
    ['YAML', { stringData: { yaml: 'db:\n  password: "hunter2!"\n' } }],
    ['an address', { stringData: { url: 'postgres://user:hunter2!@host/db' } }],
    ['an address, escaped there', { stringData: { url: 'postgres://user:hunter2%21@host/db' } }],
    ['an address within JSON', { stringData: { json: '{"a":"postgres://user:hunter2!@host/db"}' } }],
  ])('%s', (_, fields) => {
    expect(redactorOf(fields)('login with hunter2! failed')).toBe('login with *** failed')
  })

  test('plain words of a file count only where their name says so', () => {
    const redact = redactorOf({ stringData: { env: 'STAGE=production\nDB_PASSWORD=swordfish\n' } })
    expect(redact('production: swordfish')).toBe('production: ***')
  })
})
