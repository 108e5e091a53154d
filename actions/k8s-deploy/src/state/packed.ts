import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

const zip = promisify(gzip)
const unzip = promisify(gunzip)

/** A Secret holds up to 1 MiB of data, names of keys included (`MaxSecretSize` in k8s.io/api/core/v1). */
export const PIECE_BYTES = 900 * 1024

/** A JSON value as gzip, in pieces that fit into one Secret each; at least one. */
export async function pack(value: unknown, pieceBytes: number = PIECE_BYTES): Promise<Buffer[]> {
  const packed = await zip(JSON.stringify(value))
  const count = Math.ceil(packed.length / pieceBytes)
  return Array.from({ length: count }, (_, index) => packed.subarray(index * pieceBytes, (index + 1) * pieceBytes))
}

/** @throws Error when the pieces aren't all there, or aren't those that were packed */
export async function unpack(pieces: readonly Uint8Array[]): Promise<unknown> {
  return JSON.parse((await unzip(Buffer.concat(pieces))).toString())
}
