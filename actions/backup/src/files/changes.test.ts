import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compare, deletedPaths, suspects } from './changes.ts'
import type { Entry } from './entry.ts'
import { byPath, parentOf } from './path.ts'

function entry(path: string, change: Partial<Entry> = {}): Entry {
  const times = { mtime: '1.000000000', ctime: '1.000000000' }
  const owner = { mode: '644', uid: 0, gid: 0 }
  return { path, type: 'f', size: 1, ...times, ...owner, inode: '', link: '', hash: 'h', home: 'old', ...change }
}

const folder = (path: string, change: Partial<Entry> = {}): Entry => entry(path, { type: 'd', hash: '', ...change })
const paths = (entries: readonly Entry[]): string[] => entries.map(({ path }) => path)
const tree = [folder('r'), folder('r/d'), entry('r/d/f'), entry('r/g')]

describe('compare', () => {
  test('what is the same is carried with its hash and home', () => {
    const listing = tree.map((one) => ({ ...one, hash: '', home: '' }))
    expect(compare(listing, tree)).toEqual({ changed: [], carried: tree })
  })

  test.each<[string, Partial<Entry>]>([
    ['size', { size: 2 }],
    ['mtime', { mtime: '1.000000001' }],
    ['ctime', { ctime: '1.000000001' }],
    ['mode', { mode: '600' }],
    ['user', { uid: 1 }],
    ['group', { gid: 1 }],
    ['type', { type: 'p' }],
    ['link', { link: 'x' }],
  ])('another %s is a change, and the folders on the way come along', (_name, change) => {
    const listing = tree.map((one) => (one.path === 'r/d/f' ? { ...one, ...change } : one))
    expect(paths(compare(listing, tree).changed)).toEqual(['r', 'r/d', 'r/d/f'])
  })

  test("a folder's size and an inode say nothing", () => {
    const listing = tree.map((one) => ({ ...one, size: one.type === 'd' ? 9 : 1 }))
    expect(compare(listing, tree).changed).toEqual([])
  })

  test('what is gone changes its folder', () => {
    const listing = tree.filter(({ path }) => path !== 'r/d/f')
    expect(paths(compare(listing, tree).changed)).toEqual(['r', 'r/d'])
  })

  test('all names of a file go together, those of before, too', () => {
    const before = [
      folder('r'),
      entry('r/a', { inode: '1:1' }),
      entry('r/b', { inode: '1:1' }),
      entry('r/c', { inode: '1:1' }),
    ]
    const now = [
      folder('r'),
      entry('r/b', { inode: '2:9' }),
      entry('r/c', { inode: '2:9' }),
      entry('r/z', { inode: '2:9' }),
    ]
    expect(paths(compare(now, before).changed)).toEqual(['r', 'r/b', 'r/c', 'r/z'])
    expect(compare(before, before).changed).toEqual([])
    // One that is excluded now held the content.
    expect(paths(compare(before.slice(0, 1).concat(before.slice(2)), before).changed)).toEqual(['r', 'r/b', 'r/c'])
  })

  test('a new ctime alone counts unless the content was proved', () => {
    const listing = tree.map((one) => ({ ...one, ctime: '2.000000000' }))
    const files = listing.filter(({ type }) => type === 'f')
    expect(paths(suspects(listing, tree))).toEqual(paths(files))
    expect(paths(compare(listing, tree, new Set(['r/g'])).changed)).toEqual(['r', 'r/d', 'r/d/f'])
    expect(compare(listing, tree, new Set(['r/g'])).carried).toEqual([{ ...tree[3], ctime: '2.000000000' }])
  })

  test('no suspect: what has several names, what was unsteady, and what has another mtime', () => {
    const before = [entry('a', { inode: '1:1' }), entry('b', { ctime: '' }), entry('c'), entry('d', { hash: '' })]
    const now = before.map((one) => ({ ...one, ctime: '2.0', mtime: one.path === 'c' ? '2.0' : one.mtime }))
    expect(suspects(now, before)).toEqual([])
  })
})

describe('deletedPaths', () => {
  test('are the topmost ones, and those of another type', () => {
    const before = [folder('r'), folder('r/d'), entry('r/d/f'), entry('r/d-e'), entry('r/t'), entry('r/x')]
    const now = [folder('r'), folder('r/t'), entry('r/x')]
    expect(deletedPaths(before, now)).toEqual(['r/d', 'r/d-e', 'r/t'])
  })

  const names = fc
    .array(fc.constantFrom('a', 'b', 'a-', 'a.b'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'))
  /** Whatever has something below it is a folder. */
  const trees = fc.uniqueArray(names, { maxLength: 12 }).map((found) => {
    const all = new Set(found.flatMap((path) => [path, ...[1, 2, 3].map((n) => path.split('/').slice(0, n).join('/'))]))
    return byPath(
      [...all].map((path) => ([...all].some((other) => parentOf(other) === path) ? folder(path) : entry(path))),
    )
  })

  test('removing them leaves nothing that the newer tree lacks, and of what it keeps only what it archives again', () => {
    fc.assert(
      fc.property(trees, trees, (before, now) => {
        const deleted = deletedPaths(before, now)
        const isDeleted = (path: string): boolean => deleted.some((top) => path === top || path.startsWith(`${top}/`))
        const left = before.filter(({ path }) => !isDeleted(path))
        const { changed, carried } = compare(now, before)
        const unpacked = new Map([...left, ...changed].map(({ path, type }) => [path, type]))
        expect(unpacked).toEqual(new Map(byPath(now).map(({ path, type }) => [path, type])))
        for (const { path } of carried) expect(isDeleted(path)).toBe(false)
        for (const path of deleted) for (const other of deleted) expect(other.startsWith(`${path}/`)).toBe(false)
      }),
    )
  })
})
