import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RawPath } from '../files/entry.ts'
import { decodeDeleted, encodeDeleted } from './deleted.ts'
import { isId, newId, timeOfId } from './id.ts'
import { deletedKey, dumpKey, isDataKey, readDataKey, requireSetName, tarKey } from './keys.ts'
import { isInside, topmost } from './raw-path.ts'

const dates = fc.date({ min: new Date('1990-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })

describe('ids', () => {
  test('have the form that the format says', () => {
    expect(newId(new Date('2026-11-25T02:17:00.999Z'), Buffer.from('5f3a9c', 'hex'))).toBe('20261125T021700Z-5f3a9c')
  })

  test('sort by time and give it back', () => {
    fc.assert(
      fc.property(dates, dates, (a, b) => {
        const [first, second] = [newId(a), newId(b)]
        expect(timeOfId(first)?.getTime()).toBe(Math.floor(a.getTime() / 1000) * 1000)
        if (Math.floor(a.getTime() / 1000) < Math.floor(b.getTime() / 1000)) expect(first < second).toBe(true)
      }),
    )
  })

  test('differ within one second', () => {
    const now = new Date()
    expect(new Set(Array.from({ length: 20 }, () => newId(now))).size).toBeGreaterThan(15)
  })

  test.each([
    '',
    'log',
    '20261125T021700Z',
    '20261131T021700Z-5f3a9c',
    '20261125T251700Z-5f3a9c',
    '20261125T021700Z-5F3A9C',
    '20261125T021700Z-5f3a9c/',
    '20261125T021700Z-5f3a9c\n',
  ])('%j is none', (text) => {
    expect(isId(text)).toBe(false)
  })
})

describe('set names', () => {
  test.each(['shop-prod', 'a', 'A_b.c-9', 'x'.repeat(100)])('%s will do', (name) => {
    expect(requireSetName(name)).toBe(name)
  })

  test.each(['', '.', '..', '.hidden', 'a/b', '/a', 'a\\b', 'ä', 'a b', 'a\n', 'x'.repeat(101)])(
    '%j is refused',
    (name) => {
      expect(() => requireSetName(name)).toThrow(expect.objectContaining({ reason: 'invalid-input' }))
    },
  )
})

describe('keys of data', () => {
  test('say what they are of', () => {
    expect(tarKey('1-files', 12, 'age')).toBe('data/1-files.12.tar.zst.age')
    expect(readDataKey('data/1-files.12.tar.zst.age')).toMatchObject({
      stream: '1-files.12.tar',
      volume: 12,
      extension: 'tar',
    })
    expect(deletedKey('1-files', 'none')).toBe('data/1-files.deleted.zst')
    const dump = { source: '2-postgres', number: 3, extension: 'sql' } as const
    expect([0, 1].map((piece) => dumpKey(dump, piece, 'age'))).toEqual([
      'data/2-postgres.3.sql.zst.age',
      'data/2-postgres.3.part1.sql.zst.age',
    ])
    expect(readDataKey('data/2-postgres.3.part10.sql.zst')).toMatchObject({
      stream: '2-postgres.3.sql',
      piece: 10,
      extension: 'sql',
    })
  })

  test.each([
    'data/1-files.1.tar.zst',
    'data/../x.zst.age',
    'data/..zst.age',
    '/data/x.zst.age',
    '../data/x.zst.age',
    'data/a/b.zst.age',
    'data/.x.zst.age',
    'data/-x.zst.age',
    'data/a b.zst.age',
    'data/a;b.zst.age',
    'data/x.zst.age\n',
    'index.zst.enc',
    `data/${'x'.repeat(200)}.zst.age`,
  ])('%s is none of an encrypted backup', (key) => {
    expect(isDataKey(key, 'age')).toBe(false)
  })
})

// Few letters, so that paths often lie below each other; and bytes that sort around the slash.
const step = fc.string({
  unit: fc.constantFrom('a', 'b', '-', '.', '0', '\n', '\xff', '!'),
  minLength: 1,
  maxLength: 2,
})
const paths = fc
  .array(step, { minLength: 1, maxLength: 4 })
  .map((steps) => steps.join('/'))
  .filter(isInside)

describe('paths', () => {
  test('topmost keeps each path or a folder above it, and nothing below another', () => {
    fc.assert(
      fc.property(fc.array(paths), (all) => {
        const kept = topmost(all)
        const isBelow = (path: RawPath, folder: RawPath): boolean => path.startsWith(`${folder}/`)
        for (const path of all) expect(kept.filter((top) => top === path || isBelow(path, top)).length).toBe(1)
        expect(kept.every((path) => all.includes(path))).toBe(true)
      }),
    )
  })

  test('a list of deletions comes back, whatever bytes its names have', () => {
    fc.assert(
      fc.property(fc.array(paths), (all) => {
        expect(decodeDeleted(encodeDeleted(all))).toEqual(topmost(all))
      }),
    )
  })

  test.each(['', '/etc', 'a/', 'a//b', '.', '..', '../a', 'a/../b', 'a/.', './a', 'a\0b'])(
    '%j leads out, or is no path',
    (path) => {
      expect(isInside(path)).toBe(false)
      // The list can't say a NUL.
      if (!path.includes('\0')) expect(() => decodeDeleted(Buffer.from(`a\0${path}\0`))).toThrow(RangeError)
    },
  )

  test.each(['a', '.a', '..a', 'a..', 'a/...', '-rf', 'a/.git'])('%s stays inside', (path) => {
    expect(isInside(path)).toBe(true)
  })

  test('a list that was cut is refused', () => {
    expect(() => decodeDeleted(Buffer.from('a\0b'))).toThrow('cut')
  })
})
