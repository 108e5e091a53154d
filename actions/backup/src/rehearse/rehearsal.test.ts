import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { parseRehearsal, shortfall } from './rehearsal.ts'

const refused = (message: RegExp) =>
  expect.objectContaining({ reason: 'invalid-input', message: expect.stringMatching(message) })

test('places, assertions and goals', () => {
  const rehearsal = parseRehearsal(
    parse(`
to: [/tmp/scratch, 'env:SCRATCH', 'mysql://root:pw@127.0.0.1/empty']
assert:
  - { sql: select count(*) from orders, min: 10, max: 20 }
  - { command: [test, -s, etc/hosts] }
  - { http: 'http://127.0.0.1:8080/healthz', matches: '^ok' }
  - { sql: select 1, equals: 1 }
database: shop
max-rto: 30m
max-rpo: 26h
`),
    { SCRATCH: 'postgres://u:pw@127.0.0.1/empty' },
  )
  expect(rehearsal).toEqual({
    to: [
      { kind: 'folder', path: '/tmp/scratch' },
      { kind: 'postgres', url: 'postgres://u:pw@127.0.0.1/empty' },
      { kind: 'mysql', url: 'mysql://root:pw@127.0.0.1/empty' },
    ],
    database: 'shop',
    assertions: [
      { kind: 'sql', query: 'select count(*) from orders', expected: { min: 10, max: 20 } },
      { kind: 'command', argv: ['test', '-s', 'etc/hosts'], expected: {} },
      { kind: 'http', url: 'http://127.0.0.1:8080/healthz', expected: { matches: /^ok/u } },
      { kind: 'sql', query: 'select 1', expected: { equals: '1' } },
    ],
    maxRto: 1_800_000,
    maxRpo: 93_600_000,
  })
})

test.each<[string, RegExp]>([
  ['{}', /a to that can't be used/],
  ['{ to: relative }', /a to that can't be used/],
  ['{ to: "redis://hunter2@h" }', /a to that can't be used/],
  ['{ to: "env:MISSING" }', /names the variable "MISSING"/],
  ['{ to: [/a, /b] }', /two places of the kind folder/],
  ['{ to: /a, asert: [] }', /unknown key "asert"/],
  ['{ to: /a, assert: {} }', /assert that is no list/],
  ['{ to: /a, assert: [x] }', /^Assertion 1 .* isn't a map/],
  ['{ to: /a, assert: [{ sql: a, http: b }] }', /exactly one of/],
  ['{ to: /a, assert: [{ sql: "" }] }', /can't be used/],
  ['{ to: /a, assert: [{ command: "ls -l" }] }', /can't be used/],
  ['{ to: /a, assert: [{ http: "file:///etc/passwd" }] }', /can't be used/],
  ['{ to: /a, assert: [{ sql: a, min: many }] }', /a min that is no number/],
  ['{ to: /a, assert: [{ sql: a, matches: "(" }] }', /no regular expression/],
  ['{ to: /a, assert: [{ sql: a, equal: 1 }] }', /unknown key "equal"/],
  ['{ to: /a, database: [a] }', /a database that is no name/],
  ['{ to: /a, max-rto: soon }', /a max-rto that can't be used/],
])('%s is refused', (text, message) => {
  const attempt = () => parseRehearsal(parse(text) as Record<string, unknown>, {})
  expect(attempt).toThrow(refused(message))
  expect(attempt).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') }))
})

test.each<[string, Parameters<typeof shortfall>[1], string | undefined]>([
  ['12', { min: 10, max: 20 }, undefined],
  ['9', { min: 10 }, 'is less than 10'],
  ['21', { max: 20 }, 'is more than 20'],
  ['', { min: 0 }, 'is no number'],
  ['many', { max: 3 }, 'is no number'],
  ['1', { equals: '1' }, undefined],
  ['1.0', { equals: '1' }, 'is not "1"'],
  ['ok, all', { matches: /^ok/u }, undefined],
  ['not ok', { matches: /^ok/u }, "doesn't match ^ok"],
  ['', {}, undefined],
])('%j with %j', (actual, expected, words) => {
  expect(shortfall(actual, expected)).toBe(words)
})
