import { createMessage, generateKey, type PrivateKey, readPrivateKey, reformatKey, sign } from 'openpgp'

/** Somebody with a throwaway OpenPGP key. */
export interface Signer {
  /** Armoured. */
  publicKey: string
  /** A detached binary signature. `date`: when it claims to be made. */
  sign(content: Buffer, date?: Date): Promise<Buffer>
  /** The same key with another validity, by self-signatures made at `date`. */
  renewed(validity: Validity): Promise<Signer>
}

/** `keyExpirationTime`: seconds from the making of the key; 0 is for ever. */
export interface Validity {
  date?: Date
  keyExpirationTime?: number
}

const userIDs = [{ name: 'A publisher' }]

export async function createSigner(validity: Validity = {}): Promise<Signer> {
  const { privateKey } = await generateKey({ userIDs, ...validity, format: 'object' })
  return signerWith(privateKey)
}

function signerWith(privateKey: PrivateKey): Signer {
  return {
    publicKey: privateKey.toPublic().armor(),
    async sign(content, date = new Date()) {
      const message = await createMessage({ binary: new Uint8Array(content) })
      const signature = await sign({ message, signingKeys: privateKey, detached: true, format: 'binary', date })
      return Buffer.from(signature as Uint8Array)
    },
    async renewed(validity) {
      const copy = await readPrivateKey({ armoredKey: privateKey.armor() })
      const renewed = await reformatKey({ privateKey: copy, userIDs, ...validity, format: 'object' })
      return signerWith(renewed.privateKey)
    },
  }
}
