import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const ALGORITHMS = ['sha256', 'crc32', 'crc64nvme'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** S3's checksum of bytes: Base64 of the digest, big-endian for the CRCs. */
export function checksumOf(algorithm: Algorithm, bytes: Uint8Array): string {
  return digestOf(algorithm, bytes).toString('base64')
}

/** The composite checksum of a multipart upload: that of its parts' digests, and how many there are. */
export function compositeOf(algorithm: Algorithm, checksums: readonly string[]): string {
  const digests = Buffer.concat(checksums.map((checksum) => Buffer.from(checksum, 'base64')))
  return `${checksumOf(algorithm, digests)}-${checksums.length}`
}

export function md5Hex(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** The ETag of a multipart upload: MD5 of its parts' MD5s. */
export function compositeEtag(etags: readonly string[]): string {
  return `${md5Hex(Buffer.from(etags.join(''), 'hex'))}-${etags.length}`
}

function digestOf(algorithm: Algorithm, bytes: Uint8Array): Buffer {
  if (algorithm === 'sha256') return createHash('sha256').update(bytes).digest()
  const digest = Buffer.alloc(algorithm === 'crc32' ? 4 : 8)
  if (algorithm === 'crc32') digest.writeUInt32BE(crc32(bytes))
  else digest.writeBigUInt64BE(crc64nvme(bytes))
  return digest
}

/** CRC-64/NVME ("NVM Express NVM Command Set Specification", reflected polynomial 0x9a6c9329ac4bc9b5). */
function crc64nvme(bytes: Uint8Array): bigint {
  let crc = 0xffffffffffffffffn
  for (const byte of bytes) crc = (CRC64_TABLE[Number((crc ^ BigInt(byte)) & 0xffn)] ?? 0n) ^ (crc >> 8n)
  return crc ^ 0xffffffffffffffffn
}

const CRC64_TABLE = Array.from({ length: 256 }, (_, index) => {
  let crc = BigInt(index)
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1n ? 0x9a6c9329ac4bc9b5n ^ (crc >> 1n) : crc >> 1n
  return crc
})
