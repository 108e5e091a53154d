import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Entry } from './entry.ts'
import { ancestorsOf, byPath } from './path.ts'
import { normalTime, timeOf } from './time.ts'
import { planVolumes, type Volume } from './volumes.ts'

function entry(path: string, size: number, inode = ''): Entry {
  const type = size < 0 ? 'd' : 'f'
  return { path, type, size, mtime: '', ctime: '', mode: '', uid: 0, gid: 0, inode, link: '', hash: '', home: '' }
}

describe('planVolumes', () => {
  test('a file with more than a volume is alone in its own; each volume has the folders on the way', () => {
    const entries = [entry('d', -1), entry('d/a', 4), entry('d/b', 100), entry('d/c', 3), entry('e', 3)]
    const volumes = planVolumes(entries, 10)
    expect(volumes.map((volume) => [volume.entries.map(({ path }) => path).join(), volume.bytes])).toEqual([
      ['d,d/a', 4],
      ['d,d/b', 100],
      ['d,d/c,e', 6],
    ])
    expect(planVolumes([], 10)).toEqual([])
    expect(planVolumes([entry('d', -1)], 10)).toMatchObject([{ bytes: 0 }])
  })

  const files = fc.uniqueArray(
    fc.record({
      path: fc.stringMatching(/^[ab-]{1,2}(\/[ab-]{1,2}){1,2}$/),
      size: fc.nat(12),
      file: fc.option(fc.constantFrom('1:1', '1:2')),
    }),
    { selector: ({ path }) => path, maxLength: 30 },
  )

  const trees = files.map((found) => {
    const named = found.map(({ path, size, file }) => entry(`f/${path}`, file === null ? size : 5, file ?? ''))
    const folders = new Set(named.flatMap(({ path }) => [...ancestorsOf(path)]))
    return [...named.filter(({ path }) => !folders.has(path)), ...[...folders].map((path) => entry(path, -1))]
  })
  const limits = fc.integer({ min: 1, max: 30 })
  const volumesOf = (volumes: readonly Volume[], path: string): number[] =>
    volumes.flatMap(({ entries }, index) => (entries.some((one) => one.path === path) ? [index] : []))

  test('every file is in one volume, and all names of a file are in the same', () => {
    fc.assert(
      fc.property(trees, limits, (all, limit) => {
        const volumes = planVolumes(all, limit)
        const twins = (inode: string): Entry[] => all.filter((other) => inode !== '' && other.inode === inode)
        for (const { path, type, inode } of all) {
          const found = volumesOf(volumes, path)
          expect(type === 'f' ? found.length === 1 : found.length > 0).toBe(true)
          for (const twin of twins(inode)) expect(volumesOf(volumes, twin.path)).toEqual(found)
        }
      }),
    )
  })

  test('each is in the order of a walk, has the folders on the way, and keeps the limit if one file does', () => {
    fc.assert(
      fc.property(trees, limits, (all, limit) => {
        for (const { entries, bytes } of planVolumes(all, limit)) {
          const present = new Set(entries.map(({ path }) => path))
          const contents = new Set(entries.filter(({ size }) => size > 0).map(({ path, inode }) => inode || path))
          expect(entries).toEqual(byPath(entries))
          expect(entries.flatMap(({ path }) => [...ancestorsOf(path)]).filter((outer) => !present.has(outer))).toEqual(
            [],
          )
          expect(bytes <= limit || contents.size === 1).toBe(true)
        }
      }),
    )
  })
})

describe('times', () => {
  test.each([
    ['1716400000', '1716400000.000000000'],
    ['1716400000.5', '1716400000.500000000'],
    ['1716400000.1234567891', '1716400000.123456789'],
    ['-1.5', '-2.500000000'],
    ['-1', '-1.000000000'],
    ['0', '0.000000000'],
  ])('%p is %p', (text, normal) => {
    expect(normalTime(text)).toBe(normal)
  })

  test('of a header and of lstat are the same text', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }), (nanoseconds) => {
        const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
        const written = `${nanoseconds < 0n ? '-' : ''}${size / 10n ** 9n}.${String(size % 10n ** 9n).padStart(9, '0')}`
        expect(timeOf(nanoseconds)).toBe(normalTime(written))
      }),
    )
  })
})
