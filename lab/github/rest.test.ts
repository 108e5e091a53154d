import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { OPERATIONS } from './openapi/operations.ts'
import { BODY_LIMIT } from './routes/comments.ts'
import { ROUTES } from './routes/index.ts'
import { clientFor, clientOf, expectNoViolations, openScene } from './support/lab.ts'

const REFUSED = 'Resource not accessible by integration'

test('every operation of the slice is served, and no other', () => {
  expect([...ROUTES.keys()].sort()).toEqual([...OPERATIONS].sort())
})

describe('comments', () => {
  test('are created, edited, listed and deleted by a run as github-actions[bot]', async () => {
    const scene = await openScene()
    const { rest } = clientOf(scene)
    const issue = { ...scene.where, issue_number: scene.pullRequest.number }
    const created = await rest.issues.createComment({ ...issue, body: 'first' })
    expect(created.data.user?.login).toBe('github-actions[bot]')
    expect(created.data.user?.type).toBe('Bot')
    expect(created.data.performed_via_github_app?.slug).toBe('github-actions')
    const comment = { ...scene.where, comment_id: created.data.id }
    const edited = await rest.issues.updateComment({ ...comment, body: 'second' })
    expect(Date.parse(edited.data.updated_at)).toBeGreaterThan(Date.parse(edited.data.created_at))
    expect(scene.pullRequest.comments().map(({ body }) => body)).toEqual(['second'])
    await rest.issues.deleteComment(comment)
    await expect(rest.issues.getComment(comment)).rejects.toMatchObject({ status: 404 })
    expect((await rest.issues.listComments(issue)).data).toEqual([])
    expectNoViolations(scene.lab)
  })

  test('hold 65,536 characters and not one more', async () => {
    const scene = await openScene()
    const { rest } = clientOf(scene)
    const issue = { ...scene.where, issue_number: scene.pullRequest.number }
    const longest = '😀'.repeat(BODY_LIMIT)
    const { data } = await rest.issues.createComment({ ...issue, body: longest })
    expect(data.body).toBe(longest)
    const tooLong = { status: 422, response: { data: { errors: [{ message: expect.stringContaining('65536') }] } } }
    await expect(rest.issues.createComment({ ...issue, body: 'x'.repeat(65_537) })).rejects.toMatchObject(tooLong)
    await expect(
      rest.issues.updateComment({ ...scene.where, comment_id: data.id, body: 'x'.repeat(65_537) }),
    ).rejects.toMatchObject(tooLong)
    expect(scene.pullRequest.comments()).toHaveLength(1)
    expectNoViolations(scene.lab)
  })

  test('of other people are closed to readers', async () => {
    const scene = await openScene()
    const comment = scene.pullRequest.comment('reviewer', 'mine')
    const outsider = clientFor(scene, 'outsider').rest.issues
    const request = { ...scene.where, comment_id: comment.id, body: 'yours' }
    await expect(outsider.updateComment(request)).rejects.toMatchObject({ status: 403 })
    const own = await outsider.createComment({ ...scene.where, issue_number: 1, body: 'hello' })
    const edited = await outsider.updateComment({ ...scene.where, comment_id: own.data.id, body: 'hello!' })
    expect(edited.data.author_association).toBe('NONE')
    expectNoViolations(scene.lab)
  })
})

describe('pages', () => {
  test('put together are the whole list, whatever their size', async () => {
    const scene = await openScene()
    const octokit = clientOf(scene)
    const bodies = Array.from({ length: 23 }, (_, index) => `comment ${index}`)
    for (const body of bodies) scene.pullRequest.comment('author', body)
    const request = { ...scene.where, issue_number: scene.pullRequest.number }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (size) => {
        const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, { ...request, per_page: size })
        const sizes: number[] = []
        const found: (string | undefined)[] = []
        for await (const { data } of pages) {
          sizes.push(data.length)
          found.push(...data.map(({ body }) => body))
        }
        expect(found).toEqual(bodies)
        expect(sizes).toHaveLength(Math.ceil(bodies.length / size))
      }),
      { numRuns: 12 },
    )
    expectNoViolations(scene.lab)
  })

  test('hold a hundred at most and lead back to this server', async () => {
    const scene = await openScene()
    const { rest } = clientOf(scene)
    for (let count = 0; count < 101; count += 1) scene.pullRequest.comment('author', 'x')
    const { data, headers } = await rest.issues.listComments({ ...scene.where, issue_number: 1, per_page: 500 })
    expect(data).toHaveLength(100)
    expect(headers.link).toContain(
      `<${scene.lab.apiUrl}/repos/owner/site/issues/1/comments?per_page=500&page=2>; rel="next"`,
    )
  })
})

describe('permissions of a token', () => {
  test('are those of the job and no more', async () => {
    const scene = await openScene()
    const { rest } = clientOf(scene, { contents: 'read', 'pull-requests': 'read' })
    const issue = { ...scene.where, issue_number: 1 }
    await expect(rest.pulls.get({ ...scene.where, pull_number: 1 })).resolves.toMatchObject({ status: 200 })
    await expect(rest.issues.listComments(issue)).resolves.toMatchObject({ status: 200 })
    const refusal = {
      status: 403,
      message: expect.stringContaining(REFUSED),
      response: { headers: { 'x-accepted-github-permissions': 'issues=write; pull_requests=write' } },
    }
    await expect(rest.issues.createComment({ ...issue, body: 'x' })).rejects.toMatchObject(refusal)
    await expect(
      rest.checks.create({ ...scene.where, name: 'x', head_sha: scene.pullRequest.headSha }),
    ).rejects.toMatchObject({
      status: 403,
    })
    await expect(rest.actions.listArtifactsForRepo(scene.where)).rejects.toMatchObject({ status: 403 })
    expect(scene.pullRequest.comments()).toEqual([])
    expectNoViolations(scene.lab)
  })

  test('are read-only in a run for a fork', async () => {
    const scene = await openScene()
    const { repository, pullRequest, where } = scene
    const run = repository.run({ event: 'pull_request', headSha: pullRequest.headSha, actor: 'outsider', fork: true })
    expect(new Set(Object.values(run.permissions))).toEqual(new Set(['read']))
    const request = { ...where, issue_number: 1, body: 'x' }
    const answer = await fetch(`${scene.lab.apiUrl}/repos/owner/site/issues/1/comments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${run.token}`, 'user-agent': 'test' },
      body: JSON.stringify({ body: request.body }),
    })
    expect(answer.status).toBe(403)
  })

  test('end at the own repository: a private one is not even there', async () => {
    const scene = await openScene()
    const files = { 'a.txt': 'a' }
    scene.lab.world.repository({ owner: 'owner', name: 'secret', files, private: true })
    scene.lab.world.repository({ owner: 'owner', name: 'open', files })
    const { rest } = clientOf(scene)
    await expect(rest.repos.get({ owner: 'owner', repo: 'secret' })).rejects.toMatchObject({ status: 404 })
    await expect(rest.repos.get({ owner: 'owner', repo: 'open' })).resolves.toMatchObject({ status: 200 })
    const issue = { owner: 'owner', repo: 'open', title: 'x' }
    await expect(rest.issues.create(issue)).rejects.toMatchObject({ status: 403 })
    await expect(clientFor(scene, 'outsider').rest.repos.get({ owner: 'owner', repo: 'secret' })).rejects.toMatchObject(
      {
        status: 404,
      },
    )
    expectNoViolations(scene.lab)
  })

  test('unknown tokens are refused, and GET /user is not for installations', async () => {
    const scene = await openScene()
    const headers = { authorization: 'Bearer ghs_unknown', 'user-agent': 'test' }
    expect((await fetch(`${scene.lab.apiUrl}/repos/owner/site`, { headers })).status).toBe(401)
    await expect(clientOf(scene).rest.users.getAuthenticated()).rejects.toMatchObject({ status: 403 })
    const { data } = await clientFor(scene, 'reviewer').rest.users.getAuthenticated()
    expect(data.login).toBe('reviewer')
    expectNoViolations(scene.lab)
  })
})

test('roles are told on the old and the new scale; bots are not users', async () => {
  const scene = await openScene()
  scene.repository.permit('steward', 'maintain')
  scene.repository.permit('sorter', 'triage')
  scene.lab.world.user('helper[bot]')
  const { rest } = clientOf(scene)
  const roleOf = async (username: string) => {
    const { data } = await rest.repos.getCollaboratorPermissionLevel({ ...scene.where, username })
    return [data.permission, data.role_name]
  }
  expect(await roleOf('owner')).toEqual(['admin', 'admin'])
  expect(await roleOf('steward')).toEqual(['write', 'maintain'])
  expect(await roleOf('sorter')).toEqual(['read', 'triage'])
  expect(await roleOf('outsider')).toEqual(['read', 'read'])
  await expect(roleOf('helper[bot]')).rejects.toMatchObject({
    status: 404,
    message: expect.stringContaining('not a user'),
  })
  await expect(roleOf('nobody-at-all')).rejects.toMatchObject({ status: 404 })
  expectNoViolations(scene.lab)
})

test('label events and reviews say who, when and on which commit', async () => {
  const scene = await openScene()
  const { pullRequest, repository, where, lab } = scene
  const { rest } = clientOf(scene)
  pullRequest.label('allow-destroy', 'author')
  pullRequest.unlabel('allow-destroy', 'author')
  pullRequest.label('allow-destroy', 'reviewer')
  const old = pullRequest.headSha
  const approval = pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
  repository.push({ branch: 'feature', files: { 'main.tf': 'a = 3\n' }, by: 'author' })
  pullRequest.review({ by: 'outsider', state: 'CHANGES_REQUESTED' })
  const events = (await rest.issues.listEvents({ ...where, issue_number: 1 })).data
  expect(events.map(({ event, actor }) => [event, actor?.login])).toEqual([
    ['labeled', 'author'],
    ['unlabeled', 'author'],
    ['labeled', 'reviewer'],
  ])
  const times = events.map(({ created_at }) => Date.parse(created_at))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  const { data: labels } = await rest.issues.listLabelsOnIssue({ ...where, issue_number: 1 })
  expect(labels.map(({ name }) => name)).toEqual(['allow-destroy'])
  const reviews = (await rest.pulls.listReviews({ ...where, pull_number: 1 })).data
  expect(reviews.map(({ state, commit_id }) => [state, commit_id])).toEqual([
    ['APPROVED', old],
    ['CHANGES_REQUESTED', pullRequest.headSha],
  ])
  pullRequest.dismiss(approval, 'owner')
  const after = (await rest.pulls.listReviews({ ...where, pull_number: 1 })).data
  expect(after[0]?.state).toBe('DISMISSED')
  const { data: timeline } = await rest.issues.listEventsForTimeline({ ...where, issue_number: 1 })
  expect(timeline.map(({ event }) => event)).toEqual([
    'committed',
    'committed',
    'labeled',
    'unlabeled',
    'labeled',
    'reviewed',
    'reviewed',
    'review_dismissed',
  ])
  expectNoViolations(lab)
})

test('issues are opened, found by label, renamed, closed and opened again', async () => {
  const scene = await openScene()
  const { rest } = clientOf(scene)
  const { data: issue } = await rest.issues.create({ ...scene.where, title: 'Drift', body: 'b', labels: ['drift'] })
  const found = await rest.issues.listForRepo({ ...scene.where, labels: 'drift', creator: 'github-actions[bot]' })
  expect(found.data.map(({ number }) => number)).toEqual([issue.number])
  const one = { ...scene.where, issue_number: issue.number }
  const closed = await rest.issues.update({
    ...one,
    title: 'Drift in main',
    state: 'closed',
    state_reason: 'completed',
  })
  expect(closed.data).toMatchObject({ state: 'closed', closed_by: { login: 'github-actions[bot]' } })
  expect((await rest.issues.listForRepo({ ...scene.where, labels: 'drift' })).data).toEqual([])
  const opened = await rest.issues.update({ ...one, state: 'open', labels: [] })
  expect(opened.data).toMatchObject({ state: 'open', closed_at: null, labels: [] })
  await expect(rest.issues.create({ ...scene.where, title: 'x', body: 'x'.repeat(65_537) })).rejects.toMatchObject({
    status: 422,
  })
  expectNoViolations(scene.lab)
})

test('check runs complete with a conclusion; the newest of a name is the one that counts', async () => {
  const scene = await openScene()
  const { rest } = clientOf(scene)
  const head_sha = scene.pullRequest.headSha
  const { data: old } = await rest.checks.create({ ...scene.where, name: 'plan', head_sha, status: 'in_progress' })
  expect(old).toMatchObject({ status: 'in_progress', conclusion: null, completed_at: null })
  const output = { title: 't', summary: 's' }
  const request = { ...scene.where, check_run_id: old.id, conclusion: 'failure' as const, output }
  const { data: done } = await rest.checks.update(request)
  expect(done).toMatchObject({ status: 'completed', conclusion: 'failure', output })
  await rest.checks.create({ ...scene.where, name: 'plan', head_sha, conclusion: 'success', status: 'completed' })
  const { data: list } = await rest.checks.listForRef({ ...scene.where, ref: head_sha })
  expect(list.check_runs.map(({ name, conclusion }) => [name, conclusion])).toEqual([['plan', 'success']])
  const unknown = { ...scene.where, name: 'plan', head_sha: 'f'.repeat(40) }
  await expect(rest.checks.create(unknown)).rejects.toMatchObject({ status: 422 })
  expectNoViolations(scene.lab)
})

test('runs are found by head and event; a re-run keeps its id and counts up', async () => {
  const scene = await openScene()
  const { repository, pullRequest, where } = scene
  const run = repository.run({ event: 'pull_request', headSha: pullRequest.headSha, actor: 'author', pullRequest })
  run.approve({ by: 'reviewer', environment: 'production', comment: 'go' })
  run.complete('failure')
  const again = run.rerun('reviewer')
  const { rest } = clientOf(scene)
  const { data } = await rest.actions.getWorkflowRun({ ...where, run_id: run.id })
  expect(data).toMatchObject({ run_attempt: 2, actor: { login: 'author' }, triggering_actor: { login: 'reviewer' } })
  expect(again.token).not.toBe(run.token)
  const found = await rest.actions.listWorkflowRunsForRepo({ ...where, head_sha: pullRequest.headSha, event: 'push' })
  expect(found.data.total_count).toBe(0)
  const { data: approvals } = await rest.actions.getReviewsForRun({ ...where, run_id: run.id })
  expect(approvals).toMatchObject([
    { state: 'approved', user: { login: 'reviewer' }, environments: [{ name: 'production' }] },
  ])
  expectNoViolations(scene.lab)
})

test('the date header is the world’s clock, and only changes move it', async () => {
  const scene = await openScene()
  const { rest } = clientOf(scene)
  const before = await rest.repos.get(scene.where)
  scene.lab.world.clock.advance(3600)
  const after = await rest.repos.get(scene.where)
  const seconds = (date: string | undefined) => Date.parse(date ?? '') / 1000
  expect(seconds(after.headers.date) - seconds(before.headers.date)).toBe(3600)
  expect(after.headers['x-ratelimit-remaining']).toBe('4998')
})

test('a plain issue is not a pull request, in its payload and its permissions', async () => {
  const scene = await openScene()
  const { number } = scene.repository.openIssue({ title: 'Question', author: 'outsider' })
  const comment = scene.repository.comment(number, 'outsider', '/apply')
  const payload = scene.repository.eventPayload('issue_comment', { comment })
  expect(payload['issue']).not.toHaveProperty('pull_request')
  const { rest } = clientOf(scene, { 'pull-requests': 'write' })
  const request = { ...scene.where, issue_number: number, body: 'x' }
  await expect(rest.issues.createComment(request)).rejects.toMatchObject({ status: 403 })
  await expect(rest.pulls.get({ ...scene.where, pull_number: number })).rejects.toMatchObject({ status: 404 })
  expectNoViolations(scene.lab)
})

test('people see comments on the page, rendered, and no script runs there', async () => {
  const scene = await openScene()
  const body = '| a |\n|---|\n| b |\n\n<details><summary>more</summary></details>\n\n<script>alert(1)</script>'
  const { id } = scene.pullRequest.comment('reviewer', body)
  const page = await fetch(`${scene.lab.apiUrl}/owner/site/pull/1`)
  const html = await page.text()
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(html).toContain(`id="issuecomment-${id}"`)
  expect(html).toContain('<td>b</td>')
  expect(html).toContain('<details>')
  expect(html).not.toContain('<script>')
  expectNoViolations(scene.lab)
})
