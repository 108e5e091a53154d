import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { expectNoViolations, openScene, type Scene } from '../../../../lab/github/support/lab.ts'
import { githubOf } from '../../../../lib/github/fixtures/client.ts'
import { listTree, type TreeFile } from '../../../../lib/github/trees.ts'
import { contentReader } from './contents.ts'

let checkout: string
beforeEach(() => {
  checkout = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-contents-')))
})
afterEach(() => rmSync(checkout, { recursive: true, force: true }))

const TEXT = 'a = "ä"\nb = 1\n'

/** A commit with two equal files and a link, and how many blobs were asked for. */
async function openCommit(): Promise<{ scene: Scene; tree: TreeFile[]; blobs: () => number }> {
  const scene = await openScene()
  const files = { 'main.tf': TEXT, 'copy.tf': TEXT, link: { symlink: 'main.tf' } }
  const sha = scene.repository.push({ branch: 'read', files, by: 'author' })
  const tree = await listTree(githubOf(scene), sha, '')
  const blobs = () => scene.lab.requests.filter(({ path }) => path.includes('/git/blobs/')).length
  return { scene, tree, blobs }
}

const named = (tree: readonly TreeFile[], path: string): TreeFile => {
  const file = tree.find((candidate) => candidate.path === path)
  if (!file) throw new Error(`no ${path}`)
  return file
}

test.each([
  ['as it is', TEXT],
  ['with the line ends of Windows', TEXT.replaceAll('\n', '\r\n')],
])('what is checked out %s isn’t asked for', async (_, content) => {
  const { scene, tree, blobs } = await openCommit()
  writeFileSync(join(checkout, 'main.tf'), content)
  symlinkSync('main.tf', join(checkout, 'link'))
  const read = contentReader(githubOf(scene), checkout)
  expect(await read(named(tree, 'main.tf'))).toBe(TEXT)
  expect(await read(named(tree, 'copy.tf'))).toBe(TEXT)
  expect(await read(named(tree, 'link'))).toBe('main.tf')
  expect(blobs()).toBe(0)
})

test('what is checked out otherwise, or not at all, comes from GitHub, equal content once', async () => {
  const { scene, tree, blobs } = await openCommit()
  writeFileSync(join(checkout, 'main.tf'), 'another commit\n')
  const read = contentReader(githubOf(scene), checkout)
  expect(await Promise.all(['main.tf', 'copy.tf', 'link'].map((path) => read(named(tree, path))))).toEqual([
    TEXT,
    TEXT,
    'main.tf',
  ])
  expect(blobs()).toBe(2)
  expectNoViolations(scene.lab)
})
