import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { quote } from './quote.ts'

const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '').toWellFormed())

test('sh hands every text on as it is', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
      const output = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(quote).join(' ')}`])
      expect(output.toString().split('\0').slice(0, -1)).toEqual(words)
    }),
    { numRuns: 20 },
  )
})

test('a NUL is refused', () => {
  expect(() => quote('a\0b')).toThrow('holds a NUL')
})
