import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createMatcher } from './matcher.ts'
import { toRaw } from './path.ts'

test.each([
  ['*.sock', 'run/app.sock', true],
  ['*.sock', 'run/app.socket', false],
  ['cache', 'var/cache/x/y', true],
  ['cache', 'var/cached', false],
  ['cache/', 'var/cache/x', true],
  ['/var/cache', 'var/cache/x', true],
  ['/cache', 'var/cache', false],
  ['a*b', 'x/a/y/b/z', true],
  ['a?b', 'x/a/b', true],
  ['/var/cache/*', 'var/cache', false],
  ['/var/cache/*', 'var/cache/x', true],
  ['\\*', 'x/*', true],
  ['\\*', 'x/y', false],
  ['[a-c]x', 'd/bx', true],
  ['[!a-c]x', 'd/bx', false],
  ['[^a-c]x', 'd/dx', true],
  ['[]x]', 'd/]', true],
  ['[[:digit:]]', '7', true],
  ['[[:digit:]]', 'x', false],
  ['[z-a]', 'b', false],
  ['[open', 'x/[open', true],
  ['.', 'a/b', false],
  ['a+b', 'aab', false],
])('%p on %p: %p', (pattern, path, expected) => {
  expect(createMatcher([pattern])(path)).toBe(expected)
})

test('a question mark is a character, and a pattern is in UTF-8', () => {
  expect(createMatcher(['caf?'])(toRaw('x/café'))).toBe(true)
  expect(createMatcher(['café'])(toRaw('x/café'))).toBe(true)
})

test('without patterns nothing matches, with several any of them does', () => {
  expect(createMatcher([])('a')).toBe(false)
  expect(createMatcher(['b', 'a|c'])('a')).toBe(false)
  expect(createMatcher(['b', 'a'])('a')).toBe(true)
})

describe('as GNU tar does', () => {
  const names = ['a', 'b', 'ab', 'a.b', 'ba', '[a]', 'a-b', '-', ']', '!', '^', 'a\\b', 'aa']
  const paths = names.flatMap((first) => [first, ...names.map((second) => `${first}/${second}`)])
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ondol-exclude-'))
    const files = paths.filter((path) => path.includes('/'))
    execFileSync('mkdir', ['-p', '--', ...new Set(files.map((path) => dirname(join(folder, path))))])
    for (const path of files) writeFileSync(join(folder, path), '')
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  function keptByTar(patterns: readonly string[]): Set<string> {
    const excludes = patterns.map((pattern) => `--exclude=${pattern}`)
    const args = ['-c', '-C', folder, '--verbatim-files-from', '--null', '--no-unquote', ...excludes]
    const input = names.map((name) => `${name}\0`).join('')
    const archive = execFileSync('tar', [...args, '-T', '-'], { input, env: { ...process.env, LC_ALL: 'C' } })
    const listed = execFileSync('tar', ['-t', '--quoting-style=literal'], { input: archive, encoding: 'utf8' })
    return new Set(listed.split('\n').map((line) => line.replace(/\/$/, '')))
  }

  test('on random patterns', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '*',
      '?',
      '[ab]',
      '[!a]',
      '[^b]',
      '[a-b]',
      '[]a]',
      '.',
      '\\*',
      '\\a',
      '-',
      '/',
      '[',
      ']',
      '\\\\',
    )
    const pattern = fc
      .array(piece, { minLength: 1, maxLength: 5 })
      .map((pieces) => pieces.join(''))
      // Left out: slashes at both ends, which are ours (a pattern counts from the root), and patterns that end in an escape.
      .filter((text) => !/^\/|\/$|\/\/|(?:^|[^\\])\\$/.test(text) && isSound(text))
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), (patterns) => {
        const kept = keptByTar(patterns)
        const isExcluded = createMatcher(patterns)
        expect(paths.filter((path) => !isExcluded(path))).toEqual(paths.filter((path) => kept.has(path)))
      }),
      { numRuns: 60 },
    )
  })
})

/** What glibc makes of a bracket that isn't closed within its own piece is its own affair. */
function isSound(pattern: string): boolean {
  return !/[[\]]/.test(pattern.replace(/\[[!^]?\]?[ab-]*\]/g, ''))
}
