import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createMasker } from './masker.ts'

function mask(text: string, ...secrets: string[]): string {
  const masker = createMasker()
  for (const secret of secrets) masker.add(secret)
  return masker.mask(text)
}

describe('masker', () => {
  test.each([
    ['a secret1 b secret1', ['secret1'], 'a *** b ***'],
    ['abcdef', ['abcd', 'cdef'], '***'],
    ['abcdef', ['abc', 'def'], '***'],
    ['abcxdef', ['abc', 'def'], '***x***'],
    ['aaaa-', ['aa'], '***-'],
    ['line one / line two', ['line one\nline two\n'], '*** / ***'],
    ['nothing', ['', ' ', '\n'], 'nothing'],
  ])('%j without %j', (text, secrets, masked) => {
    expect(mask(text, ...secrets)).toBe(masked)
  })

  const secret = `pass"word<&>'1`
  test.each([
    ['JSON', JSON.stringify(secret).slice(1, -1)],
    ['a URI', encodeURIComponent(secret)],
    ['XML', 'pass&quot;word&lt;&amp;&gt;&apos;1'],
    ['base64', Buffer.from(secret).toString('base64')],
    ['base64 behind one byte', Buffer.from(secret).subarray(2).toString('base64')],
  ])('knows it in %s', (_, form) => {
    expect(mask(`[${form}]`, secret)).toBe('[***]')
  })

  test('no secret is left in any text', () => {
    const word = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', '=') })
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 4 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '=', ' ') }),
        (secrets, text) => {
          const masked = mask(text, ...secrets)
          for (const one of secrets) expect(masked).not.toContain(one)
        },
      ),
    )
  })
})
