import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseJsonExact } from '../../../../lib/crypto/exact-json.ts'
import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import { isSame, type Json } from './json.ts'

test('values are the same exactly when their canonical texts are', () => {
  const pair = fc.oneof(
    fc.tuple(fc.jsonValue(), fc.jsonValue()),
    fc.jsonValue().map((value) => [value, JSON.parse(JSON.stringify(value))]),
  )
  fc.assert(
    fc.property(pair, ([one, other]) => {
      expect(isSame(one as Json, other as Json)).toBe(canonicalJson(one) === canonicalJson(other))
    }),
  )
})

test.each([
  ['{"a":1,"b":[2]}', '{"b":[2],"a":1}', true],
  ['{"a":null}', '{"b":null}', false],
  ['[]', '{}', false],
  ['{"0":1}', '[1]', false],
  ['12345678901234567890', '12345678901234567891', false],
  ['12345678901234567890', '12345678901234567890.0', true],
  ['12345678901234567890', '{"$number":"12345678901234567890"}', false],
  ['{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}', false],
  ['null', '{}', false],
])('%s and %s: %p', (one, other, same) => {
  expect(isSame(parseJsonExact(one) as Json, parseJsonExact(other) as Json)).toBe(same)
  expect(isSame(parseJsonExact(other) as Json, parseJsonExact(one) as Json)).toBe(same)
})
