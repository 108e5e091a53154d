import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { canonicalJson } from './fingerprint.ts'

/**
 * A sealed value: magic (8 bytes) · nonce (12) · AES-256-GCM ciphertext of the gzipped plaintext · tag (16).
 * Magic and canonical JSON of the associated data are authenticated and not stored: who opens must know them.
 */
const MAGIC = Buffer.from('ondolsv1')
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = MAGIC.length + NONCE_BYTES
const ALGORITHM = 'aes-256-gcm'

/** What a sealed value is bound to, e.g. repository id, pull request, head SHA. */
export type AssociatedData = Readonly<Record<string, string | number>>

export interface OpenLimits {
  readonly maxSealedBytes: number
  /** Guards against a small sealed value that inflates without end. */
  readonly maxPlaintextBytes: number
}

/** The sealed bytes are not what the holder of this key sealed for this associated data, or exceed a limit. */
export class TamperedError extends Error {
  override readonly name = 'TamperedError'
}

/**
 * Compresses, encrypts and authenticates. The random 96-bit nonce allows 2^32 seals under one key (NIST SP 800-38D §8.3).
 * The length of the result tells how well the plaintext compresses: replace secrets before sealing.
 *
 * @param key 32 bytes
 */
export function seal(key: Uint8Array, plaintext: Uint8Array | string, associatedData: AssociatedData): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(authenticated(associatedData))
  const ciphertext = [cipher.update(gzipSync(plaintext)), cipher.final()]
  return Buffer.concat([MAGIC, nonce, ...ciphertext, cipher.getAuthTag()])
}

/**
 * The plaintext, whole or not at all.
 *
 * @throws TamperedError for a wrong magic, a truncated or altered value, another key, other associated data, or a size
 *   over a limit
 */
export function open(
  key: Uint8Array,
  sealed: Uint8Array,
  associatedData: AssociatedData,
  limits: OpenLimits,
): Uint8Array {
  if (sealed.length > limits.maxSealedBytes) {
    throw new TamperedError(
      `the sealed value has ${sealed.length} bytes; at most ${limits.maxSealedBytes} are accepted`,
    )
  }
  if (sealed.length < HEADER_BYTES + TAG_BYTES || !MAGIC.equals(sealed.subarray(0, MAGIC.length))) {
    throw new TamperedError('these bytes are not a sealed value, or only a part of one')
  }
  return inflate(decrypt(key, sealed, associatedData), limits.maxPlaintextBytes)
}

function decrypt(key: Uint8Array, sealed: Uint8Array, associatedData: AssociatedData): Uint8Array {
  const tagStart = sealed.length - TAG_BYTES
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(MAGIC.length, HEADER_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(authenticated(associatedData)).setAuthTag(sealed.subarray(tagStart))
  const plaintext = decipher.update(sealed.subarray(HEADER_BYTES, tagStart))
  try {
    return Buffer.concat([plaintext, decipher.final()])
  } catch (cause) {
    throw new TamperedError('the sealed value was altered, or sealed under another key or for another purpose', {
      cause,
    })
  }
}

function inflate(compressed: Uint8Array, maxOutputLength: number): Uint8Array {
  try {
    return gunzipSync(compressed, { maxOutputLength })
  } catch (cause) {
    throw new TamperedError(`the sealed value does not unpack within ${maxOutputLength} bytes`, { cause })
  }
}

function authenticated(associatedData: AssociatedData): Buffer {
  return Buffer.concat([MAGIC, Buffer.from(canonicalJson(associatedData))])
}
