// A tree like those that people back up, the same on every machine: many small files, some large, most of it text.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, type Random } from '../random.ts'

export interface TreeSize {
  files: number
  bytes: number
}

const PER_FOLDER = 100
const MIB = 1024 * 1024
const TEXT_POOL = 32 * MIB
const NOISE_POOL = 8 * MIB
/** Of a file's content; the rest can't be compressed any more. With it zstd -3 makes about a third of the whole. */
const TEXT_SHARE = 0.8
/** So often a file differs from every other one: who looks for equal blocks must find none. */
const STAMP = 16 * 1024

/** Writes the tree. The sizes of its files are spread as on a real disk: a few hold most of the bytes. */
export function writeTree(folder: string, { files, bytes }: TreeSize): void {
  const random = createRandom(files)
  const pools = { text: textPool(random), noise: noisePool(random) }
  const weights = Array.from({ length: files }, () => 1_000_000 / (2_000 + random.int(1_000_000)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  for (const [index, weight] of weights.entries()) {
    const parent = join(folder, `part-${Math.floor(index / PER_FOLDER)}`)
    if (index % PER_FOLDER === 0) mkdirSync(parent, { recursive: true })
    writeFileSync(join(parent, `file-${index}`), content(Math.round((bytes * weight) / total), random, pools))
  }
}

function content(size: number, random: Random, { text, noise }: { text: Buffer; noise: Buffer }): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  fill(bytes.subarray(0, Math.round(size * TEXT_SHARE)), text, random)
  fill(bytes.subarray(Math.round(size * TEXT_SHARE)), noise, random)
  for (let at = 0; at + 8 <= size; at += STAMP) bytes.write(random.hex(8), at, 'latin1')
  return bytes
}

function fill(bytes: Buffer, pool: Buffer, random: Random): void {
  for (let at = 0; at < bytes.length; ) at += pool.copy(bytes, at, random.int(pool.length))
}

function textPool(random: Random): Buffer {
  const words = Array.from({ length: 4_096 }, () => random.hex(2 + random.int(10)))
  const pool = Buffer.alloc(TEXT_POOL)
  for (let at = 0; at < pool.length; )
    at += pool.write(
      `${words[Math.min(random.int(4_096), random.int(4_096))]}${random.int(10) === 0 ? '\n' : ' '}`,
      at,
      'latin1',
    )
  return pool
}

function noisePool(random: Random): Buffer {
  const pool = Buffer.alloc(NOISE_POOL)
  for (let at = 0; at < pool.length; at += 4) pool.writeInt32LE(random.int(2 ** 32) | 0, at)
  return pool
}
