import { expect, test } from '@jest/globals'
import type { Manifest, ObjectRecord } from '../catalogue/manifest.ts'
import { damagedBackups } from './damage.ts'
import { full } from './fixtures/manifests.ts'

const records: ObjectRecord[] = ['data/1-files.1.tar.zst.age', 'data/2-mysql.1.sql.zst.age', 'index.zst.enc'].map(
  (key, index) => ({ key, kind: index === 2 ? 'index' : 'tar', bytes: 10 + index, sha256: '' }),
)
const manifest = full('one', 1, { objects: records })
const only = (...backups: Manifest[]) => ({ backups, damaged: [] })
const whole = records.map(({ key, bytes }) => ({ key: `shop/one/${key}`, bytes }))

test('all is there', () => {
  expect(damagedBackups(only(manifest), [...whole, { key: 'shop/one/manifest.json', bytes: 5 }]).size).toBe(0)
})

test.each([
  ['one object is missing', whole.slice(1), 'Backup one lacks data/1-files.1.tar.zst.age.'],
  ['two are missing', whole.slice(2), 'Backup one lacks data/1-files.1.tar.zst.age; 1 more of its objects is wrong.'],
  ['only the manifest is left', [], 'Backup one lacks data/1-files.1.tar.zst.age; 2 more of its objects are wrong.'],
  [
    'one is cut short',
    [{ key: 'shop/one/data/1-files.1.tar.zst.age', bytes: 9 }, ...whole.slice(1)],
    'Backup one has 9 bytes of data/1-files.1.tar.zst.age in place of 10.',
  ],
])('%s', (_, objects, sentence) => {
  expect([...damagedBackups(only(full('two'), manifest), objects)]).toEqual([['one', sentence]])
})

test('objects of another set or backup do not count', () => {
  const others = whole.map(({ key, bytes }) => ({ key: key.replace('shop/', 'shop2/'), bytes }))
  expect(damagedBackups(only(manifest), others).has('one')).toBe(true)
})

test('a manifest that cannot be trusted', () => {
  const damaged = [{ id: 'odd', problem: 'its mac is wrong' }]
  expect([...damagedBackups({ backups: [manifest], damaged }, whole)]).toEqual([
    ['odd', 'The manifest of backup odd is damaged: its mac is wrong.'],
  ])
})
