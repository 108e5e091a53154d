import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { clientOf, expectNoViolations, openScene, startLab } from './support/lab.ts'
import { git, readCommit } from './world/git.ts'

function fileAt(gitDir: string, ref: string, path: string): string {
  return git(gitDir, ['show', `${ref}:${path}`])
}

describe('a merge', () => {
  const methods = ['merge', 'squash', 'rebase'] as const

  test.each(methods)('by %s brings the same tree to the base and is found by its commit', async (method) => {
    const scene = await openScene()
    const { repository, pullRequest, where } = scene
    const { rest } = clientOf(scene)
    repository.push({ branch: 'feature', files: { 'new.tf': 'n = 1\n' }, message: 'Add n', by: 'author' })
    repository.push({ branch: 'main', files: { 'other.tf': 'o = 1\n' }, by: 'owner' })
    const head = pullRequest.headSha
    const sha = pullRequest.merge({ by: 'reviewer', method })
    const { gitDir } = repository
    expect(repository.tip('main')).toBe(sha)
    expect(git(gitDir, ['ls-tree', '-r', '--name-only', sha]).split('\n')).toEqual([
      'docs/read.md',
      'main.tf',
      'new.tf',
      'other.tf',
    ])
    expect(fileAt(gitDir, sha, 'main.tf')).toBe('a = 2')
    expect(readCommit(gitDir, sha).parents).toHaveLength(method === 'merge' ? 2 : 1)
    const own = git(gitDir, ['rev-list', '--count', `${sha}~1..${sha}`, '--first-parent'])
    expect(own).toBe('1')
    const added = { merge: 3, squash: 1, rebase: 2 }[method]
    expect(pullRequest.merged?.commits).toHaveLength(added)
    const pulls = async (commit_sha: string) =>
      (await rest.repos.listPullRequestsAssociatedWithCommit({ ...where, commit_sha })).data.map(({ number }) => number)
    expect(await pulls(sha)).toEqual([1])
    expect(await pulls(head)).toEqual([1])
    expect(await pulls(pullRequest.baseSha)).toEqual([])
    const { data } = await rest.pulls.get({ ...where, pull_number: 1 })
    expect(data).toMatchObject({
      merged: true,
      state: 'closed',
      merge_commit_sha: sha,
      merged_by: { login: 'reviewer' },
    })
    const { data: commit } = await rest.git.getCommit({ ...where, commit_sha: sha })
    expect(commit.tree.sha).toBe(git(gitDir, ['rev-parse', `${sha}^{tree}`]))
    expectNoViolations(scene.lab)
  })

  test('by rebase leaves out the merges that the branch holds', async () => {
    const { repository, pullRequest } = await openScene()
    repository.push({ branch: 'main', files: { 'other.tf': 'o = 1\n' }, by: 'owner' })
    repository.openPullRequest({ head: 'main', base: 'feature', author: 'author' }).merge({ by: 'author' })
    const sha = pullRequest.merge({ by: 'owner', method: 'rebase' })
    expect(pullRequest.merged?.commits).toEqual([sha])
    expect(readCommit(repository.gitDir, sha)).toMatchObject({ message: 'Raise a' })
    expect(fileAt(repository.gitDir, sha, 'other.tf')).toBe('o = 1')
  })

  test('is refused on a conflict, and then there is no merge ref', async () => {
    const scene = await openScene()
    const { repository, pullRequest } = scene
    expect(fileAt(repository.gitDir, pullRequest.mergeSha, 'main.tf')).toBe('a = 2')
    repository.push({ branch: 'main', files: { 'main.tf': 'a = 9\n' }, by: 'owner' })
    expect(() => pullRequest.mergeSha).toThrow('conflicts')
    for (const method of methods) expect(() => pullRequest.merge({ by: 'owner', method })).toThrow('conflicts')
    const { data } = await clientOf(scene).rest.pulls.get({ ...scene.where, pull_number: 1 })
    expect(data).toMatchObject({ mergeable: false, mergeable_state: 'dirty', merged: false })
    repository.push({ branch: 'main', files: { 'main.tf': 'a = 1\n', 'x.tf': 'x' }, by: 'owner' })
    expect(git(repository.gitDir, ['rev-parse', 'refs/pull/1/merge'])).toBe(pullRequest.mergeSha)
    expect(fileAt(repository.gitDir, 'refs/pull/1/merge', 'x.tf')).toBe('x')
    expectNoViolations(scene.lab)
  })
})

test('pushes, forced ones too, are told by the activity list', async () => {
  const scene = await openScene()
  const { repository, pullRequest, where } = scene
  const first = pullRequest.headSha
  const second = repository.push({ branch: 'feature', files: { 'b.tf': 'b' }, by: 'author' })
  const third = repository.push({ branch: 'feature', files: { 'b.tf': 'c' }, by: 'reviewer', force: true })
  expect(readCommit(repository.gitDir, third).parents).toEqual([first])
  expect(pullRequest.headSha).toBe(third)
  const { data } = await clientOf(scene).rest.repos.listActivities({ ...where, ref: 'refs/heads/feature' })
  const created = '0'.repeat(40)
  expect(data.map((one) => [one.activity_type, one.actor?.login, one.before, one.after])).toEqual([
    ['force_push', 'reviewer', second, third],
    ['push', 'author', first, second],
    ['branch_creation', 'author', created, first],
  ])
  const octokit = clientOf(scene)
  const paged = await octokit.paginate(octokit.rest.repos.listActivities, { ...where, ref: 'feature', per_page: 1 })
  expect(paged.map(({ id }) => id)).toEqual(data.map(({ id }) => id))
  expectNoViolations(scene.lab)
})

test('a fork’s pull request is fetched, listed and kept up to date', async () => {
  const scene = await openScene()
  const { repository, where } = scene
  const fork = repository.fork({ owner: 'outsider' })
  fork.push({ branch: 'idea', files: { 'fork.tf': 'f' }, by: 'outsider' })
  const pullRequest = repository.openPullRequest({ head: 'idea', author: 'outsider', fork })
  const sha = fork.push({ branch: 'idea', files: { 'fork.tf': 'g' }, by: 'outsider' })
  expect(pullRequest.headSha).toBe(sha)
  const { rest } = clientOf(scene)
  const { data } = await rest.pulls.get({ ...where, pull_number: pullRequest.number })
  expect(data.head.repo?.id).toBe(fork.id)
  expect(data.base.repo.id).toBe(repository.id)
  const { data: files } = await rest.pulls.listFiles({ ...where, pull_number: pullRequest.number })
  expect(files.map(({ filename, patch }) => [filename, patch])).toEqual([
    ['fork.tf', '@@ -0,0 +1 @@\n+g\n\\ No newline at end of file'],
  ])
  expect((await rest.repos.getCommit({ ...where, ref: sha })).data.stats?.total).toBe(2)
  expectNoViolations(scene.lab)
})

test('files are listed with their kind of change, against the fork point', async () => {
  const scene = await openScene()
  const { repository, pullRequest, where } = scene
  repository.push({ branch: 'main', files: { 'only-on-main.tf': 'm' }, by: 'owner' })
  const files = {
    'docs/read.md': null,
    'docs/moved.md': 'text\n',
    'bin.dat': Buffer.from([0, 255, 0]),
    'a "b" ü.txt': 'q',
  }
  repository.push({ branch: 'feature', files, by: 'author' })
  const { rest } = clientOf(scene)
  const { data } = await rest.pulls.listFiles({ ...where, pull_number: pullRequest.number })
  const rows = data.map(({ filename, status, previous_filename, patch }) => [
    filename,
    status,
    previous_filename,
    patch,
  ])
  expect(rows).toEqual([
    ['a "b" ü.txt', 'added', undefined, '@@ -0,0 +1 @@\n+q\n\\ No newline at end of file'],
    ['bin.dat', 'added', undefined, undefined],
    ['docs/moved.md', 'renamed', 'docs/read.md', undefined],
    ['main.tf', 'modified', undefined, '@@ -1 +1 @@\n-a = 1\n+a = 2'],
  ])
  const { data: compare } = await rest.repos.compareCommitsWithBasehead({ ...where, basehead: 'main...feature' })
  expect(compare).toMatchObject({ status: 'diverged', ahead_by: 2, behind_by: 1, total_commits: 2 })
  expect(compare.files?.map(({ filename }) => filename)).toEqual(data.map(({ filename }) => filename))
  expectNoViolations(scene.lab)
})

test('trees, blobs and contents are git’s own', async () => {
  const lab = await startLab()
  const big = 'x'.repeat(1024 * 1024 + 1)
  const files = { 'a.txt': 'hello', 'd/e.txt': 'deep', link: { symlink: 'a.txt' }, 'big.txt': big }
  const repository = lab.world.repository({ owner: 'owner', name: 'site', files })
  const pullRequest = { headSha: repository.tip('main') }
  const scene = { lab, repository, where: { owner: 'owner', repo: 'site' } }
  const run = repository.run({ event: 'push', headSha: pullRequest.headSha, actor: 'owner' })
  const { getOctokit } = await import('@actions/github')
  const { rest } = getOctokit(run.token, { baseUrl: lab.apiUrl })
  const { data: tree } = await rest.git.getTree({ ...scene.where, tree_sha: 'main', recursive: 'true' })
  expect(tree.sha).toBe(git(repository.gitDir, ['rev-parse', 'main^{tree}']))
  expect(tree.tree.map(({ path, mode, type }) => `${mode} ${type} ${path}`)).toEqual([
    '100644 blob a.txt',
    '100644 blob big.txt',
    '040000 tree d',
    '100644 blob d/e.txt',
    '120000 blob link',
  ])
  const flat = await rest.git.getTree({ ...scene.where, tree_sha: pullRequest.headSha })
  expect(flat.data.tree.map(({ path }) => path)).toEqual(['a.txt', 'big.txt', 'd', 'link'])
  const deep = tree.tree.find(({ path }) => path === 'd/e.txt')
  const { data: blob } = await rest.git.getBlob({ ...scene.where, file_sha: deep?.sha ?? '' })
  expect(Buffer.from(blob.content, 'base64').toString()).toBe('deep')
  const content = (path: string) => rest.repos.getContent({ ...scene.where, path })
  expect((await content('d')).data).toMatchObject([{ type: 'file', path: 'd/e.txt' }])
  expect((await content('')).data).toHaveLength(4)
  expect((await content('link')).data).toMatchObject({ type: 'symlink', target: 'a.txt' })
  expect((await content('big.txt')).data).toMatchObject({ encoding: 'none', content: '', size: big.length })
  const raw = await rest.repos.getContent({ ...scene.where, path: 'big.txt', mediaType: { format: 'raw' } })
  expect(raw.data).toBe(big)
  await expect(content('none.txt')).rejects.toMatchObject({ status: 404 })
  expectNoViolations(lab)
})

test('a checkout is detached, one commit deep and has its .git', async () => {
  const scene = await openScene()
  const { repository, pullRequest } = scene
  repository.push({ branch: 'feature', files: { link: { symlink: 'main.tf' } }, by: 'author' })
  const folder = mkdtempSync(join(tmpdir(), 'ondol-checkout-'))
  try {
    await repository.checkout('refs/pull/1/merge', folder)
    const inside = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim()
    expect(inside('rev-parse', 'HEAD')).toBe(pullRequest.mergeSha)
    expect(inside('rev-parse', '--abbrev-ref', 'HEAD')).toBe('HEAD')
    expect(inside('rev-list', '--count', 'HEAD')).toBe('1')
    expect(inside('status', '--porcelain')).toBe('')
    expect(readFileSync(join(folder, 'main.tf'), 'utf8')).toBe('a = 2\n')
    expect(readlinkSync(join(folder, 'link'))).toBe('main.tf')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
