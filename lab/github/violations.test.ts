import { describe, expect, test } from '@jest/globals'
import { WEBHOOKS } from './openapi/operations.ts'
import { githubValidator } from './openapi/validate.ts'
import { clientOf, expectNoViolations, openScene, type Scene } from './support/lab.ts'

function send(scene: Scene, method: string, path: string, body?: unknown) {
  const run = scene.repository.run({ event: 'push', headSha: scene.pullRequest.headSha, actor: 'author' })
  const headers = { authorization: `Bearer ${run.token}`, 'user-agent': 'test' }
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  return fetch(`${scene.lab.apiUrl}${path}`, { method, headers, ...content })
}

describe('a request is found wrong', () => {
  const comments = '/repos/owner/site/issues/1/comments'

  test.each([
    ['without a body', 'POST', comments, undefined, 422, 'body is missing'],
    ['without a required property', 'POST', comments, {}, 422, "body / must have required property 'body'"],
    ['with a property of the wrong type', 'POST', comments, { body: 7 }, 422, 'body /body must be string'],
    ['with a misspelt property', 'POST', comments, { body: 'x', titel: 'y' }, 201, '(titel)'],
    ['with an unknown query parameter', 'GET', `${comments}?perpage=3`, undefined, 200, '(perpage)'],
    ['with a query of the wrong type', 'GET', `${comments}?per_page=many`, undefined, 200, '/per_page must be integer'],
    [
      'with a path that is no number',
      'GET',
      '/repos/owner/site/pulls/first',
      undefined,
      404,
      '/pull_number must be integer',
    ],
    ['outside the slice', 'GET', '/repos/owner/site/hooks', undefined, 404, 'not an operation of the slice'],
  ])('%s', async (_, method, path, body, status, fault) => {
    const scene = await openScene()
    const answer = await send(scene, method, path, body)
    expect(answer.status).toBe(status)
    expect(scene.lab.violations).toEqual([expect.stringContaining(fault)])
  })
})

test('a reply that breaks the description is found', async () => {
  const scene = await openScene()
  const { rest } = clientOf(scene)
  Object.assign(scene.pullRequest.issue, { title: 42 })
  await rest.pulls.get({ ...scene.where, pull_number: 1 })
  expect(scene.lab.violations).toEqual(['GET /repos/{owner}/{repo}/pulls/{pull_number}: reply /title must be string'])
})

test('a failure of the stand-in is told and does not end it', async () => {
  const scene = await openScene()
  Object.assign(scene.pullRequest, { headSha: 'f'.repeat(40) })
  expect((await send(scene, 'GET', '/repos/owner/site/pulls/1')).status).toBe(500)
  expect(scene.lab.violations).toEqual([expect.stringContaining('the stand-in failed')])
  expect((await send(scene, 'GET', '/repos/owner/site')).status).toBe(200)
})

test('other media types than GitHub’s are refused', async () => {
  const scene = await openScene()
  const ask = (accept: string) =>
    fetch(`${scene.lab.apiUrl}/repos/owner/site`, { headers: { accept, 'user-agent': 'test' } })
  for (const accept of ['application/vnd.github+json', 'application/vnd.github.v3+json', 'application/json', '*/*']) {
    expect((await ask(accept)).status).toBe(200)
  }
  expect((await ask('text/html')).status).toBe(415)
})

test('webhook payloads have the shape that GitHub publishes', async () => {
  const scene = await openScene()
  const { repository, pullRequest } = scene
  const validator = githubValidator()
  const before = pullRequest.headSha
  const opened = repository.eventPayload('pull_request', { action: 'opened', pullRequest })
  const after = repository.push({ branch: 'feature', files: { 'b.tf': 'b' }, by: 'author' })
  const comment = pullRequest.comment('outsider', '/apply')
  const payloads: Record<(typeof WEBHOOKS)[number], Record<string, unknown>> = {
    'webhook-pull-request-opened': opened,
    'webhook-pull-request-synchronize': repository.eventPayload('pull_request', {
      action: 'synchronize',
      before,
      pullRequest,
    }),
    'webhook-push': repository.eventPayload('push', { branch: 'feature', before, after, sender: 'author' }),
    'webhook-issue-comment-created': repository.eventPayload('issue_comment', { comment }),
    'webhook-workflow-dispatch': repository.eventPayload('workflow_dispatch', {
      sender: 'owner',
      inputs: { mode: 'plan' },
    }),
    'webhook-merge-group-checks-requested': repository.eventPayload('merge_group', { pullRequest }),
  }
  for (const name of WEBHOOKS) {
    const sent: unknown = JSON.parse(JSON.stringify(payloads[name]))
    expect([name, ...validator.component(name, sent)]).toEqual([name])
  }
  expect(validator.component('webhook-push', { ...payloads['webhook-push'], after: 7 })).toEqual([
    '/after must be string',
  ])
  expect(payloads['webhook-push']).toMatchObject({ forced: false, created: false, commits: [{ added: ['b.tf'] }] })
  expect(payloads['webhook-issue-comment-created']).toMatchObject({
    issue: { number: 1, pull_request: { url: expect.stringContaining('/pulls/1') } },
    comment: { body: '/apply', author_association: 'NONE' },
    repository: { id: repository.id },
    sender: { login: 'outsider' },
  })
  expect(payloads['webhook-merge-group-checks-requested']).toMatchObject({
    merge_group: { head_sha: pullRequest.mergeSha },
  })
  expect(repository.eventPayload('schedule', {})).toEqual({
    schedule: '17 5 * * *',
    workflow: '.github/workflows/pipeline.yml',
  })
  expectNoViolations(scene.lab)
})
