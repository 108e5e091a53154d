import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { keyedDigest } from '../crypto/fingerprint.ts'
import { readMarker, type Signer, writeMarker } from './marker.ts'

const signer =
  (key: string): Signer =>
  (text) =>
    keyedDigest(Buffer.from(key), text)
const sign = signer('one')
const marker = { kind: 'waf-check', fields: { key: 'prod', note: 'a --> b\n<!-- & 온돌' } }

test('what was written is read again, whatever follows it', () => {
  const anyFields = fc.dictionary(fc.string(), fc.string())
  fc.assert(
    fc.property(anyFields, fc.string(), fc.constantFrom(sign, undefined), (fields, text, signed) => {
      const line = writeMarker({ kind: 'k', fields }, signed)
      for (const body of [line, `${line}\n${text}`, `${line}\r\n${text}`]) {
        expect(readMarker(body, signed)).toEqual({ kind: 'k', fields })
      }
    }),
  )
})

test('a kind may have digits, as k8s-deploy does', () => {
  const line = writeMarker({ kind: 'k8s-deploy', fields: {} }, undefined)
  expect(readMarker(line, undefined)).toEqual({ kind: 'k8s-deploy', fields: {} })
})

test('no field ends the HTML comment early, or its line', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (fields) => {
      const line = writeMarker({ kind: 'k', fields }, sign)
      expect(line).toMatch(/^<!-- [\w: -]* -->$/)
      expect(line.indexOf('-->')).toBe(line.length - 3)
    }),
  )
})

describe('nothing else is a marker', () => {
  const line = writeMarker(marker, sign)

  test.each([
    ['nothing', ''],
    ['text', 'A comment.'],
    ['a marker on the second line', `\n${line}`],
    ['a marker after a blank', ` ${line}`],
    ['a marker in a line', `${line} and`],
    ['a marker in a quotation', `> ${line}`],
    ['fields that are no JSON', line.replace(/ [\w-]+ (?=[0-9a-f]{64})/, ' AAAA ')],
  ])('%s', (_what, body) => {
    expect(readMarker(body, sign)).toBeUndefined()
    expect(readMarker(body, undefined)).toBeUndefined()
  })

  test.each([
    ['another key', line, signer('two')],
    ['no signature', writeMarker(marker, undefined), sign],
    ['another kind', line.replace('waf-check', 'backup'), sign],
    ['fields altered', line.replace(/(ondol:waf-check ...)./, '$1A'), sign],
    [
      'the signature of another marker',
      `${line.slice(0, -68)}${writeMarker({ kind: 'x', fields: {} }, sign).slice(-68)}`,
      sign,
    ],
  ])('for one who has a key: %s', (_what, body, own) => {
    expect(body).toMatch(/^<!-- ondol:/)
    expect(readMarker(body, own)).toBeUndefined()
  })

  test.each(['null', '1', '"text"', '{"key":1}', '{"key":null}', '{"key":{"a":"b"}}', '[["a"]]'])(
    'fields of another shape: %s',
    (json) => {
      const fields = Buffer.from(json).toString('base64url')
      expect(readMarker(`<!-- ondol:k ${fields} ${sign(`k ${fields}`)} -->`, sign)).toBeUndefined()
    },
  )
})
