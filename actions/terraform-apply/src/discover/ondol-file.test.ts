import { describe, expect, test } from '@jest/globals'
import { readOndolFile } from './ondol-file.ts'

test('a full file, and one that only ignores', () => {
  const text = `
roots:
  - directory: infra/network/
  - { directory: ./infra/app, name: app, workspaces: [blue, green], after: [infra/network] }
  - directory: .
    name: top
ignore:
  - sandbox/**
`
  expect(readOndolFile(text)).toEqual({
    roots: [
      { line: 3, directory: 'infra/network', name: 'infra/network', workspaces: [], after: [] },
      { line: 4, directory: 'infra/app', name: 'app', workspaces: ['blue', 'green'], after: ['infra/network'] },
      { line: 5, directory: '', name: 'top', workspaces: [], after: [] },
    ],
    ignore: ['sandbox/**'],
  })
  expect(readOndolFile('ignore: [a, b]')).toEqual({ roots: undefined, ignore: ['a', 'b'] })
})

test.each(['', '\n', '# nothing yet\n', '---\n', '{}'])('%j says nothing', (text) => {
  expect(readOndolFile(text)).toEqual({ roots: undefined, ignore: [] })
})

describe('one clear sentence for', () => {
  test.each<[string, string, string]>([
    ['broken YAML', 'roots: [', "line 1: it isn't valid YAML"],
    ['a key that is there twice', 'ignore: [a]\nignore: [b]', "line 2: it isn't valid YAML: Map keys must be unique"],
    ['two documents', 'ignore: [a]\n---\nignore: [b]', "line 2: it isn't valid YAML"],
    ['a list at the top', '- a', "line 1: the file isn't a map with roots, ignore"],
    ['a text at the top', 'roots', "line 1: the file isn't a map with roots, ignore"],
    [
      'an unknown key',
      'ignore: [a]\nroot:\n  - directory: a',
      'line 2: the file has the key "root"; allowed is roots, ignore',
    ],
    [
      'a misspelt key of a root',
      'roots:\n  - directory: a\n    workspace: b',
      'line 3: an entry of roots has the key "workspace"; allowed is directory, name, workspaces, after',
    ],
    ['a root that is a text', 'roots:\n  - infra', "line 2: an entry of roots isn't a map with directory"],
    ['roots that are no list', 'roots: infra', 'line 1: roots is a list with at least one item, or left out'],
    ['no roots', 'roots: []', 'line 1: roots is a list with at least one item, or left out'],
    ['roots left empty', 'ignore: [a]\nroots:\n', 'roots is a list with at least one item, or left out'],
    ['a root without a directory', 'roots:\n  - name: a', 'line 2: an entry of roots has no directory'],
    ['an empty directory', 'roots:\n  - directory: ""', "line 2: directory isn't a text"],
    [
      'a directory outside',
      'roots:\n  - directory: a/../../b',
      'line 2: the directory "a/../../b" isn\'t in the repository',
    ],
    ['an absolute directory', 'roots:\n  - directory: /srv', 'line 2: the directory "/srv" isn\'t in the repository'],
    ['a name that is a number', 'roots:\n  - directory: a\n    name: 1', "line 3: name isn't a text; put it in quotes"],
    ['a name with blanks', 'roots:\n  - directory: a\n    name: the app', 'line 3: the name "the app" can\'t be used'],
    [
      'a name like a fingerprint',
      'roots:\n  - directory: a\n    name: deadbeefdead',
      'line 3: the name "deadbeefdead" can\'t be used',
    ],
    [
      'a directory that is no name',
      'roots:\n  - directory: the app',
      'line 2: the directory "the app" can\'t stand for a name',
    ],
    [
      'a name twice',
      'roots:\n  - directory: a\n  - directory: b\n    name: a',
      'line 3: the name "a" is that of line 2, too',
    ],
    [
      'a workspace with a slash',
      'roots:\n  - directory: a\n    workspaces: [a/b]',
      'line 3: the workspace "a/b" can\'t be used',
    ],
    ['a workspace twice', 'roots:\n  - directory: a\n    workspaces: [b, b]', 'line 3: workspaces has "b" twice'],
    ['workspaces that are a text', 'roots:\n  - directory: a\n    workspaces: b', 'line 3: workspaces is a list'],
    ['a truth value in a list', 'ignore: [true]', "line 1: an item of ignore isn't a text; put it in quotes"],
    ['a list in a list', 'ignore:\n  - [a]', "line 2: an item of ignore isn't a text"],
    ['an alias', 'ignore: [&a x, *a]', "line 1: an item of ignore isn't a text"],
  ])('%s', (_, text, message) => {
    expect(() => readOndolFile(text)).toThrow(
      expect.objectContaining({
        reason: 'invalid-input',
        message: expect.stringContaining(`ondol.yml ${message.startsWith('line') ? message : 'line'}`),
      }),
    )
    expect(() => readOndolFile(text)).toThrow(message)
    expect(() => readOndolFile(text)).toThrow(/^[^\n]+$/)
  })
})
