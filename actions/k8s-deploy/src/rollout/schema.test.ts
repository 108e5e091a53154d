import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { schemaProblems } from './schema.ts'

const schema = {
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      required: ['size', 'tier'],
      properties: {
        size: { type: 'integer' },
        tier: { type: 'string', enum: ['small', 'big'], default: 'small' },
        port: { 'x-kubernetes-int-or-string': true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        rules: {
          type: 'array',
          items: { type: 'object', required: ['host'], properties: { host: { type: 'string' } } },
        },
        raw: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        share: { type: 'number' },
        on: { type: 'boolean' },
      },
    },
  },
}
const gadget = (spec: unknown): object => ({
  apiVersion: 'lab.example/v1',
  kind: 'Gadget',
  metadata: { name: 'one', labels: { a: 'b' } },
  spec,
})

test('finds nothing wrong with what fits', () => {
  const spec = fc.record(
    {
      size: fc.integer(),
      tier: fc.constantFrom('small', 'big'),
      port: fc.oneof(fc.nat(65_535), fc.string()),
      labels: fc.dictionary(fc.string(), fc.string()),
      rules: fc.array(fc.record({ host: fc.string() })),
      raw: fc.dictionary(fc.string(), fc.jsonValue()),
      share: fc.double({ noNaN: true }),
      on: fc.boolean(),
    },
    { requiredKeys: ['size'] },
  )
  fc.assert(fc.property(spec, (value) => expect(schemaProblems(gadget(value), schema)).toEqual([])))
})

describe('tells what does not fit', () => {
  test.each<[string, unknown, string[]]>([
    ['a wrong type', { size: 'big' }, ['spec.size: must be an integer']],
    ['a fraction', { size: 1.5 }, ['spec.size: must be an integer']],
    ['a missing field, but for one with a default', {}, ['spec.size: is required']],
    ['null for a missing field', { size: null }, ['spec.size: is required']],
    ['an unknown field', { size: 1, sise: 2 }, ['spec.sise: no such field']],
    ['a value outside the list', { size: 1, tier: 'huge' }, ['spec.tier: must be one of "small", "big"']],
    [
      'an item of a list',
      { size: 1, rules: [{ host: 'a' }, { hots: 'b' }] },
      ['spec.rules[1].host: is required', 'spec.rules[1].hots: no such field'],
    ],
    ['a value of a map', { size: 1, labels: { a: 1 } }, ['spec.labels.a: must be a string']],
    ['no port', { size: 1, port: true }, ['spec.port: must be an integer or a string']],
    ['a list for an object', [], ['spec: must be an object']],
    ['a text for a boolean', { size: 1, on: 'yes' }, ['spec.on: must be a boolean']],
  ])('%s', (_, spec, problems) => {
    expect(schemaProblems(gadget(spec), schema)).toEqual(problems)
  })

  test('at most five', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`field${index}`, 1]))
    expect(schemaProblems(gadget({ size: 1, ...many }), schema)).toHaveLength(5)
  })
})

test('a definition without a schema allows everything', () => {
  expect(schemaProblems(gadget({ any: 1 }), undefined)).toEqual([])
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  expect(schemaProblems(gadget({ any: 1 }), open)).toEqual([])
})
