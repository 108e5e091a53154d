import { randomBytes } from 'node:crypto'
import { Decrypter, Encrypter } from 'age-encryption'
import { AgeError } from './age-error.ts'
import type { AgeIdentity } from './age-keys.ts'
import {
  type ByteTransform,
  decryptPayload,
  encryptPayload,
  NONCE_BYTES,
  payloadKey,
  TAG_BYTES,
} from './age-payload.ts'

/**
 * Files of https://age-encryption.org/v1, as the `age` program reads and writes them. Headers, which hold the public-key
 * part, are the package's; payloads, which hold the bulk, go through node:crypto, several times as fast.
 */
export type AgeEncrypter = ByteTransform

export interface AgeDecrypter {
  /** Authenticated bytes only. After an error every further call throws. */
  update(chunk: Uint8Array): Promise<Buffer>
  /** Must be called: it alone finds that the end is missing. */
  final(): Promise<Buffer>
}

const NOTHING = Buffer.alloc(0)

/** Some hundred recipients of the longest kind. */
const MAX_HEADER_BYTES = 1024 * 1024

/**
 * Encrypts one file, header first.
 *
 * @param recipients of `parseRecipients` or `recipientOf`, at least one
 */
export async function createEncrypter(recipients: readonly string[]): Promise<AgeEncrypter> {
  const { header, fileKey } = await newHeader(recipients)
  const nonce = randomBytes(NONCE_BYTES)
  const payload = encryptPayload(payloadKey(fileKey, nonce))
  let head = Buffer.concat([header, nonce])
  const behindHead = (bytes: Buffer): Buffer => {
    if (head.length === 0) return bytes
    const all = Buffer.concat([head, bytes])
    head = NOTHING
    return all
  }
  return {
    update: (chunk) => behindHead(payload.update(chunk)),
    final: () => behindHead(payload.final()),
  }
}

async function newHeader(recipients: readonly string[]): Promise<{ header: Uint8Array; fileKey: Uint8Array }> {
  if (recipients.length === 0) throw new RangeError('an age file needs a recipient')
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  // The package shows its file key only to recipients: this one keeps it and adds nothing to the header.
  const keys: Uint8Array[] = []
  encrypter.addRecipient({
    wrapFileKey(key) {
      keys.push(Uint8Array.from(key))
      return []
    },
  })
  const emptyFile = await encrypter.encrypt(new Uint8Array())
  const [fileKey] = keys
  if (fileKey === undefined) throw new Error('the package has shown no file key')
  return { header: emptyFile.subarray(0, emptyFile.length - NONCE_BYTES - TAG_BYTES), fileKey }
}

/**
 * Decrypts one file.
 *
 * @param identities of `parseIdentities` or `deriveIdentity`
 * @throws AgeError from `update` and `final`
 */
export function createDecrypter(identities: readonly AgeIdentity[]): AgeDecrypter {
  let head = NOTHING
  let payload: ByteTransform | undefined
  return {
    async update(chunk) {
      if (payload) return payload.update(chunk)
      head = Buffer.concat([head, chunk])
      const size = headerSize(head)
      if (size === undefined || head.length < size + NONCE_BYTES) return NOTHING
      const fileKey = await unwrapFileKey(head.subarray(0, size), identities)
      payload = decryptPayload(payloadKey(fileKey, head.subarray(size, size + NONCE_BYTES)))
      return payload.update(head.subarray(size + NONCE_BYTES))
    },
    async final() {
      if (payload === undefined) throw new AgeError('corrupt', 'it is no age file, or only the beginning of one')
      return payload.final()
    },
  }
}

/** A header ends with the line that begins with `---`; `undefined` while that isn't there. */
function headerSize(head: Buffer): number | undefined {
  const lastLine = head.indexOf('\n--- ')
  const end = lastLine === -1 ? -1 : head.indexOf('\n', lastLine + 1)
  if (end !== -1) return end + 1
  if (head.length > MAX_HEADER_BYTES) throw new AgeError('corrupt', 'it is no age file')
  return undefined
}

async function unwrapFileKey(header: Uint8Array, identities: readonly AgeIdentity[]): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  // Identities are asked in their order, so this one only when no other fits.
  decrypter.addIdentity({
    unwrapFileKey() {
      throw new AgeError('wrong-key', 'it is encrypted for other recipients')
    },
  })
  try {
    return await decrypter.decryptHeader(header)
  } catch (cause) {
    if (cause instanceof AgeError) throw cause
    throw new AgeError('corrupt', 'its header is damaged', { cause })
  }
}
