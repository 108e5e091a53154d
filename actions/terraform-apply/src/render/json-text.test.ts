import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { jsonLines } from './json-text.ts'

test('one member per line, as JSON.stringify indents, without commas', () => {
  fc.assert(
    fc.property(fc.oneof(fc.object(), fc.array(fc.jsonValue())), (value) => {
      const json = JSON.stringify(value)
      const expected = JSON.stringify(JSON.parse(json), null, 2)
        .split('\n')
        .map((line) => line.replace(/,$/, ''))
      expect(jsonLines(json)).toEqual(expected)
    }),
  )
})

test('duplicate keys, order and the digits of numbers stay as they are', () => {
  expect(jsonLines('{"b":1,"a":12345678901234567890,"b":1.0}')).toEqual([
    '{',
    '  "b": 1',
    '  "a": 12345678901234567890',
    '  "b": 1.0',
    '}',
  ])
})

test.each(['', 'text', '"string"', '12', '{"a":', '[1,]', '{a = 1}'])('%j is no JSON object or array', (text) => {
  expect(jsonLines(text)).toBeUndefined()
})
