import { createDecrypter, createEncrypter } from '../../../../lib/crypto/age.ts'
import type { AgeIdentity } from '../../../../lib/crypto/age-keys.ts'
import type { Compression } from './zstd.ts'

/** How objects are written: compressed, then encrypted for the recipients. */
export interface Sealing extends Compression {
  /** age public keys. */
  recipients: readonly string[] | 'none'
}

/** What opens them again. */
export type Identities = readonly AgeIdentity[] | 'none'

interface Encrypter {
  update(chunk: Buffer): Buffer
  final(): Buffer
}

interface Decrypter {
  update(chunk: Buffer): Promise<Buffer>
  final(): Promise<Buffer>
}

const NOTHING = Buffer.alloc(0)

export async function encrypterFor(recipients: Sealing['recipients']): Promise<Encrypter> {
  return recipients === 'none' ? { update: (chunk) => chunk, final: () => NOTHING } : await createEncrypter(recipients)
}

export function decrypterFor(identities: Identities): Decrypter {
  return identities === 'none'
    ? { update: async (chunk) => chunk, final: async () => NOTHING }
    : createDecrypter(identities)
}
