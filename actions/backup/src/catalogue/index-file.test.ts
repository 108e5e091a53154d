import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import type { Entry } from '../files/entry.ts'
import { recordOf } from '../pipeline/small.ts'
import { memoryStore } from '../pipeline/test-support.ts'
import { DamagedDocument } from './document.ts'
import { type BackupIndex, decodeIndex, encodeIndex, type IndexedSource } from './index-file.ts'
import { isInside } from './raw-path.ts'
import { indexIdentity, readIndex, sealIndex } from './sealed-index.ts'

const age = await requirePart('age')
const set = 'shop'
const id = '20261101T021700Z-aaaaaa'
const identity = await generateX25519Identity()
const recipients = [await identityToRecipient(identity)]
const INDEX_KEY = 'an index key of at least 32 bytes'

const latin1 = fc
  .uint8Array({ maxLength: 12 })
  .map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll('\0', '_'))
const time = fc.tuple(fc.integer(), fc.nat(999_999_999)).map(([s, ns]) => `${s}.${String(ns).padStart(9, '0')}`)
const entry: fc.Arbitrary<Entry> = fc.record({
  path: latin1.filter(isInside),
  type: fc.constantFrom('f', 'd', 'l', 'p', 's', 'b', 'c'),
  size: fc.maxSafeNat().map((size) => size % 1e15),
  mtime: time,
  ctime: fc.oneof(time, fc.constant('')),
  mode: fc.nat(0o7777).map((mode) => mode.toString(8)),
  uid: fc.nat(),
  gid: fc.nat(),
  inode: fc.constantFrom('', '64769:123'),
  link: latin1,
  hash: fc.constantFrom('', 'a'.repeat(64)),
  home: fc.constantFrom(id, '20261031T021700Z-bbbbbb'),
})

function sourceOf(number: number, entries: readonly Entry[], more: Partial<IndexedSource> = {}): IndexedSource {
  const own = { id: `${number}-files`, kind: 'files', on: 'local', paths: ['/ä'], exclude: [], dumps: [] }
  return { ...own, entries: entries.length, ...more }
}

function indexOf(...lists: Entry[][]): BackupIndex {
  const sources = lists.map((list, number) => sourceOf(number, list))
  const entries = new Map(lists.map((list, number) => [`${number}-files`, list]))
  return { header: { format: 'ondol-index', version: 1, set, id, sources }, entries }
}

function many(count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => ({
    path: `usr/share/some/folder-${i >> 6}/a-file-of-usual-length-${i}.txt`,
    type: 'f' as const,
    size: i * 37,
    mtime: `17164${i}.1234567890`,
    ctime: `17164${i}.1234567890`,
    mode: '644',
    uid: 0,
    gid: 0,
    inode: '',
    link: '',
    hash: randomBytes(32).toString('hex'),
    home: id,
  }))
}

describe('the index', () => {
  test('comes back whatever bytes its names have', () => {
    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 5 }), { maxLength: 3 }), (lists) => {
        const index = indexOf(...lists)
        expect(decodeIndex(encodeIndex(index), { set, id })).toEqual(index)
      }),
    )
  })

  test('comes back over the borders of batches and windows', () => {
    const index = indexOf(many(130_000), many(3), [], many(20_000))
    expect(encodeIndex(index).length).toBeGreaterThan(17 * 2 ** 20)
    const read = decodeIndex(encodeIndex(index), { set, id })
    for (const [source, list] of index.entries) {
      const back = read.entries.get(source) ?? []
      expect([back.length, JSON.stringify(back) === JSON.stringify(list)]).toEqual([list.length, true])
    }
  })

  test('tells of dumps and servers', () => {
    const dump = {
      name: 'shöp "db"',
      role: 'database' as const,
      extension: 'sql' as const,
      keys: ['data/1-postgres.1.sql.zst.age'],
      plainBytes: 5,
    }
    const source = sourceOf(0, [], {
      kind: 'postgres',
      dumps: [dump],
      facts: { product: 'PostgreSQL', version: '17.2' },
    })
    const index = { ...indexOf([]), header: { ...indexOf([]).header, sources: [source] } }
    expect(decodeIndex(encodeIndex(index), { set, id }).header).toEqual(index.header)
  })

  test('anything cut off or added is found', () => {
    const bytes = encodeIndex(indexOf(many(3), many(2)))
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeIndex(bytes.subarray(0, length), { set, id })).toThrow(DamagedDocument)
    }
    expect(() => decodeIndex(Buffer.concat([bytes, Buffer.from('\0')]), { set, id })).toThrow(
      'more than its header says',
    )
    expect(() => decodeIndex(Buffer.concat([bytes, Buffer.from('x')]), { set, id })).toThrow(
      'more than its header says',
    )
  })

  test.each<[string, Partial<Entry>]>([
    ['a path that leads out', { path: '../etc/passwd' }],
    ['an absolute path', { path: '/etc/passwd' }],
    ['no path', { path: '' }],
    ['an unknown type', { type: 'D' as Entry['type'] }],
    ['a negative size', { size: -1 }],
    ['a time that is none', { mtime: 'now' }],
    ['a mode that is none', { mode: '9' }],
    ['half a hash', { hash: 'ab' }],
    ['a home that is no id', { home: '../x' }],
    ['a field too many', { link: 'a\0b' }],
  ])('%s is refused', (_name, wrong) => {
    const bytes = encodeIndex(indexOf(many(1).map((each) => ({ ...each, ...wrong }))))
    expect(() => decodeIndex(bytes, { set, id })).toThrow(DamagedDocument)
  })

  test('that of another backup is refused', () => {
    expect(() => decodeIndex(encodeIndex(indexOf([])), { set, id: '20261031T021700Z-bbbbbb' })).toThrow(
      'of another backup',
    )
  })

  test('a count that is not that of the entries is a mistake of ours', () => {
    const index = indexOf(many(2))
    index.entries.set('0-files', many(1))
    expect(() => encodeIndex(index)).toThrow('count of 0-files')
  })
})

describe('the sealed index', () => {
  const index = indexOf(many(10))

  async function stored(indexKey: string | undefined, how: string[] | 'none' = recipients) {
    const store = memoryStore()
    const body = await sealIndex(index, { level: 3, recipients: how }, indexKey)
    store.objects.set(`${set}/${id}/index.zst.enc`, body)
    return { store, body, manifest: { set, id, objects: [recordOf({ key: 'index.zst.enc', kind: 'index' }, body)] } }
  }

  test("opens with the user's identity and with the index key, and tells nothing in clear", async () => {
    const { store, body, manifest } = await stored(INDEX_KEY)
    for (const key of [identity, await indexIdentity(INDEX_KEY)]) {
      expect(await readIndex(store, manifest, [key])).toEqual(index)
    }
    expect(body.includes('file')).toBe(false)
  })

  test('opens with no other key, and without an index key not with that of the runner', async () => {
    const { store, manifest } = await stored(undefined)
    await expect(readIndex(store, manifest, [await indexIdentity(INDEX_KEY)])).rejects.toMatchObject({
      reason: 'wrong-key',
    })
    expect(await readIndex(store, manifest, [identity])).toEqual(index)
  })

  test('one that is missing, exchanged or of another backup is told as such', async () => {
    const { store, body, manifest } = await stored(INDEX_KEY)
    await expect(readIndex(store, { ...manifest, objects: [] }, [identity])).rejects.toMatchObject({
      reason: 'corrupt',
    })
    store.objects.set(`${set}/${id}/index.zst.enc`, Buffer.alloc(body.length))
    await expect(readIndex(store, manifest, [identity])).rejects.toMatchObject({ reason: 'corrupt' })
    store.objects.clear()
    await expect(readIndex(store, manifest, [identity])).rejects.toMatchObject({ reason: 'store-missing' })
    const other = await sealIndex(indexOf([]), { level: 3, recipients }, undefined)
    const moved = {
      set,
      id: '20261031T021700Z-bbbbbb',
      objects: [recordOf({ key: 'index.zst.enc', kind: 'index' }, other)],
    }
    store.objects.set(`${set}/${moved.id}/index.zst.enc`, other)
    await expect(readIndex(store, moved, [identity])).rejects.toMatchObject({ reason: 'corrupt' })
  })

  test('may be open', async () => {
    const { store, manifest } = await stored(INDEX_KEY, 'none')
    expect(await readIndex(store, manifest, 'none')).toEqual(index)
  })

  age.describe('by hand', () => {
    test('`age -d | zstd -d` reads it', async () => {
      const { body } = await stored(INDEX_KEY)
      const folder = mkdtempSync(join(tmpdir(), 'ondol-index-'))
      try {
        writeFileSync(join(folder, 'key'), identity)
        const compressed = execFileSync(age.path, ['-d', '-i', join(folder, 'key')], { input: body })
        expect(execFileSync('zstd', ['-dc'], { input: compressed }).equals(encodeIndex(index))).toBe(true)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  })
})
