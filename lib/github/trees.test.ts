import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { expectNoViolations, openScene } from '../../lab/github/support/lab.ts'
import type { GitHub } from './client.ts'
import { githubOf } from './fixtures/client.ts'
import { listTree } from './trees.ts'

const blob = (text: string): string =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex')

describe('the files of a commit', () => {
  const files = {
    'main.tf': 'a = 1\n',
    'infra/main.tf': 'b = 1\n',
    'infra/modules/net/main.tf': 'c = 1\n',
    'infra/link.tf': { symlink: '../main.tf' },
    'infrastructure/main.tf': 'd = 1\n',
  }

  test('beneath a folder, with Git’s modes and object ids', async () => {
    const scene = await openScene()
    const sha = scene.repository.push({ branch: 'tree', files, by: 'author' })
    const tree = await listTree(githubOf(scene), sha, 'infra')
    expect(tree).toEqual([
      { path: 'infra/link.tf', mode: '120000', sha: blob('../main.tf') },
      { path: 'infra/main.tf', mode: '100644', sha: blob('b = 1\n') },
      { path: 'infra/modules/net/main.tf', mode: '100644', sha: blob('c = 1\n') },
    ])
    expectNoViolations(scene.lab)
  })

  test('of the whole repository, and of a deeper folder', async () => {
    const scene = await openScene()
    const sha = scene.repository.push({ branch: 'tree', files, by: 'author' })
    const paths = async (folder: string) => (await listTree(githubOf(scene), sha, folder)).map(({ path }) => path)
    expect(await paths('')).toEqual([...Object.keys(files), 'docs/read.md'].sort())
    expect(await paths('infra/modules')).toEqual(['infra/modules/net/main.tf'])
  })

  test.each(['none', 'infra/none', 'main.tf', 'infra/main.tf/x'])('none beneath %s', async (folder) => {
    const scene = await openScene()
    const sha = scene.repository.push({ branch: 'tree', files, by: 'author' })
    expect(await listTree(githubOf(scene), sha, folder)).toEqual([])
  })

  test('a commit that isn’t there is an error, not an empty tree', async () => {
    const scene = await openScene()
    await expect(listTree(githubOf(scene), 'a'.repeat(40), '')).rejects.toMatchObject({ status: 404 })
  })
})

test('a listing that GitHub cut is read folder by folder', async () => {
  const scene = await openScene()
  const files = { 'a/1.tf': '1', 'a/b/2.tf': '2', 'a/b/c/3.tf': '3', 'd/4.tf': '4' }
  const sha = scene.repository.push({ branch: 'tree', files, by: 'author' })
  const github = githubOf(scene)
  const whole = await listTree(github, sha, '')
  expect(await listTree(cutting(github), sha, '')).toEqual(expect.arrayContaining(whole))
  expect(await listTree(cutting(github), sha, '')).toHaveLength(whole.length)
})

/** GitHub's limit of 100,000 entries is 1 here: a recursive listing of a folder with folders in it is cut. */
function cutting(github: GitHub): GitHub {
  const getTree = async (request: Parameters<GitHub['rest']['git']['getTree']>[0]) => {
    const reply = await github.rest.git.getTree(request)
    const isCut = request?.recursive !== undefined && reply.data.tree.some(({ type }) => type === 'tree')
    return isCut ? { ...reply, data: { ...reply.data, truncated: true, tree: reply.data.tree.slice(0, 1) } } : reply
  }
  return { ...github, rest: { ...github.rest, git: { ...github.rest.git, getTree } } } as unknown as GitHub
}
