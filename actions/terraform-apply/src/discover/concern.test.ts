import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { changedPaths } from './changes.ts'
import { type Concern, concernedRoots, goneRoots } from './concern.ts'
import { codebaseOf, type Files, moduleFile, rootFile } from './fixtures/snapshot.ts'
import { rootsOf } from './roots.ts'

/** What a change of the files (`null` deletes one) concerns: the reason by the root's name. */
async function concerns(files: Files, change: Record<string, Files[string] | null>): Promise<Record<string, Concern>> {
  const after = Object.fromEntries(
    Object.entries({ ...files, ...change }).filter(([, content]) => content !== null),
  ) as Files
  const [old, now] = [await codebaseOf(files), await codebaseOf(after)]
  const paths = changedPaths(old.snapshot.files, now.snapshot.files)
  const difference = { paths, rootsBefore: rootsOf(old).roots }
  const verdicts = concernedRoots(rootsOf(now).roots, difference, now, '.terraform-version')
  return Object.fromEntries(verdicts.flatMap(({ root, concern }) => (concern ? [[root.name, concern]] : [])))
}

const concerned = async (files: Files, change: Record<string, Files[string] | null>) =>
  Object.keys(await concerns(files, change)).sort()

describe('a change', () => {
  const files: Files = {
    'a/main.tf': rootFile('../modules/net'),
    'a/.terraform.lock.hcl': 'one',
    'b/main.tf': `${rootFile()}locals {\n  text = file("../data/b.json")\n}\n`,
    'b/nested/main.tf': rootFile(),
    'b/nested/.terraform.lock.hcl': 'one',
    'c/main.tf': rootFile('./net'),
    'c/net': { symlink: '../modules/net' },
    'modules/net/main.tf': moduleFile(),
    'modules/net/.terraform.lock.hcl': 'one',
    'modules/unused/main.tf': moduleFile(),
    'data/b.json': '{}',
    'a/.terraform-version': '1.11.4',
    '.terraform-version': '1.11.3',
    'README.md': 'text',
  }

  test.each<[string, Record<string, Files[string] | null>, string[]]>([
    ['of a root’s file', { 'a/main.tf': rootFile() }, ['a']],
    ['of any file in a root’s folder', { 'a/templates/x.sh': 'true' }, ['a']],
    ['of a module, also by a link', { 'modules/net/main.tf': `${moduleFile()}# more` }, ['a', 'c']],
    ['a new file of a module', { 'modules/net/sub/x.json': '{}' }, ['a', 'c']],
    ['a deleted module', { 'modules/net/main.tf': null }, ['a', 'c']],
    ['of a module that nobody calls', { 'modules/unused/main.tf': '' }, []],
    ['of a named file', { 'data/b.json': '[]' }, ['b']],
    ['a deleted named file', { 'data/b.json': null }, ['b']],
    ['of a file beside the named one', { 'data/c.json': '[]' }, []],
    ['a turned link', { 'c/net': { symlink: '../modules/unused' } }, ['c']],
    ['a link that becomes a folder', { 'c/net': null, 'c/net/main.tf': moduleFile() }, ['c']],
    ['of a nested root, which lies in the outer one', { 'b/nested/main.tf': `${rootFile()}# more` }, ['b', 'b/nested']],
    ['of a lock file', { 'a/.terraform.lock.hcl': 'two' }, ['a']],
    ['of the lock file of a nested root', { 'b/nested/.terraform.lock.hcl': 'two' }, ['b/nested']],
    ['of the lock file of a module', { 'modules/net/.terraform.lock.hcl': 'two' }, []],
    ['of the version for all but those with their own', { '.terraform-version': '1.11.5' }, ['b', 'b/nested', 'c']],
    ['a deleted version', { 'a/.terraform-version': null }, ['a']],
    ['of something else', { 'README.md': 'other', 'docs/x.md': 'new' }, []],
    ['a new root', { 'd/main.tf': rootFile() }, ['d']],
    [
      'a renamed root',
      {
        'a/main.tf': null,
        'a/.terraform.lock.hcl': null,
        'a/.terraform-version': null,
        'd/main.tf': rootFile('../modules/net'),
      },
      ['d'],
    ],
    ['a call that is taken out', { 'a/main.tf': rootFile(), 'modules/net/main.tf': '# other' }, ['a', 'c']],
    ['none', {}, []],
  ])('%s', async (_, change, roots) => {
    expect(await concerned(files, change)).toEqual(roots)
  })

  test('is told with the nearest reason', async () => {
    const change = { 'modules/net/main.tf': '# other', 'b/main.tf': rootFile() }
    expect(await concerns(files, change)).toEqual({
      a: {
        kind: 'changed',
        path: 'modules/net/main.tf',
        because: { kind: 'module', folder: 'modules/net', calledBy: 'a/main.tf' },
      },
      b: { kind: 'changed', path: 'b/main.tf', because: { kind: 'own' } },
      c: {
        kind: 'changed',
        path: 'modules/net/main.tf',
        because: { kind: 'module', folder: 'modules/net', calledBy: 'c/main.tf' },
      },
    })
  })
})

describe('of ondol.yml', () => {
  const listed = (...entries: string[]) => `roots:\n${entries.map((entry) => `  - {${entry}}\n`).join('')}`
  const files: Files = {
    'a/main.tf': rootFile(),
    'b/main.tf': rootFile(),
    'ondol.yml': listed('directory: a', 'directory: b, workspaces: [x, y]'),
  }

  test.each<[string, string | null, string[]]>([
    ['a comment', `# text\n${String(files['ondol.yml'])}`, []],
    ['the order', listed('directory: b, workspaces: [x, y]', 'directory: a, after: [b]'), []],
    ['a name', listed('directory: a, name: base', 'directory: b, workspaces: [x, y]'), ['base']],
    ['another workspace', listed('directory: a', 'directory: b, workspaces: [x, y, z]'), ['b-z']],
    ['a workspace less', listed('directory: a', 'directory: b, workspaces: [x]'), ['b']],
    ['an entry less', listed('directory: a'), []],
    ['no file', null, ['b']],
  ])('%s', async (_, text, roots) => {
    expect(await concerned(files, { 'ondol.yml': text })).toEqual(roots)
  })

  test('a root that is ignored no longer is new', async () => {
    const ignoring = { ...files, 'ondol.yml': 'ignore: [b]\n' }
    expect(await concerns(ignoring, { 'ondol.yml': '{}' })).toEqual({ b: { kind: 'new' } })
  })

  test('one that could not be read before makes every root new', async () => {
    const now = await codebaseOf(files)
    const verdicts = concernedRoots(
      rootsOf(now).roots,
      { paths: ['ondol.yml'], rootsBefore: undefined },
      now,
      '.terraform-version',
    )
    expect(verdicts.map(({ concern }) => concern)).toEqual(Array(3).fill({ kind: 'new' }))
  })
})

test('roots are gone by their folder and workspace, whatever they are called', () => {
  const root = (name: string, directory: string, workspace = '') => ({ name, directory, workspace })
  const before = [root('a', 'a'), root('b', 'b'), root('c-x', 'c', 'x'), root('c-y', 'c', 'y')]
  const now = [root('other', 'a', 'default'), root('b', 'moved'), root('c', 'c', 'x')]
  expect(goneRoots(before, now)).toEqual([root('b', 'b'), root('c-y', 'c', 'y')])
})

test('a change of a module concerns exactly the roots from which calls lead to it', async () => {
  const COUNT = 7
  const node = fc.nat(COUNT - 1)
  const edges = fc.uniqueArray(fc.tuple(node, node), { maxLength: 14, selector: String })
  await fc.assert(
    fc.asyncProperty(edges, fc.uniqueArray(node), node, async (calls, roots, changed) => {
      const sources = (from: number) => calls.filter(([caller]) => caller === from).map(([, to]) => `../m${to}`)
      const files: Record<string, string> = {}
      for (let index = 0; index < COUNT; index++) files[`lib/m${index}/main.tf`] = moduleFile(...sources(index))
      for (const index of roots) files[`r${index}/main.tf`] = rootFile(`../lib/m${index}`)
      const reach = closureOfCalls(calls, COUNT)
      const expected = roots.filter((root) => reach[root]?.[changed]).map((root) => `r${root}`)
      expect(await concerned(files, { [`lib/m${changed}/added.txt`]: 'text' })).toEqual(expected.sort())
    }),
    { numRuns: 60 },
  )
})

test('three hundred roots over thirty modules, and thousands of other files, take less than a second', async () => {
  const files: Record<string, string> = {}
  for (let index = 0; index < 30; index++) files[`lib/m${index}/main.tf`] = moduleFile(`../m${(index + 1) % 30}`)
  for (let index = 0; index < 300; index++) files[`live/r${index}/main.tf`] = rootFile(`../../lib/m${index % 30}`)
  for (let index = 0; index < 10_000; index++) files[`app/src/f${index}.ts`] = ''
  const started = process.cpuUsage()
  expect(await concerned(files, { 'lib/m0/x.json': '{}' })).toHaveLength(300)
  expect(process.cpuUsage(started).user).toBeLessThan(1_000_000)
})

/** Which module leads to which, by Warshall's algorithm. */
function closureOfCalls(calls: readonly (readonly [number, number])[], count: number): boolean[][] {
  const indices = Array.from({ length: count }, (_, index) => index)
  const reach = indices.map((from) =>
    indices.map((to) => from === to || calls.some(([a, b]) => a === from && b === to)),
  )
  for (const by of indices)
    for (const from of indices)
      for (const to of indices) if (reach[from]?.[by] && reach[by]?.[to]) (reach[from] ?? [])[to] = true
  return reach
}
