import { webcrypto } from 'node:crypto'
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption'
import { invalidInput } from '../action/errors.ts'
import { deriveKey } from './keys.ts'

/** What decrypts: `AGE-SECRET-KEY-…`, or a derived X25519 key, which can't be read out. */
export type AgeIdentity = Parameters<typeof identityToRecipient>[0]

/**
 * age public keys, one a line, as in a recipients file of `age -R`: X25519 (`age1…`), post-quantum (`age1pq1…`) and those of
 * tags (`age1tag1…`, `age1tagpq1…`). Blank lines and those that begin with `#` are passed over; a repeated one counts once.
 *
 * @throws UserError `invalid-input` that names the line, never what stands in it: it may be a secret key by mistake
 */
export function parseRecipients(lines: readonly string[]): string[] {
  const recipients = keyLines(lines).map(({ text, number }) => {
    const problem = problemOfRecipient(text)
    if (problem !== undefined) throw invalidInput(`Line ${number} of the recipients ${problem}.`)
    return text
  })
  return [...new Set(recipients)]
}

function problemOfRecipient(text: string): string | undefined {
  if (/AGE-(?:SECRET-KEY|PLUGIN)-/i.test(text)) {
    return 'is a secret key, which must not stand there: give its public key (`age-keygen -y`), and use that secret key no more'
  }
  if (text.startsWith('ssh-')) return 'is an SSH key; only age keys (`age-keygen`) can be used'
  return isAccepted(() => new Encrypter().addRecipient(text))
    ? undefined
    : 'is no age public key: those begin with `age1` and end in a checksum that must be right (keys of plugins can not be used)'
}

/**
 * age secret keys (`AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…`), one a line, as `age-keygen` writes them with its comments.
 *
 * @throws UserError `invalid-input` that names the line, never what stands in it; also when there is no key at all
 */
export function parseIdentities(text: string): string[] {
  const identities = keyLines(text.split('\n')).map(({ text: identity, number }) => {
    if (isAccepted(() => new Decrypter().addIdentity(identity))) return identity
    throw invalidInput(
      `Line ${number} of the identity is no age secret key: those begin with \`AGE-SECRET-KEY-\` and end in a checksum that must be right.`,
    )
  })
  if (identities.length === 0) throw invalidInput('The identity holds no age secret key.')
  return [...new Set(identities)]
}

/** An X25519 key that follows from a secret: the same one every time, and another one for every purpose. See `deriveKey`. */
export async function deriveIdentity(secret: string, purpose: string): Promise<AgeIdentity> {
  const pkcs8 = Buffer.concat([X25519_PKCS8, deriveKey(secret, purpose)])
  const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, { name: 'X25519' }, false, ['deriveBits'])
  // The same class; the package names it as browsers' types do.
  return key as AgeIdentity
}

/** All that stands before the key's 32 bytes: RFC 8410, section 7. */
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** The public key, `age1…`. */
export async function recipientOf(identity: AgeIdentity): Promise<string> {
  return await identityToRecipient(identity)
}

function keyLines(lines: readonly string[]): { text: string; number: number }[] {
  return lines
    .map((line, index) => ({ text: line.trim(), number: index + 1 }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'))
}

/** The package's own error is dropped, because it quotes the key. */
function isAccepted(use: () => void): boolean {
  try {
    use()
    return true
  } catch {
    return false
  }
}
