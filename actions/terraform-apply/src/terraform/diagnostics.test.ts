import { describe, expect, test } from '@jest/globals'
import { atRepository, type Diagnostic, placeOf, readPlainErrors } from './diagnostics.ts'

const diagnostic = (file?: string): Diagnostic => ({
  severity: 'error',
  summary: 's',
  detail: 'd',
  ...(file === undefined ? {} : { file }),
})

test.each([
  ['infra', 'main.tf', 'infra/main.tf'],
  ['infra', 'modules/x/main.tf', 'infra/modules/x/main.tf'],
  ['infra/eu', '../modules/x/main.tf', 'infra/modules/x/main.tf'],
  ['infra', './main.tf', 'infra/main.tf'],
  ['', 'main.tf', 'main.tf'],
  ['', '../outside.tf', '../outside.tf'],
  ['infra', '..\\modules\\x\\main.tf', 'modules/x/main.tf'],
])('in the root %j the file %s is %s of the repository', (directory, file, expected) => {
  expect(atRepository(diagnostic(file), directory).file).toBe(expected)
})

test('a diagnostic without a file keeps none, and has no place', () => {
  expect(atRepository(diagnostic(), 'infra')).toEqual(diagnostic())
  expect(placeOf(diagnostic())).toBeUndefined()
})

test('a place has what is known', () => {
  expect(placeOf({ ...diagnostic('a.tf'), line: 3, column: 1, endLine: 3, endColumn: 9 })).toEqual({
    file: 'a.tf',
    line: 3,
    column: 1,
    endLine: 3,
    endColumn: 9,
  })
  expect(placeOf({ ...diagnostic('a.tf'), line: 3 })).toEqual({ file: 'a.tf', line: 3 })
})

describe('errors for people', () => {
  const box = [
    '╷',
    '│ Error: Unclosed configuration',
    '│ block',
    '│ ',
    '│   on sub/bad.tf line 12, in resource "x":',
    '│   12: resource "x" {',
    '│ ',
    '│ There is no closing brace.',
    '│ ',
    '│ A second paragraph.',
    '╵',
    '╷',
    '│ Error: Missing name for resource',
    '│ ',
    '│ All resource blocks must have 2 labels (type, name).',
    '╵',
  ].join('\n')

  test.each([
    ['in boxes', box],
    ['without', box.replace(/^[│╷╵] ?/gm, '')],
    [
      'after an announcement',
      `Error: Terraform encountered problems during initialisation, including problems\n\n${box}`,
    ],
  ])('%s they are told apart', (_, text) => {
    expect(readPlainErrors(text)).toEqual([
      {
        severity: 'error',
        summary: 'Unclosed configuration block',
        detail:
          'on sub/bad.tf line 12, in resource "x":\n  12: resource "x" {\n\nThere is no closing brace.\n\nA second paragraph.',
        file: 'sub/bad.tf',
        line: 12,
      },
      {
        severity: 'error',
        summary: 'Missing name for resource',
        detail: 'All resource blocks must have 2 labels (type, name).',
      },
    ])
  })

  test('none is no diagnostic; the word alone is none', () => {
    expect(readPlainErrors('')).toEqual([])
    expect(readPlainErrors('Warning: old\nThere was an Error: but not at the start of a line')).toEqual([])
  })

  test('an announcement of which nothing follows is the error', () => {
    const text = 'Error: Terraform encountered problems during initialisation'
    expect(readPlainErrors(text)).toMatchObject([{ summary: expect.stringContaining('encountered problems') }])
  })
})
