import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { AgeError } from './age-error.ts'

/** The payload of an age file after https://age-encryption.org/v1: a nonce, then chunks, each with a tag of its own. */
export const NONCE_BYTES = 16
export const TAG_BYTES = 16
const CHUNK_BYTES = 64 * 1024
const ALGORITHM = 'chacha20-poly1305'

/** Bytes in, bytes out, in order; what `update` doesn't give yet comes with a later one or with `final`. */
export interface ByteTransform {
  /** Keeps nothing of `chunk`. */
  update(chunk: Uint8Array): Buffer
  final(): Buffer
}

export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', 32))
}

/** @param key of `payloadKey` */
export function encryptPayload(key: Uint8Array): ByteTransform {
  return inChunks(CHUNK_BYTES, (chunk, index, isLast) => {
    const cipher = createCipheriv(ALGORITHM, key, chunkNonce(index, isLast), { authTagLength: TAG_BYTES })
    return [cipher.update(chunk), cipher.final(), cipher.getAuthTag()]
  })
}

/**
 * Gives out a chunk only once its tag was found right. After an error every further call throws it again.
 *
 * @param key of `payloadKey`
 * @throws AgeError `corrupt` for a chunk that was changed, and for a payload that was cut, lengthened or put together anew
 */
export function decryptPayload(key: Uint8Array): ByteTransform {
  let failure: AgeError | undefined
  return inChunks(CHUNK_BYTES + TAG_BYTES, (chunk, index, isLast) => {
    if (failure) throw failure
    const plain = openChunk(key, chunk, chunkNonce(index, isLast))
    // Only the first chunk may be the last and empty: otherwise one content would have two encodings.
    if (plain !== undefined && (plain.length > 0 || index === 0)) return [plain]
    failure = new AgeError('corrupt', isLast ? 'its end is damaged or missing' : 'it is damaged')
    throw failure
  })
}

/** `undefined` when the tag isn't right. */
function openChunk(key: Uint8Array, chunk: Uint8Array, nonce: Uint8Array): Buffer | undefined {
  if (chunk.length < TAG_BYTES) return undefined
  const tagStart = chunk.length - TAG_BYTES
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(chunk.subarray(tagStart))
  const plain = decipher.update(chunk.subarray(0, tagStart))
  try {
    decipher.final()
    return plain
  } catch {
    return undefined
  }
}

/** The chunk's number in 11 bytes, big-endian; six of them are enough for 2^64 bytes of content. Then 1 for the last one. */
function chunkNonce(index: number, isLast: boolean): Uint8Array {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(index, 5, 6)
  nonce.writeUInt8(isLast ? 1 : 0, 11)
  return nonce
}

/** Cuts a stream into chunks. A full one waits until another byte follows, because the last one is treated differently. */
function inChunks(size: number, work: (chunk: Buffer, index: number, isLast: boolean) => Buffer[]): ByteTransform {
  const waiting = Buffer.allocUnsafe(size)
  let length = 0
  let index = 0
  return {
    update(bytes) {
      const out: Buffer[] = []
      let taken = 0
      while (taken < bytes.length) {
        if (length === size) {
          out.push(...work(waiting, index, false))
          index++
          length = 0
        }
        const end = Math.min(bytes.length, taken + size - length)
        waiting.set(bytes.subarray(taken, end), length)
        length += end - taken
        taken = end
      }
      return Buffer.concat(out)
    },
    final: () => Buffer.concat(work(waiting.subarray(0, length), index, true)),
  }
}
