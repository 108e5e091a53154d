import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parsePairs } from './file-commands.ts'

describe('parsePairs', () => {
  test.each([
    [
      'a=1\nb=x=y\n',
      [
        ['a', '1'],
        ['b', 'x=y'],
      ],
    ],
    ['a<<E\nline\n\n=\nE\n', [['a', 'line\n\n=']]],
    ['a<<E\nE\n', [['a', '']]],
    ['a=<<E\n', [['a', '<<E']]],
    ['a<<=E\nv\n=E\n', [['a', 'v']]],
    ['a<<E\nx\r\nE', [['a', 'x\r']]],
    ['\n\n#k=v\n', [['#k', 'v']]],
    ['a=1\r\n', [['a', '1\r']]],
  ])('%j', (text, pairs) => {
    expect(parsePairs(text)).toEqual({ pairs })
  })

  test.each([
    ['a=1\nno sign\nb=2\n', "Invalid format 'no sign'"],
    ['a=1\n<<E\nv\nE\n', "Invalid format '<<E'. Name must not be empty and delimiter must not be empty"],
    ['a=1\nb<<\nv\n', "Invalid format 'b<<'. Name must not be empty and delimiter must not be empty"],
    ['a=1\nb<<E\nv\nE \n', "Invalid value. Matching delimiter not found 'E'"],
    ['a=1\nb<<E', "Invalid value. Matching delimiter not found 'E'"],
    ['a=1\nb<<E\nv', 'Invalid value. EOF marker missing new line.'],
  ])('%j is an error after its first pair', (text, error) => {
    expect(parsePairs(text)).toEqual({ pairs: [['a', '1']], error })
  })

  test('any value survives in a block whose delimiter is not one of its lines', () => {
    const name = fc.stringMatching(/^[A-Za-z_-]{1,9}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (pairs) => {
        const text = pairs.map(([key, value]) => `${key}<<ghadelimiter\n${value}\nghadelimiter\n`).join('')
        expect(parsePairs(text)).toEqual({ pairs })
      }),
    )
  })
})
