import { describe, expect, test } from '@jest/globals'
import { codebaseOf, type Files, moduleFile, rootFile } from './fixtures/snapshot.ts'
import { rootsOf } from './roots.ts'

const rootsIn = async (files: Files) => rootsOf(await codebaseOf(files)).roots

const folders = (...names: string[]): Files => Object.fromEntries(names.map((name) => [`${name}/main.tf`, rootFile()]))

describe('found roots', () => {
  test('are named by their folders, in the order of these', async () => {
    expect(await rootsIn({ ...folders('infra/b', 'infra/a b'), 'main.tf': rootFile() })).toEqual([
      { name: '.', directory: '', workspace: '' },
      { name: 'infra/a-b', directory: 'infra/a b', workspace: '' },
      { name: 'infra/b', directory: 'infra/b', workspace: '' },
    ])
  })

  test('drop what ondol.yml ignores', async () => {
    const files = { ...folders('infra/a', 'sandbox/b', 'old'), 'ondol.yml': 'ignore: [sandbox/**, old]\n' }
    expect((await rootsIn(files)).map(({ name }) => name)).toEqual(['infra/a'])
  })

  test.each([
    [folders('a b', 'a-b'), /"a b" and "a-b" both have the name a-b/],
    [folders('deadbeefdead'), /"deadbeefdead" is a root, but can't stand for its name/],
  ])('that names can’t tell apart are refused', async (files, message) => {
    await expect(rootsIn(files)).rejects.toThrow(message)
  })
})

describe('listed roots', () => {
  const listed = (text: string, ...names: string[]) =>
    rootsIn({ ...folders('net', 'app', ...names), 'lib/main.tf': moduleFile(), 'ondol.yml': text })

  test('are those of the list alone, with a leg for each workspace, in order', async () => {
    const text = `
roots:
  - directory: app
    workspaces: [blue, green]
    after: [base]
  - directory: net
    name: base
    workspaces: [default]
  - directory: lib
`
    expect(await listed(text, 'unlisted')).toEqual([
      { name: 'base', directory: 'net', workspace: 'default' },
      { name: 'app-blue', directory: 'app', workspace: 'blue' },
      { name: 'app-green', directory: 'app', workspace: 'green' },
      { name: 'lib', directory: 'lib', workspace: '' },
    ])
  })

  test('may have one folder under several names, by workspace', async () => {
    const text =
      'roots:\n  - {directory: app, name: prod, workspaces: [prod]}\n  - {directory: app, name: dev, workspaces: [dev]}\n'
    expect((await listed(text)).map(({ name, workspace }) => [name, workspace])).toEqual([
      ['prod', 'prod'],
      ['dev', 'dev'],
    ])
  })

  test('lose those that are ignored', async () => {
    const text = 'roots:\n  - directory: app\n  - {directory: net, after: [app]}\nignore: [app]\n'
    expect((await listed(text)).map(({ name }) => name)).toEqual(['net'])
  })

  test.each([
    [
      'roots:\n  - directory: app\n  - directory: gone\n',
      'ondol.yml line 3: the directory "gone" has no configuration',
    ],
    ['roots:\n  - directory: app/main.tf\n', 'ondol.yml line 2: the directory "app/main.tf" has no configuration'],
    ['roots:\n  - directory: app\n  - {directory: ./app, name: again}\n', 'ondol.yml lists the directory app twice'],
    [
      'roots:\n  - directory: app\n  - {directory: app, name: x, workspaces: [default]}\n',
      'ondol.yml lists the directory app with the workspace default twice',
    ],
    [
      'roots:\n  - {directory: app, workspaces: [a, b]}\n  - {directory: net, name: app-a}\n',
      '"app" and "net" both have the name app-a',
    ],
    [`roots:\n  - {directory: app, name: ${'n'.repeat(99)}, workspaces: [a, b]}\n`, 'is too long'],
  ])('%j is refused', async (text, message) => {
    await expect(listed(text)).rejects.toMatchObject({
      reason: 'invalid-input',
      message: expect.stringContaining(message),
    })
  })
})
