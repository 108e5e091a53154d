import { ALGORITHMS, type Algorithm } from './checksums.ts'
import type { Stored, Version } from './state.ts'
import { type Elements, toXml } from './xml.ts'

export interface S3Reply {
  status: number
  headers: Record<string, string>
  body: Buffer | string
}

export function xmlReply(root: string, content: Elements): S3Reply {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: toXml(root, content) }
}

export function emptyReply(status: number, headers: Record<string, string> = {}): S3Reply {
  return { status, headers, body: '' }
}

/** What is said of stored bytes in headers. */
export function storedHeaders({ etag, checksums }: Stored): Record<string, string> {
  const told = Object.entries(checksums).map(([algorithm, checksum]) => [`x-amz-checksum-${algorithm}`, checksum])
  return { etag: `"${etag}"`, ...Object.fromEntries(told) }
}

export function versionHeaders(version: Version): Record<string, string> {
  return version.id === 'null' ? {} : { 'x-amz-version-id': version.id }
}

/** What is said of checksums in XML. */
export function checksumElements(checksums: Stored['checksums']): Elements {
  return Object.fromEntries(ALGORITHMS.map((algorithm: Algorithm) => [ELEMENTS[algorithm], checksums[algorithm]]))
}

const ELEMENTS: Record<Algorithm, string> = {
  sha256: 'ChecksumSHA256',
  crc32: 'ChecksumCRC32',
  crc64nvme: 'ChecksumCRC64NVME',
}

/** A reply that tells other checksums and ETags than those of the bytes: all their characters in another order. */
export function falsified(reply: S3Reply): S3Reply {
  const headers = Object.entries(reply.headers).map(([name, value]) =>
    name === 'etag' || name.startsWith('x-amz-checksum-') ? [name, rotate(value)] : [name, value],
  )
  const body = reply.body.toString().replace(/(?<=<(ETag|Checksum(?:SHA256|CRC32))>).*?(?=<)/g, rotate)
  return { ...reply, headers: Object.fromEntries(headers), body }
}

/** Shifts every letter and digit by one, so that the form stays. */
function rotate(text: string): string {
  return text.replace(/&#34;|[0-8a-eA-Y]/g, (found) =>
    found.length > 1 ? found : String.fromCharCode(found.charCodeAt(0) + 1),
  )
}
