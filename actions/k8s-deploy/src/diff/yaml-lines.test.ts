import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'
import { yamlLines } from './yaml-lines.ts'

const textOf = (object: Record<string, unknown>): string =>
  `${yamlLines(object)
    .map(({ text }) => text)
    .join('\n')}\n`

const words = fc.constantFrom(
  'yes',
  'null',
  '1e3',
  '0x1f',
  '12:30',
  '- a',
  'a: b',
  '# c',
  '"',
  "'",
  '{}',
  '',
  ' ',
  '2026-01-01',
  '*a',
  '&b',
  '!c',
  '%d',
  '@e',
  '|',
  '>',
)
const line = fc.oneof(fc.string({ maxLength: 12 }), words)
const text = fc.oneof(
  line,
  fc.array(line, { minLength: 2, maxLength: 5 }).map((lines) => lines.join('\n')),
)

test('reads back as the object that it shows', () => {
  const json = fc.object({
    key: line,
    values: [text, fc.integer(), fc.boolean(), fc.constant(null)],
    withNullPrototype: false,
  })
  fc.assert(
    fc.property(json, (object) => {
      expect(parse(textOf({ data: object }))).toEqual({ data: object })
    }),
    { numRuns: 500 },
  )
})

test('has the layout of kubectl, with names first', () => {
  const object = {
    spec: { containers: [{ image: 'a:1', name: 'web', args: ['--on', 'yes'] }], matrix: [[1, 2]] },
    metadata: { labels: {}, name: 'web' },
    kind: 'Pod',
    apiVersion: 'v1',
  }
  expect(textOf(object)).toBe(`apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {}
spec:
  containers:
  - name: web
    args:
    - --on
    - "yes"
    image: a:1
  matrix:
  - - 1
    - 2
`)
})

test('each line knows where it stands', () => {
  const places = yamlLines({ data: { 'a.conf': 'x\ny' }, list: [{ name: 'web', port: 1 }, { port: 2 }] }).map(
    ({ path, number }) => (number === undefined ? path : `${path} ${number}`),
  )
  expect(places).toEqual(['', 'data', 'data["a.conf"] 1', 'data["a.conf"] 2', '', 'list[web]', 'list[web]', 'list[1]'])
})
