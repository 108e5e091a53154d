import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readEvent } from './stream.ts'

describe('a recorded apply of one resource that fails and one that does not', () => {
  const lines = readFileSync(join(import.meta.dirname, 'fixtures/apply.jsonl'), 'utf8')
    .trim()
    .split('\n')
  const events = lines.map(readEvent)

  test('resources start and end', () => {
    const steps = events.flatMap((event) =>
      event.kind === 'resource' ? [`${event.address} ${event.action} ${event.phase}`] : [],
    )
    expect(steps).toEqual([
      'terraform_data.bad create started',
      'terraform_data.good create started',
      'terraform_data.bad create failed',
      'terraform_data.good create done',
    ])
  })

  test('diagnostics point to their place', () => {
    expect(events.flatMap((event) => (event.kind === 'diagnostic' ? [event] : []))).toEqual([
      {
        kind: 'diagnostic',
        text: 'Warning: Check block assertion failed',
        diagnostic: {
          severity: 'warning',
          summary: 'Check block assertion failed',
          detail: 'The size is 1.',
          file: 'main.tf',
          line: 19,
          endLine: 19,
          column: 21,
          endColumn: 33,
          code: '    condition     = var.size > 1',
        },
      },
      {
        kind: 'diagnostic',
        text: 'Error: local-exec provisioner error',
        diagnostic: {
          severity: 'error',
          summary: 'local-exec provisioner error',
          detail: "Error running command 'exit 3': exit status 3. Output: ",
          address: 'terraform_data.bad',
          file: 'main.tf',
          line: 12,
          endLine: 12,
          column: 28,
          endColumn: 29,
          code: '  provisioner "local-exec" {',
        },
      },
    ])
  })

  test('all the rest are messages for people', () => {
    const texts = events.map(({ text }) => text)
    expect(texts[0]).toBe('Terraform 1.11.4')
    expect(texts).toContain('terraform_data.good: (local-exec): ::set-output name=x::y')
    expect(texts.filter((text) => text.startsWith('{'))).toEqual([])
  })
})

test("OpenTofu's stream, which tells the plan again before the apply, has the same events", () => {
  const resource = '{"addr":"terraform_data.a","module":"","resource":"terraform_data.a","resource_key":null}'
  const lines = [
    '{"@level":"info","@message":"OpenTofu 1.12.6","@module":"tofu.ui","tofu":"1.12.6","type":"version","ui":"1.2"}',
    `{"@message":"terraform_data.a: Plan to delete","change":{"resource":${resource},"action":"delete"},"type":"planned_change"}`,
    `{"@message":"terraform_data.a: Destroying...","hook":{"resource":${resource},"action":"delete","id_key":"id"},"type":"apply_start"}`,
    `{"@message":"terraform_data.a: Destruction complete after 0s","hook":{"resource":${resource},"action":"delete","elapsed_seconds":0},"type":"apply_complete"}`,
    '{"@message":"Apply complete!","changes":{"add":0,"remove":1,"forget":0,"operation":"apply"},"type":"change_summary"}',
  ]
  expect(lines.map(readEvent)).toMatchObject([
    { kind: 'message', text: 'OpenTofu 1.12.6' },
    { kind: 'message', text: 'terraform_data.a: Plan to delete' },
    { kind: 'resource', address: 'terraform_data.a', action: 'delete', phase: 'started' },
    { kind: 'resource', address: 'terraform_data.a', action: 'delete', phase: 'done' },
    { kind: 'message', text: 'Apply complete!' },
  ])
})

test('progress tells the seconds', () => {
  const hook = { resource: { addr: 'a.b["c"]' }, action: 'create', elapsed_seconds: 10 }
  expect(readEvent(JSON.stringify({ type: 'apply_progress', '@message': 'a.b: Still creating...', hook }))).toEqual({
    kind: 'resource',
    address: 'a.b["c"]',
    action: 'create',
    phase: 'progress',
    seconds: 10,
    text: 'a.b: Still creating...',
  })
})

test.each([
  '',
  'plain text of a provider',
  '{ not json',
  '{}',
  '{"type":"apply_start"}',
  '{"type":"apply_start","hook":{}}',
  '{"type":"diagnostic"}',
  '{"type":"something_new","hook":{"resource":{"addr":"a.b"}}}',
  '{"type":"constructor","hook":{"resource":{"addr":"a.b"}}}',
  ' {"type":"diagnostic","diagnostic":{"severity":"error"}}',
])('a message: %s', (line) => {
  expect(readEvent(line)).toEqual({ kind: 'message', text: line })
})

test('any line is some event with some text', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ type: fc.constantFrom('diagnostic', 'apply_start'), '@message': fc.string() })
      .map((line) => JSON.stringify(line)),
  )
  fc.assert(
    fc.property(anything, (line) => {
      expect(typeof readEvent(line).text).toBe('string')
    }),
    { numRuns: 300 },
  )
})
