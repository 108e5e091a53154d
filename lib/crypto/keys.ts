import { hkdfSync } from 'node:crypto'

/** A master shorter than this is refused: HKDF separates purposes, it does not make a guessable secret strong. */
export const MIN_MASTER_BYTES = 32

/**
 * One purpose, one key: HKDF-SHA-256 (RFC 5869) without salt, the purpose as `info`, 32 bytes out.
 *
 * @param master the user's secret, at least 32 bytes of UTF-8
 * @param purpose what the key is for, e.g. `ondol/bundle/v1`; keys of two purposes say nothing about each other
 * @throws RangeError when the master is too short (the message never shows it)
 */
export function deriveKey(master: string, purpose: string): Uint8Array {
  const bytes = Buffer.byteLength(master)
  if (bytes < MIN_MASTER_BYTES) {
    throw new RangeError(`the key has ${bytes} bytes; at least ${MIN_MASTER_BYTES} are needed`)
  }
  return new Uint8Array(hkdfSync('sha256', master, '', purpose, 32))
}
