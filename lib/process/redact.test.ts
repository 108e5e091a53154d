import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createNeedles } from './needles.ts'
import { createRedactor } from './redact.ts'

const SECRET = 'S3cr&t/v="lue" ü+1'

function redacting(...secrets: string[]) {
  const redact = createRedactor()
  secrets.forEach(redact.add)
  return redact
}

describe('forms of a secret', () => {
  const json = JSON.stringify(SECRET)
  test.each([
    ['itself', SECRET],
    ['in JSON', json.slice(1, -1)],
    ['in JSON written by Go', json.slice(1, -1).replace('&', '\\u0026')],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in a URL, digits in small letters', encodeURIComponent(SECRET).replace(/%../g, (byte) => byte.toLowerCase())],
    ['in a form', new URLSearchParams({ '': SECRET }).toString().slice(1)],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['in hex, capitals', Buffer.from(SECRET).toString('hex').toUpperCase()],
  ])('%s', (_name, form) => {
    expect(redacting(SECRET)(`a ${form} z`)).toBe('a *** z')
  })

  test('in base64 of both alphabets, wherever the secret stands in the encoded text', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[!-~]{8,40}$/), fc.string(), (before, secret, after) => {
        const redact = redacting(secret)
        const encoded = Buffer.from(before + secret + after)
        for (const form of [encoded.toString('base64'), encoded.toString('base64url')]) {
          expect(redact.has(form)).toBe(true)
          expect(Buffer.from(redact(form).replaceAll('***', ''), 'base64').toString()).not.toContain(secret)
        }
      }),
    )
  })

  test('each line of a multi-line secret that is long enough', () => {
    const redact = redacting('-----BEGIN KEY-----\r\n  c2VjcmV0IQ==\nshort\n-----END KEY-----\n')
    expect(redact('one c2VjcmV0IQ== two short')).toBe('one *** two short')
    expect(redact('-----BEGIN KEY-----\r\n  c2VjcmV0IQ==\nshort\n-----END KEY-----\n')).toBe('***\n')
  })

  test('without the white space around it', () => {
    expect(redacting(' hunter22\n')('password=hunter22;')).toBe('password=***;')
  })
})

describe('what is not hidden', () => {
  test.each(['', 'a', 'true', 'false', 'null', '12345', 'default', 'Enabled', '      '])('%j as a secret', (secret) => {
    const text = `true false null default enabled 12345 a       ${secret}`
    expect(redacting(secret)(text)).toBe(text)
  })

  test('a text without secrets', () => {
    const redact = redacting('abcdef')
    expect(redact('abcde fabcd ef')).toBe('abcde fabcd ef')
    expect(redact.has('abcde')).toBe(false)
    expect(createRedactor()('abcdef')).toBe('abcdef')
  })
})

describe('secrets that meet', () => {
  test('the longest wins', () => {
    expect(redacting('abcdef', 'abcdefghi', 'abcdefgxx')('abcdefghij abcdefgh')).toBe('***j ***gh')
  })

  test('those that overlap go under one mark', () => {
    expect(redacting('abcdef123', '123xyz789')('<abcdef123xyz789>')).toBe('<***>')
  })

  test('nothing of any secret stays, in any text', () => {
    const letters = fc.stringMatching(/^[ab]{6,12}$/)
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1 }), fc.stringMatching(/^[ab]*$/), (secrets, text) => {
        const redacted = redacting(...secrets)(text)
        for (const secret of secrets) expect(redacted).not.toContain(secret)
      }),
    )
  })
})

describe('patterns', () => {
  test('hide what they match, and unite with secrets', () => {
    const redact = createRedactor('[hidden]')
    redact.add('hunter22')
    redact.addPattern(/password=\w+/i)
    redact.addPattern(/x*/)
    expect(redact('PASSWORD=hunter22!')).toBe('[hidden]!')
    expect(redact('PASSWORD=hunter22!')).toBe('[hidden]!')
    expect(redact.has('Password=1')).toBe(true)
    expect(redact.has('pass')).toBe(false)
  })
})

describe('createNeedles', () => {
  test('finds what a naive search finds', () => {
    const word = fc.stringMatching(/^a{5}[ab]{1,5}$/)
    const words = fc.array(word, { maxLength: 8 }).map((some) => some.join(''))
    fc.assert(
      fc.property(fc.array(word), words, (needles, text) => {
        const search = createNeedles()
        needles.forEach(search.add)
        const naive = Array.from(text, (_, start) => {
          const length = Math.max(
            0,
            ...needles.filter((needle) => text.startsWith(needle, start)).map((it) => it.length),
          )
          return { start, end: start + length }
        })
        expect(search.find(text)).toEqual(naive.filter(({ start, end }) => end > start))
      }),
    )
  })

  test('finds what stands in a text, whatever its units are', () => {
    const text = fc.string({ unit: 'binary', minLength: 6, maxLength: 30 })
    fc.assert(
      fc.property(text, text, text, (before, needle, after) => {
        const search = createNeedles()
        search.add(needle)
        const start = (before + needle + after).indexOf(needle)
        expect(search.find(before + needle + after)[0]).toEqual({ start, end: start + needle.length })
      }),
    )
  })

  test('5,000 tokens that start alike over 10 MB take seconds at most', () => {
    const search = createNeedles()
    for (let index = 0; index < 5_000; index++)
      search.add(`eyJhbGciOiJIUzI1NiJ9.${index * 7919}.${'x'.repeat(index % 300)}`)
    const text = 'token eyJhbGciOiJIUzI1NiJ9.unknown and other words of a log line that goes on\n'.repeat(130_000)
    const startedAt = performance.now()
    expect(search.find(text)).toEqual([])
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})
