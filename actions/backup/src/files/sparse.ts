import type { Hash } from 'node:crypto'
import { BLOCK, TarError } from './tar-header.ts'

const ZEROS = Buffer.alloc(1024 * 1024)

/** Takes the data of a sparse member and gives its logical content, holes as zeros, to a hash. */
export interface SparseReader {
  push(bytes: Buffer): void
  /** @throws TarError when its map and its data don't fit together */
  finish(): void
}

/**
 * GNU's sparse format 1.0: the data begins with a map, decimal numbers on a line each (how many segments, then offset and length of
 * each), filled up to a block; then come the segments' bytes (GNU tar manual, "PAX Format, Version 1.0").
 */
export function createSparseReader(hash: Hash, size: number): SparseReader {
  let map = ''
  let segments: number[] | undefined
  let next = 0
  let left = 0
  let position = 0

  function zerosUpTo(offset: number): void {
    if (offset < position || offset > size) throw new TarError('the map of a sparse file is damaged')
    for (let missing = offset - position; missing > 0; ) {
      const piece = ZEROS.subarray(0, missing)
      hash.update(piece)
      missing -= piece.length
    }
    position = offset
  }

  function beginSegment(): void {
    while (left === 0 && segments !== undefined && next < segments.length) {
      zerosUpTo(segments[next] ?? 0)
      left = segments[next + 1] ?? 0
      next += 2
    }
  }

  /** The map ends with a block, so what belongs to it is known only block by block. */
  function takeMap(bytes: Buffer): Buffer {
    let at = 0
    while (segments === undefined && at < bytes.length) {
      const taken = Math.min(BLOCK - (map.length % BLOCK), bytes.length - at)
      map += bytes.toString('latin1', at, at + taken)
      at += taken
      if (map.length % BLOCK === 0) segments = readMap(map)
    }
    if (segments !== undefined) beginSegment()
    return bytes.subarray(at)
  }

  return {
    push(bytes) {
      let rest = segments === undefined ? takeMap(bytes) : bytes
      while (rest.length > 0) {
        if (left === 0) throw new TarError('a sparse file has more data than its map says')
        const piece = rest.subarray(0, left)
        hash.update(piece)
        position += piece.length
        left -= piece.length
        rest = rest.subarray(piece.length)
        beginSegment()
      }
    },
    finish() {
      if (segments === undefined || left > 0) throw new TarError('a sparse file has less data than its map says')
      zerosUpTo(size)
    },
  }
}

/** Offsets and lengths in turn; undefined while the map isn't whole. */
function readMap(text: string): number[] | undefined {
  const numbers = text.split('\n').slice(0, -1).map(Number)
  const [count = Number.NaN, ...segments] = numbers
  return segments.length >= 2 * count ? segments.slice(0, 2 * count) : undefined
}
