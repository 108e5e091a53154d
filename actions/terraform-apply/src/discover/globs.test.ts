import { expect, test } from '@jest/globals'
import { folderMatcher } from './globs.ts'

const folders = ['', 'infra', 'infra/prod', 'infra/prod/eu', 'sandbox', 'sandbox/prod', 'a.b', 'axb', 'a(1)']

test.each<[string, string[]]>([
  ['sandbox', ['sandbox', 'sandbox/prod']],
  ['./sandbox/', ['sandbox', 'sandbox/prod']],
  ['infra/**', ['infra/prod', 'infra/prod/eu']],
  ['infra/*', ['infra/prod', 'infra/prod/eu']],
  ['*/prod', ['infra/prod', 'infra/prod/eu', 'sandbox/prod']],
  ['**/prod', ['infra/prod', 'infra/prod/eu', 'sandbox/prod']],
  ['**/eu', ['infra/prod/eu']],
  ['infra/**/eu', ['infra/prod/eu']],
  ['s?ndbox', ['sandbox', 'sandbox/prod']],
  ['a.b', ['a.b']],
  ['a(1)', ['a(1)']],
  ['.', ['']],
  ['prod', []],
  ['**', folders],
])('%s matches %j', (glob, matched) => {
  expect(folders.filter(folderMatcher([glob]))).toEqual(matched)
})

test('without globs nothing matches, with several any of them does', () => {
  expect(folders.filter(folderMatcher([]))).toEqual([])
  expect(folders.filter(folderMatcher(['a.b', 'axb']))).toEqual(['a.b', 'axb'])
})

test.each([
  [`${'**/'.repeat(40)}x`, 'a/'.repeat(200)],
  [`${'*a'.repeat(40)}b`, 'a'.repeat(5_000)],
])('no glob takes long', (glob, folder) => {
  const startedAt = performance.now()
  expect(folderMatcher([glob])(folder.replace(/\/$/, ''))).toBe(false)
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})
