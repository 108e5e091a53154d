import { expect, test } from '@jest/globals'
import { openScene } from '../../../../lab/github/support/lab.ts'
import { pullRequestOfEvent } from './pull-request.ts'

test('the pull request as the event tells it, not as it is now', async () => {
  const { repository, pullRequest } = await openScene()
  const payload = repository.eventPayload('pull_request', { pullRequest, action: 'opened' })
  const headSha = pullRequest.headSha
  repository.push({ branch: 'feature', files: { 'main.tf': 'a = 3\n' }, by: 'author' })
  expect(pullRequest.headSha).not.toBe(headSha)
  expect(pullRequestOfEvent(payload)).toEqual({
    number: 1,
    author: 'author',
    headSha,
    headBranch: 'feature',
    headRepositoryId: repository.id,
    baseRepositoryId: repository.id,
    baseBranch: 'main',
    state: 'open',
    mergeCommitSha: expect.stringMatching(/^[0-9a-f]{40}$/),
  })
})

test('a fork has another repository, one that is gone has none', async () => {
  const { lab, repository } = await openScene()
  lab.world.user('outsider')
  const fork = repository.fork({ owner: 'outsider' })
  fork.push({ branch: 'theirs', files: { 'x.tf': '' }, by: 'outsider' })
  const foreign = repository.openPullRequest({ head: 'theirs', author: 'outsider', fork })
  const payload = repository.eventPayload('pull_request', { pullRequest: foreign, action: 'opened' })
  expect(pullRequestOfEvent(payload)).toMatchObject({ headRepositoryId: fork.id, baseRepositoryId: repository.id })
  const gone = JSON.parse(JSON.stringify(payload)) as { pull_request: { head: { repo: unknown } } }
  gone.pull_request.head.repo = null
  expect(pullRequestOfEvent(gone)).toMatchObject({ headRepositoryId: undefined })
})

test('merged and closed ones are told apart', async () => {
  const { repository, pullRequest } = await openScene()
  const stateOf = () =>
    pullRequestOfEvent(repository.eventPayload('pull_request', { pullRequest, action: 'closed' }))?.state
  pullRequest.close()
  expect(stateOf()).toBe('closed')
})

test('no pull request, none; one without head or base is unsupported', () => {
  expect(pullRequestOfEvent({})).toBeUndefined()
  expect(pullRequestOfEvent({ issue: { number: 1 } })).toBeUndefined()
  expect(() => pullRequestOfEvent({ pull_request: { number: 1, user: { login: 'author' } } })).toThrow(
    expect.objectContaining({ reason: 'unsupported-event' }),
  )
})
