import { expect, test } from '@jest/globals'
import { clientFor, clientOf, expectNoViolations, openScene, type Scene } from './support/lab.ts'

async function decisionOf(scene: Scene): Promise<string | null> {
  const query = `query ($owner: String!, $repo: String!) {
    repository(owner: $owner, name: $repo) { pullRequest(number: 1) { reviewDecision } }
  }`
  const { repository } = await clientOf(scene).graphql<{
    repository: { pullRequest: { reviewDecision: string | null } }
  }>(query, { ...scene.where })
  return repository.pullRequest.reviewDecision
}

test('the review decision follows the reviews of those who may write', async () => {
  const scene = await openScene()
  const { pullRequest } = scene
  expect(await decisionOf(scene)).toBeNull()
  pullRequest.requireReview(true)
  expect(await decisionOf(scene)).toBe('REVIEW_REQUIRED')
  pullRequest.review({ by: 'outsider', state: 'APPROVED' })
  pullRequest.review({ by: 'author', state: 'APPROVED' })
  expect(await decisionOf(scene)).toBe('REVIEW_REQUIRED')
  const approval = pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
  pullRequest.review({ by: 'reviewer', state: 'COMMENTED' })
  expect(await decisionOf(scene)).toBe('APPROVED')
  pullRequest.review({ by: 'owner', state: 'CHANGES_REQUESTED' })
  expect(await decisionOf(scene)).toBe('CHANGES_REQUESTED')
  pullRequest.review({ by: 'owner', state: 'APPROVED' })
  pullRequest.dismiss(approval, 'owner')
  expect(await decisionOf(scene)).toBe('APPROVED')
  expectNoViolations(scene.lab)
})

test('a pull request is described, page by page', async () => {
  const scene = await openScene()
  const { pullRequest, lab } = scene
  pullRequest.comment('reviewer', 'one')
  await clientOf(scene).rest.issues.createComment({ ...scene.where, issue_number: 1, body: 'two' })
  const query = `query ($owner: String!, $repo: String!, $after: String) {
    viewer { login }
    repository(owner: $owner, name: $repo) {
      pullRequest(number: 1) {
        headRefOid merged mergeable state lastEditedAt author { login __typename }
        comments(first: 1, after: $after) { totalCount nodes { body author { login __typename } } pageInfo { hasNextPage endCursor } }
      }
    }
  }`
  const { graphql } = clientOf(scene)
  const first = await graphql<Record<string, unknown>>(query, { ...scene.where, after: null })
  expect(first).toMatchObject({
    viewer: { login: 'github-actions[bot]' },
    repository: {
      pullRequest: {
        headRefOid: pullRequest.headSha,
        merged: false,
        mergeable: 'MERGEABLE',
        state: 'OPEN',
        lastEditedAt: null,
        author: { login: 'author', __typename: 'User' },
        comments: { totalCount: 2, nodes: [{ body: 'one' }], pageInfo: { hasNextPage: true } },
      },
    },
  })
  const cursor = Buffer.from('1').toString('base64url')
  const second = await graphql<Record<string, unknown>>(query, { ...scene.where, after: cursor })
  expect(second).toMatchObject({
    repository: {
      pullRequest: {
        comments: {
          nodes: [{ body: 'two', author: { login: 'github-actions', __typename: 'Bot' } }],
          pageInfo: { hasNextPage: false },
        },
      },
    },
  })
  expectNoViolations(lab)
})

test('a comment is minimized by who may write', async () => {
  const scene = await openScene()
  const { data } = await clientOf(scene).rest.issues.createComment({ ...scene.where, issue_number: 1, body: 'old' })
  const mutation = `mutation ($id: ID!) {
    minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized minimizedReason } }
  }`
  const id = data.node_id
  const reader = clientOf(scene, { 'pull-requests': 'read', issues: 'read' })
  await expect(reader.graphql(mutation, { id })).rejects.toMatchObject({ errors: [{ type: 'FORBIDDEN' }] })
  await expect(clientFor(scene, 'outsider').graphql(mutation, { id })).rejects.toMatchObject({
    errors: [{ type: 'FORBIDDEN' }],
  })
  await expect(clientOf(scene).graphql(mutation, { id })).resolves.toMatchObject({
    minimizeComment: { minimizedComment: { isMinimized: true, minimizedReason: 'outdated' } },
  })
  expect(scene.pullRequest.comments()[0]?.minimized).toBe('OUTDATED')
  const query = 'query ($id: ID!) { node(id: $id) { ... on IssueComment { body isMinimized } } }'
  await expect(clientOf(scene).graphql(query, { id })).resolves.toEqual({ node: { body: 'old', isMinimized: true } })
  expectNoViolations(scene.lab)
})

test('what is not there is an error of type NOT_FOUND', async () => {
  const scene = await openScene()
  const { graphql } = clientOf(scene)
  const ask = (name: string, number: number) =>
    graphql(`{ repository(owner: "owner", name: "${name}") { pullRequest(number: ${number}) { title } } }`)
  await expect(ask('none', 1)).rejects.toMatchObject({ errors: [{ type: 'NOT_FOUND', path: ['repository'] }] })
  scene.lab.world.repository({ owner: 'owner', name: 'secret', files: { a: 'a' }, private: true })
  await expect(ask('secret', 1)).rejects.toMatchObject({ errors: [{ type: 'NOT_FOUND', path: ['repository'] }] })
  await expect(ask('site', 9)).rejects.toMatchObject({ errors: [{ type: 'NOT_FOUND' }] })
  expectNoViolations(scene.lab)
})

test('a query that doesn’t fit GitHub’s schema is a violation', async () => {
  const scene = await openScene()
  await expect(clientOf(scene).graphql('{ viewer { nickname } }')).rejects.toThrow('nickname')
  expect(scene.lab.violations).toEqual([expect.stringContaining('Cannot query field "nickname" on type "User"')])
})
