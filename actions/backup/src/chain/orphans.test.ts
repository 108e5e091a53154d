import { expect, test } from '@jest/globals'
import { collectableOrphans } from './orphans.ts'

const now = new Date('2026-11-25T12:00:00Z')
const OLD = new Date('2026-11-23T11:59:59Z')

function collected(name: string, modifiedAt: Date, known: string[] = []): boolean {
  return collectableOrphans([{ name, modifiedAt }], new Set(known), now).length === 1
}

test('a folder without a manifest, begun and last written to more than 48 h ago', () => {
  expect(collected('20261123T115959Z-5f3a9c', OLD)).toBe(true)
  expect(collected('20261123T115959Z-5f3a9c', OLD, ['20261123T115959Z-5f3a9c'])).toBe(false)
})

test('48 h are not yet more than 48 h', () => {
  expect(collected('20261123T120000Z-5f3a9c', OLD)).toBe(false)
  expect(collected('20261123T115959Z-5f3a9c', new Date('2026-11-23T12:00:00Z'))).toBe(false)
})

test('a folder that is still written to, however long ago it began', () => {
  expect(collected('20261101T000000Z-5f3a9c', new Date('2026-11-25T11:59:00Z'))).toBe(false)
})

test('one from the future', () => {
  expect(collected('20270101T000000Z-5f3a9c', OLD)).toBe(false)
})

test.each([
  'log',
  '2020-01-01',
  '2020-01-01T00:00:00Z',
  '20200101T000000Z',
  '20200101T000000Z-5F3A9C',
  '20200101T000000Z-5f3a9',
  '20200101T000000Z-5f3a9c7',
  'x20200101T000000Z-5f3a9c',
  '20201301T000000Z-5f3a9c',
  '',
])('what is not named as a backup: %j', (name) => {
  expect(collected(name, OLD)).toBe(false)
})

test('several at once', () => {
  const folders = ['20261101T000000Z-aaaaaa', 'log', '20261102T000000Z-bbbbbb', '20261103T000000Z-cccccc'].map(
    (name) => ({
      name,
      modifiedAt: OLD,
    }),
  )
  expect(collectableOrphans(folders, new Set(['20261102T000000Z-bbbbbb']), now)).toEqual([
    '20261101T000000Z-aaaaaa',
    '20261103T000000Z-cccccc',
  ])
})
