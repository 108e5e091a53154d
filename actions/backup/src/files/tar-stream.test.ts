import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createHashingScanner } from './hashing.ts'
import { selectMembers } from './selecting.ts'
import type { Member } from './tar-header.ts'

const LONG = `${'folder'.repeat(20)}/${'name'.repeat(50)}`
const FORMATS = ['posix', 'gnu', 'ustar'] as const

let folder = ''
const archives = new Map<string, Buffer>()
const hashes = new Map<string, string>()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-tar-'))
  mkdirSync(join(folder, 'folder'.repeat(20)))
  const contents = { a: 'content', empty: '', block: 'x'.repeat(512), large: randomBytes(200_001) }
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content)
  linkSync(join(folder, 'a'), join(folder, 'other-name-of-a'))
  symlinkSync('where/it points', join(folder, 'link'))
  const sparse = openSync(join(folder, 'sparse'), 'w')
  for (let index = 0; index < 40; index++) writeSync(sparse, `piece ${index}`, index * 100_000)
  ftruncateSync(sparse, 4_100_000)
  for (const format of FORMATS) {
    const names = [
      'a',
      'empty',
      'block',
      'large',
      'other-name-of-a',
      'link',
      ...(format === 'ustar' ? [] : ['folder'.repeat(20)]),
    ]
    const options = format === 'posix' ? ['--sparse', 'sparse'] : []
    archives.set(format, tar([`--format=${format}`, ...options, ...names]))
  }
  writeFileSync(join(folder, LONG), 'long')
  archives.set('long names', tar(['--format=posix', LONG, 'link']))
  archives.set('long names of GNU', tar(['--format=gnu', LONG, 'link']))
  for (const name of ['a', 'empty', 'block', 'large', 'sparse', LONG]) {
    const content = execFileSync('cat', [join(folder, name)], { maxBuffer: 1e8 })
    hashes.set(name, createHash('sha256').update(content).digest('hex'))
  }
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function tar(args: readonly string[]): Buffer {
  return execFileSync('tar', ['-c', '-C', folder, ...args], { maxBuffer: 1e8 })
}

type Hashed = Member & { hash: string }

function scan(chunks: readonly Buffer[]): Hashed[] {
  const members: Hashed[] = []
  const scanner = createHashingScanner((member, hash) => members.push({ ...member, hash }))
  for (const chunk of chunks) scanner.push(chunk)
  scanner.finish()
  return members
}

/** Pieces of the given lengths in turn. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? bytes.length
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

const archive = (name: string): Buffer => archives.get(name) ?? Buffer.alloc(0)

describe.each(FORMATS)('the format %s', (format) => {
  test('gives each member with what its headers say, and the hash of its content', () => {
    const members = scan([archive(format)])
    const listed = tar([`--format=${format}`, 'a'])
    expect(listed.length).toBeGreaterThan(0)
    for (const { path, type, hash, size } of members) {
      if (type === 'f') expect([path, hash]).toEqual([path, hashes.get(path)])
      if (path === 'sparse') expect(size).toBe(4_100_000)
    }
    expect(members.find(({ path }) => path === 'other-name-of-a')).toMatchObject({ type: 'h', link: 'a', hash: '' })
    expect(members.find(({ path }) => path === 'link')).toMatchObject({ type: 'l', link: 'where/it points', hash: '' })
  })

  test('is read the same whatever pieces it comes in', () => {
    const whole = scan([archive(format)])
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 1100 }), fc.integer({ min: 1, max: 100_000 })), {
      minLength: 1,
    })
    fc.assert(
      fc.property(lengths, (pieces) => {
        expect(scan(cut(archive(format), pieces))).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })
})

test.each(['long names', 'long names of GNU'])('%s', (name) => {
  const [first, second] = scan([archive(name)])
  expect(first).toMatchObject({ path: LONG, type: 'f', size: 4, hash: hashes.get(LONG) })
  expect(second).toMatchObject({ path: 'link', type: 'l', link: 'where/it points' })
})

test('a stream that ends early is never taken for a whole one', () => {
  const bytes = archive('posix')
  const end = bytes.lastIndexOf(scan([bytes]).at(-1)?.path ?? '')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: end }), (length) => {
      expect(() => scan([bytes.subarray(0, length)])).toThrow()
    }),
  )
})

test.each([0, 100, 124, 148, 156, 300])('a header with another byte at %i is damaged', (at) => {
  const bytes = Buffer.from(tar(['--format=ustar', 'a']))
  bytes[at] = (bytes[at] ?? 0) ^ 1
  expect(() => scan([bytes])).toThrow('damaged')
})

describe('a selection', () => {
  async function select(chunks: Buffer[], accepts: (member: Member) => boolean): Promise<Buffer> {
    return buffer(Readable.from(chunks).pipe(selectMembers(accepts)))
  }

  test('is an archive of exactly the members that were accepted', async () => {
    const all = scan([archive('posix')])
    const lengths = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 5 })
    const chosen = fc.subarray(all.map(({ path }) => path))
    await fc.assert(
      fc.asyncProperty(lengths, chosen, async (pieces, paths) => {
        const selected = await select(cut(archive('posix'), pieces), ({ path }) => paths.includes(path))
        expect(scan([selected])).toEqual(all.filter(({ path }) => paths.includes(path)))
      }),
      { numRuns: 30 },
    )
  })

  test('of everything has every byte, end included', async () => {
    expect(await select(cut(archive('posix'), [65_536]), () => true)).toEqual(archive('posix'))
  })

  test('of a stream that ends early fails', async () => {
    await expect(select([archive('posix').subarray(0, 3000)], () => true)).rejects.toThrow('ends before its end marker')
  })
})
