import { describe, expect, test } from '@jest/globals'
import { expectNoViolations, openScene, type Scene } from '../../../../lab/github/support/lab.ts'
import { githubOf } from '../../../../lib/github/fixtures/client.ts'
import { getPullRequest } from '../../../../lib/github/pull-requests.ts'
import type { ApplyComment, Policy } from './approval.ts'
import { gatherFacts } from './facts.ts'

const PLANNED = new Date('2026-01-01T00:01:00Z')
const COMMENT: ApplyComment = {
  author: 'Reviewer',
  authorIsBot: false,
  createdAt: PLANNED,
  triggeringActor: 'outsider',
  namesFingerprint: false,
}

async function gather(scene: Scene, policy: Policy, comment?: ApplyComment, runId = 0) {
  const { lab, pullRequest } = scene
  const github = githubOf(scene)
  const asked = lab.requests.length
  const facts = await gatherFacts(
    github,
    await getPullRequest(github, pullRequest.number),
    PLANNED,
    policy,
    comment,
    runId,
  )
  expectNoViolations(lab)
  return { facts, paths: lab.requests.slice(asked).map(({ path }) => path.replace(/\?.*/, '')) }
}

describe('under review', () => {
  test('who reviewed, who pushed, what changes, and what everyone concerned may do', async () => {
    const scene = await openScene()
    scene.pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    scene.pullRequest.review({ by: 'outsider', state: 'COMMENTED' })
    const { facts } = await gather(scene, 'review', COMMENT)
    expect(facts).toMatchObject({
      plannedAt: PLANNED,
      lastPushers: ['author'],
      reviews: [
        { author: 'reviewer', state: 'APPROVED', commitSha: scene.pullRequest.headSha, authorIsBot: false },
        { author: 'outsider', state: 'COMMENTED' },
      ],
      reviewDecision: undefined,
      changedPaths: ['main.tf'],
      changedPathsComplete: true,
      runApprovals: [],
    })
    expect(facts.permissions).toEqual(
      new Map([
        ['reviewer', 'write'],
        ['outsider', 'read'],
      ]),
    )
  })

  test('the last pusher is who pushed the head, not who wrote it', async () => {
    const scene = await openScene()
    scene.repository.permit('pusher', 'write')
    scene.repository.push({ branch: 'feature', files: { 'main.tf': 'a = 3\n' }, by: 'pusher' })
    expect((await gather(scene, 'review')).facts.lastPushers).toEqual(['pusher'])
  })

  test('where GitHub tells no pusher, the people on the commit count', async () => {
    const scene = await openScene()
    scene.lab.faults.add({ path: /\/activity$/, fault: { kind: 'status', status: 404 } })
    expect(new Set((await gather(scene, 'review')).facts.lastPushers)).toEqual(new Set(['author']))
  })

  test('behind a bot’s push stand the people on the commit and those who started its runs', async () => {
    const scene = await openScene()
    const { repository, pullRequest, lab } = scene
    lab.world.user('robot', { type: 'Bot' })
    repository.push({ branch: 'feature', files: { 'main.tf': 'a = 3\n' }, by: 'robot' })
    const run = repository.run({ event: 'workflow_dispatch', headSha: pullRequest.headSha, actor: 'starter' })
    run.rerun('repeater')
    expect((await gather(scene, 'review')).facts.lastPushers).toEqual(
      expect.arrayContaining(['robot', 'starter', 'repeater']),
    )
  })

  test('a person who pushed it as well is known, and nobody else is asked for', async () => {
    const scene = await openScene()
    const { repository, pullRequest, lab } = scene
    lab.world.user('robot', { type: 'Bot' })
    const sha = repository.push({ branch: 'feature', files: { 'main.tf': 'a = 3\n' }, by: 'robot' })
    repository.moveBranch('feature', repository.tip('main'), lab.world.user('pusher'), 'force_push')
    repository.moveBranch('feature', sha, lab.world.user('pusher'), 'force_push')
    repository.run({ event: 'push', headSha: pullRequest.headSha, actor: 'starter' })
    const { facts, paths } = await gather(scene, 'review')
    expect(new Set(facts.lastPushers)).toEqual(new Set(['robot', 'pusher']))
    expect(paths).not.toContainEqual(expect.stringMatching(/\/runs$/))
  })

  test('a push beneath more than a page of later ones is found', async () => {
    const scene = await openScene()
    const { repository, lab } = scene
    const actor = lab.world.user('robot', { type: 'Bot' })
    const other = repository.tip('feature')
    const sha = repository.push({ branch: 'feature', files: { 'main.tf': 'a = 3\n' }, by: 'pusher' })
    for (let index = 0; index < 120; index++) {
      const [before, after] = index % 2 === 0 ? [sha, other] : [other, sha]
      const identity = { id: lab.world.nextId(), at: lab.world.clock.now(), ref: 'refs/heads/feature' }
      repository.activities.push({ ...identity, before, after, type: 'force_push', actor })
    }
    expect((await gather(scene, 'review')).facts.lastPushers).toContain('pusher')
  })

  test('a file that was renamed counts by both names', async () => {
    const scene = await openScene()
    const content = 'on: push\n'.repeat(20)
    scene.repository.push({ branch: 'main', files: { '.github/workflows/a.yml': content }, by: 'owner' })
    scene.repository.push({
      branch: 'moved',
      files: { '.github/workflows/a.yml': null, 'harmless.yml': content },
      by: 'author',
    })
    const pullRequest = scene.repository.openPullRequest({ head: 'moved', author: 'author' })
    const { facts } = await gather({ ...scene, pullRequest }, 'review')
    expect([...facts.changedPaths].sort()).toEqual(['.github/workflows/a.yml', 'harmless.yml'])
  })

  test('a required review is GitHub’s own word', async () => {
    const scene = await openScene()
    scene.pullRequest.requireReview(true)
    expect((await gather(scene, 'review')).facts.reviewDecision).toBe('REVIEW_REQUIRED')
  })

  test('a failure of GitHub is a failure, never a missing fact', async () => {
    const scene = await openScene()
    scene.lab.faults.add({ path: /\/reviews$/, fault: { kind: 'status', status: 500 } })
    await expect(gather(scene, 'review')).rejects.toMatchObject({ status: 500 })
  })
})

describe('no more is asked than the policy needs', () => {
  test.each<[Policy, RegExp[], RegExp[]]>([
    ['none', [/\/files$/], [/\/reviews$/, /graphql/, /approvals$/, /activity$/]],
    ['merged', [/\/files$/], [/\/reviews$/, /graphql/, /approvals$/, /activity$/]],
    ['environment', [/\/files$/, /approvals$/, /activity$/], [/\/reviews$/, /graphql/]],
    ['review', [/\/files$/, /\/reviews$/, /graphql/, /activity$/], [/approvals$/]],
  ])('%s', async (policy, asked, spared) => {
    const scene = await openScene()
    const run = scene.repository.run({ event: 'push', headSha: scene.pullRequest.headSha, actor: 'author' })
    const { paths } = await gather(scene, policy, undefined, run.id)
    for (const path of asked) expect(paths).toContainEqual(expect.stringMatching(path))
    for (const path of spared) expect(paths).not.toContainEqual(expect.stringMatching(path))
  })

  test('files of a merged one', async () => {
    const scene = await openScene()
    scene.pullRequest.merge({ by: 'reviewer' })
    const { facts, paths } = await gather(scene, 'merged')
    expect(paths).not.toContainEqual(expect.stringMatching(/\/files$/))
    expect(facts.pullRequest.state).toBe('merged')
  })
})

test('under environment: who approved this very run', async () => {
  const scene = await openScene()
  const start = () => scene.repository.run({ event: 'push', headSha: scene.pullRequest.headSha, actor: 'author' })
  const [run, other] = [start(), start()]
  run.approve({ by: 'reviewer', environment: 'production' })
  other.approve({ by: 'outsider', environment: 'production' })
  const { facts } = await gather(scene, 'environment', undefined, run.id)
  expect(facts.runApprovals).toEqual([{ user: 'reviewer', userIsBot: false, state: 'approved' }])
  expect(facts.permissions).toEqual(new Map([['reviewer', 'write']]))
})
