import { posix } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { folderOf, isBeneath, pathFrom, withAncestors } from './paths.ts'

describe('where a path leads to', () => {
  test.each([
    ['infra', './modules/net', 'infra/modules/net'],
    ['infra/prod', '../../modules//net/', 'modules/net'],
    ['infra', '..', ''],
    ['infra', '../', ''],
    ['', './', ''],
    ['', 'a/../..a', '..a'],
    ['infra', '../..', undefined],
    ['infra', '../../other', undefined],
    ['infra', '/etc', undefined],
    ['', '..', undefined],
  ])('from %j by %j to %j', (folder, path, target) => {
    expect(pathFrom(folder, path)).toBe(target)
  })

  test('what it leads to is beneath the top and needs no further resolving', () => {
    const name = fc.constantFrom('a', 'b', '..', '.', '')
    const path = fc.array(name, { maxLength: 6 }).map((names) => names.join('/'))
    fc.assert(
      fc.property(path, path, (one, other) => {
        const folder = pathFrom('', one)
        const target = folder === undefined ? undefined : pathFrom(folder, other)
        if (target === undefined) return
        expect(posix.join('/', target)).toBe(posix.resolve('/', target))
        expect(pathFrom('', target)).toBe(target)
        expect(withAncestors(target).every((above) => isBeneath(target, above))).toBe(true)
      }),
    )
  })
})

test('a folder holds itself and what is in it, not what starts like it', () => {
  expect(['a', 'a/b', 'ab', 'b/a'].filter((path) => isBeneath(path, 'a'))).toEqual(['a', 'a/b'])
  expect(isBeneath('a', '')).toBe(true)
  expect([folderOf('a/b/c'), folderOf('a'), folderOf('')]).toEqual(['a/b', '', ''])
})
