import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { expectNoViolations, openScene, type Scene } from '../../lab/github/support/lab.ts'
import type { GitHub } from './client.ts'
import { githubOf } from './fixtures/client.ts'
import {
  branchTip,
  changedPaths,
  commitPeople,
  getPullRequest,
  isAtLeast,
  listLabellings,
  listReviews,
  mergedPullRequests,
  type Permission,
  permissionOf,
  pushersOf,
  reviewDecision,
  runActors,
  runApprovals,
  stateOf,
} from './pull-requests.ts'

let scene: Scene
let github: GitHub

beforeEach(async () => {
  scene = await openScene()
  github = githubOf(scene)
})
afterEach(() => expectNoViolations(scene.lab))

describe('a pull request', () => {
  test('open: where it comes from, where it goes, and the merge that GitHub tries', async () => {
    const { pullRequest, repository } = scene
    expect(await getPullRequest(github, 1)).toEqual({
      number: 1,
      author: 'author',
      headSha: pullRequest.headSha,
      headBranch: 'feature',
      headRepositoryId: repository.id,
      baseRepositoryId: repository.id,
      baseBranch: 'main',
      state: 'open',
      mergeCommitSha: pullRequest.mergeSha,
    })
  })

  test('merged, and closed without', async () => {
    const { pullRequest, repository } = scene
    repository.push({ branch: 'other', files: { 'other.tf': 'b = 1\n' }, by: 'author' })
    const closed = repository.openPullRequest({ head: 'other', author: 'author' })
    closed.close()
    const sha = pullRequest.merge({ by: 'reviewer' })
    expect(await getPullRequest(github, 1)).toMatchObject({ state: 'merged', mergeCommitSha: sha })
    expect(await getPullRequest(github, closed.number)).toMatchObject({ state: 'closed' })
    expect(stateOf({ state: 'closed', merged: null })).toBe('closed')
  })

  test('of a fork has another head repository', async () => {
    const fork = scene.repository.fork({ owner: 'outsider' })
    fork.push({ branch: 'theirs', files: { 'main.tf': 'a = 3\n' }, by: 'outsider' })
    const { number } = scene.repository.openPullRequest({ head: 'theirs', author: 'outsider', fork })
    const pullRequest = await getPullRequest(github, number)
    expect(pullRequest.headRepositoryId).toBe(fork.id)
    expect(pullRequest.baseRepositoryId).toBe(scene.repository.id)
  })
})

describe('the pull request that a commit merged', () => {
  test.each(['merge', 'squash', 'rebase'] as const)(
    '%s: only the commit that the branch was moved to',
    async (method) => {
      const { pullRequest, repository } = scene
      const { headSha } = pullRequest
      const sha = pullRequest.merge({ by: 'reviewer', method })
      expect(await mergedPullRequests(github, sha, 'main')).toEqual([1])
      expect(await mergedPullRequests(github, sha, 'release')).toEqual([])
      if (method === 'merge') expect(await mergedPullRequests(github, headSha, 'main')).toEqual([])
      const pushed = repository.push({ branch: 'main', files: { 'x.tf': '' }, by: 'reviewer' })
      expect(await mergedPullRequests(github, pushed, 'main')).toEqual([])
    },
  )
})

describe('reviews', () => {
  test('in their order, with who and what and when', async () => {
    const { pullRequest, repository, lab } = scene
    const first = pullRequest.headSha
    const approval = pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    repository.push({ branch: 'feature', files: { 'main.tf': 'a = 3\n' }, by: 'author' })
    lab.world.user('robot[bot]')
    pullRequest.review({ by: 'robot[bot]', state: 'COMMENTED' })
    pullRequest.dismiss(approval, 'author')
    expect(await listReviews(github, 1)).toEqual([
      {
        author: 'reviewer',
        authorIsBot: false,
        state: 'DISMISSED',
        commitSha: first,
        submittedAt: approval.submittedAt,
      },
      expect.objectContaining({ author: 'robot[bot]', authorIsBot: true, state: 'COMMENTED' }),
    ])
  })

  test('more than a page', async () => {
    for (let index = 0; index < 130; index++) scene.pullRequest.review({ by: 'reviewer', state: 'COMMENTED' })
    expect(await listReviews(github, 1)).toHaveLength(130)
  })

  test('GitHub’s own decision, when a rule asks for one', async () => {
    expect(await reviewDecision(github, 1)).toBeUndefined()
    scene.pullRequest.requireReview(true)
    expect(await reviewDecision(github, 1)).toBe('REVIEW_REQUIRED')
    scene.pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    expect(await reviewDecision(github, 1)).toBe('APPROVED')
    scene.pullRequest.review({ by: 'reviewer', state: 'CHANGES_REQUESTED' })
    expect(await reviewDecision(github, 1)).toBe('CHANGES_REQUESTED')
  })
})

test('changed paths: a renamed file by both names, a deleted one by its own, over pages', async () => {
  const many = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`many/${index}.tf`, `n = ${index}\n`]))
  const moved = `${Array.from({ length: 20 }, (_, line) => `line ${line}`).join('\n')}\n`
  scene.repository.push({ branch: 'main', files: { '.github/old.yml': moved }, by: 'reviewer' })
  const files = { ...many, '.github/old.yml': null, 'new.yml': moved, 'docs/read.md': null }
  scene.repository.push({ branch: 'large', files, by: 'author' })
  const { number } = scene.repository.openPullRequest({ head: 'large', author: 'author' })
  const paths = await changedPaths(github, number)
  expect(new Set(paths)).toEqual(new Set([...Object.keys(many), '.github/old.yml', 'new.yml', 'docs/read.md']))
})

describe('who pushed', () => {
  const loginsOf = async (sha: string) => new Set((await pushersOf(github, 'feature', sha)).map(({ login }) => login))

  test('everybody who moved the branch to the commit', async () => {
    const { repository, pullRequest } = scene
    expect(await pushersOf(github, 'feature', pullRequest.headSha)).toEqual([{ login: 'author', isBot: false }])
    const sha = repository.push({ branch: 'feature', files: { 'main.tf': 'a = 9\n' }, by: 'reviewer' })
    expect(await loginsOf(sha)).toEqual(new Set(['reviewer']))
    repository.moveBranch('feature', pullRequest.headSha, scene.lab.world.user('author'))
    repository.moveBranch('feature', sha, scene.lab.world.user('author'), 'force_push')
    expect(await loginsOf(sha)).toEqual(new Set(['reviewer', 'author']))
  })

  test('also when more than a page of forced pushes has buried it', async () => {
    const { repository, pullRequest, lab } = scene
    const other = pullRequest.headSha
    const sha = repository.push({ branch: 'feature', files: { 'main.tf': 'a = 9\n' }, by: 'reviewer' })
    const actor = lab.world.user('author')
    for (let index = 0; index < 120; index++) {
      const [before, after] = index % 2 === 0 ? [sha, other] : [other, sha]
      const identity = { id: lab.world.nextId(), at: lab.world.clock.now(), ref: 'refs/heads/feature' }
      repository.activities.push({ ...identity, before, after, type: 'force_push', actor })
    }
    expect(await loginsOf(sha)).toEqual(new Set(['reviewer', 'author']))
  })

  test('a bot is told to be one', async () => {
    const { repository, lab } = scene
    lab.world.user('github-actions[bot]')
    const sha = repository.push({ branch: 'feature', files: { 'main.tf': 'a = 9\n' }, by: 'github-actions[bot]' })
    expect(await pushersOf(github, 'feature', sha)).toEqual([{ login: 'github-actions[bot]', isBot: true }])
  })

  test('nobody is known for another branch, another commit, or a server without the list', async () => {
    expect(await pushersOf(github, 'main', scene.pullRequest.headSha)).toEqual([])
    expect(await pushersOf(github, 'feature', 'a'.repeat(40))).toEqual([])
    scene.lab.faults.add({ path: /activity$/, fault: { kind: 'status', status: 404 } })
    expect(await pushersOf(github, 'feature', scene.pullRequest.headSha)).toEqual([])
  })

  test('a failing server is an error, not nobody', async () => {
    scene.lab.faults.add({ path: /activity$/, fault: { kind: 'status', status: 500 } })
    await expect(pushersOf(github, 'feature', scene.pullRequest.headSha)).rejects.toMatchObject({ status: 500 })
  })

  test('whoever started or repeated a run of the commit, beyond the first page too', async () => {
    const { repository, pullRequest } = scene
    const start = (actor: string, headSha = pullRequest.headSha) => repository.run({ event: 'push', headSha, actor })
    start('author').rerun('maintainer')
    for (let index = 0; index < 110; index++) start('robot[bot]')
    start('outsider', repository.tip('main'))
    expect(new Set(await runActors(github, pullRequest.headSha))).toEqual(
      new Set(['author', 'maintainer', 'robot[bot]']),
    )
  })

  test('the people on the commit', async () => {
    expect(await commitPeople(github, scene.pullRequest.headSha)).toEqual(['author', 'author'])
  })
})

describe('permissions', () => {
  test.each(['read', 'triage', 'write', 'maintain', 'admin'] as const)('%s', async (role) => {
    scene.repository.permit('person', role)
    expect(await permissionOf(github, 'person')).toBe(role)
    expect(await permissionOf(github, 'owner')).toBe('admin')
  })

  test('nobody of that name has none; a failing server is an error', async () => {
    expect(await permissionOf(github, 'nobody-of-that-name')).toBe('none')
    scene.lab.faults.add({ path: /permission$/, fault: { kind: 'status', status: 502 } })
    await expect(permissionOf(github, 'reviewer')).rejects.toMatchObject({ status: 502 })
  })

  test('their order; a word that GitHub may invent is less than any', () => {
    const ORDER: Permission[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin']
    for (const [index, one] of ORDER.entries())
      for (const [other, minimum] of ORDER.entries()) expect(isAtLeast(one, minimum)).toBe(index >= other)
    expect(isAtLeast('owner' as Permission, 'read')).toBe(false)
  })
})

test('labels put on and taken off, in their order, and nothing else of the issue', async () => {
  const { pullRequest } = scene
  pullRequest.label('allow-destroy', 'reviewer')
  pullRequest.unlabel('allow-destroy', 'author')
  pullRequest.label('other', 'author')
  pullRequest.close()
  const labellings = await listLabellings(github, 1)
  expect(labellings.map(({ label, actor, kind }) => [label, actor, kind])).toEqual([
    ['allow-destroy', 'reviewer', 'labeled'],
    ['allow-destroy', 'author', 'unlabeled'],
    ['other', 'author', 'labeled'],
  ])
  const times = labellings.map(({ at }) => at.getTime())
  expect(times).toEqual([...times].sort())
})

test('approvals of a run’s environments', async () => {
  const run = scene.repository.run({ event: 'push', headSha: scene.pullRequest.headSha, actor: 'author' })
  run.approve({ by: 'reviewer', environment: 'production' })
  run.approve({ by: 'robot[bot]', environment: 'test', state: 'rejected' })
  expect(await runApprovals(github, run.id)).toEqual([
    { user: 'reviewer', userIsBot: false, state: 'approved' },
    { user: 'robot[bot]', userIsBot: true, state: 'rejected' },
  ])
})

test('the tip of a branch, and an error for one that is not there', async () => {
  expect(await branchTip(github, 'feature')).toBe(scene.pullRequest.headSha)
  await expect(branchTip(github, 'none')).rejects.toMatchObject({ status: expect.any(Number) })
})
