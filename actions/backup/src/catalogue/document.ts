import { canonicalJson, equalInConstantTime, keyedDigest } from '../../../../lib/crypto/fingerprint.ts'
import { deriveKey } from '../../../../lib/crypto/keys.ts'
import { type Check, ShapeError } from './shape.ts'

/** JSON documents of a bucket: canonical, on one line, with an HMAC-SHA256 over all the rest of them. */

/** Authenticates them; absent where there is no index key. */
export type CatalogueKey = Uint8Array | undefined

/** @param indexKey at least 32 bytes of UTF-8 */
export function catalogueKey(indexKey: string | undefined): CatalogueKey {
  return indexKey === undefined ? undefined : deriveKey(indexKey, 'ondol/backup/catalogue/v1')
}

interface Document {
  format: string
  version: number
  mac?: string
}

/** A document that can't be used. The message is a clause about "it". */
export class DamagedDocument extends Error {
  override readonly name: string = 'DamagedDocument'
}

/** One that is well-formed, and that the index key doesn't prove. */
export class ForeignDocument extends DamagedDocument {
  override readonly name = 'ForeignDocument'
}

/** With its mac, and its bytes. */
export function writeDocument<T extends Document>(document: T, key: CatalogueKey): { document: T; bytes: Buffer } {
  const { mac: _, ...unsigned } = document
  const signed = (key ? { ...unsigned, mac: keyedDigest(key, canonicalJson(unsigned)) } : unsigned) as T
  return { document: signed, bytes: Buffer.from(`${canonicalJson(signed)}\n`) }
}

/**
 * @param format what its `format` must be, in version 1
 * @param check throws a ShapeError unless it is a T
 * @throws DamagedDocument; with a key also when there is no mac: who could remove it could change all the rest
 */
export function readDocument<T extends Document>(bytes: Buffer, format: string, check: Check, key: CatalogueKey): T {
  const value = parse(bytes)
  requireVersion(value, format)
  try {
    check(value, format)
  } catch (error) {
    throw error instanceof ShapeError ? new DamagedDocument(error.message) : error
  }
  const document = value as T
  if (key) requireMac(document, key)
  return document
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // Without the parser's words, which quote what stands there.
    throw new DamagedDocument('it is no JSON, or only a part of it')
  }
}

function requireVersion(value: unknown, format: string): void {
  const { format: found, version } = (value ?? {}) as { format?: unknown; version?: unknown }
  if (found !== format) throw new DamagedDocument(`it is no ${format}`)
  if (version === 1) return
  const told = Number.isSafeInteger(version) ? `${format} ${version}` : `${format} of an unknown version`
  throw new DamagedDocument(`it is written as ${told}, and this release reads version 1 only`)
}

function requireMac<T extends Document>(document: T, key: Uint8Array): void {
  const { mac, ...unsigned } = document
  if (mac === undefined) throw new ForeignDocument('it has no mac: it was made without an index key, or changed')
  if (!equalInConstantTime(mac, keyedDigest(key, canonicalJson(unsigned)))) {
    throw new ForeignDocument('its mac is not right: it was made with another index key, or changed')
  }
}
