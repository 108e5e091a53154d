import { describe, expect, test } from '@jest/globals'
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { deriveIdentity, parseIdentities, parseRecipients, recipientOf } from './age-keys.ts'

const identity = await generateX25519Identity()
const recipient = await identityToRecipient(identity)
const hybridIdentity = await generateHybridIdentity()
const hybrid = await identityToRecipient(hybridIdentity)
// A point of the P-256 curve whose secret nobody has.
const TAG = 'age1tag1qtx6xq0q4ulwjz2w2vmp2gg5g5k56t8z3auxzdg8cfsa9r5kvs8t6ycf4m7'

describe('parseRecipients', () => {
  test('takes keys of all kinds, comments and blank lines, and drops repetitions', () => {
    expect(parseRecipients(['# of the admins', ` ${recipient} `, '', hybrid, recipient, TAG])).toEqual([
      recipient,
      hybrid,
      TAG,
    ])
  })

  test('may find none', () => {
    expect(parseRecipients(['', '# none'])).toEqual([])
  })

  test.each([
    ['a secret key', identity, 'Line 2 of the recipients is a secret key'],
    ['a secret key in small letters', identity.toLowerCase(), 'is a secret key'],
    ['a secret key behind something', `key: ${hybridIdentity}`, 'is a secret key'],
    ['an SSH key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI', 'is an SSH key'],
    [
      'a key of a plugin',
      'age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t',
      'is no age public key',
    ],
    ['something else', 'hunter2', 'is no age public key'],
  ])('refuses %s by its line and does not repeat it', (_name, line, message) => {
    const parse = () => parseRecipients(['', line])
    expect(parse).toThrow(message)
    expect(parse).toThrow(expect.objectContaining({ reason: 'invalid-input' }))
    expect(parse).not.toThrow(expect.objectContaining({ message: expect.stringContaining(line.slice(5)) }))
  })

  test('refuses one with a single wrong letter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: recipient.length - 1 }), fc.constantFrom(...'qpzry9x8'), (at, letter) => {
        fc.pre(recipient[at] !== letter)
        expect(() => parseRecipients([recipient.slice(0, at) + letter + recipient.slice(at + 1)])).toThrow('Line 1')
      }),
    )
  })
})

describe('parseIdentities', () => {
  test('takes what age-keygen writes', () => {
    const file = `# created: 2026-11-25T02:17:00Z\r\n# public key: ${recipient}\r\n${identity}\r\n\n${hybridIdentity}\n`
    expect(parseIdentities(file)).toEqual([identity, hybridIdentity])
  })

  test.each([
    ['a changed key', identity.replace(/.$/, identity.endsWith('Q') ? 'P' : 'Q')],
    ['a public key', recipient],
    ['an encrypted file', 'age-encryption.org/v1'],
  ])('refuses %s without repeating it, causes included', (_name, line) => {
    let caught: unknown
    try {
      parseIdentities(`${identity}\n${line}`)
    } catch (error) {
      caught = error
    }
    expect(caught).toMatchObject({
      reason: 'invalid-input',
      message: expect.stringContaining('Line 2'),
      cause: undefined,
    })
    expect(String((caught as Error).stack)).not.toContain(line.slice(0, 30))
  })

  test('refuses a text without any', () => {
    expect(() => parseIdentities('# empty\n')).toThrow('holds no age secret key')
  })
})

describe('deriveIdentity', () => {
  const secret = 'an index key of at least 32 bytes'

  test('is the same every time and another for another secret or purpose', async () => {
    const derive = async (from: string, purpose: string) => await recipientOf(await deriveIdentity(from, purpose))
    const first = await derive(secret, 'one')
    expect(await derive(secret, 'one')).toBe(first)
    expect(parseRecipients([first])).toEqual([first])
    expect(new Set([first, await derive(secret, 'two'), await derive(`${secret}!`, 'one')]).size).toBe(3)
  })

  test('is this key for this secret: what was encrypted for it must open in later releases', async () => {
    expect(await recipientOf(await deriveIdentity(secret, 'one'))).toBe(
      'age19v6nyqlr4tsrsj966a3pxmwtn0n24ml3qkqqxzy4elz48junwcaqlem0kx',
    )
  })

  test('refuses a short secret', async () => {
    await expect(deriveIdentity('short', 'one')).rejects.toThrow('at least 32')
  })
})
