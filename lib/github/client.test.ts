import { describe, expect, test } from '@jest/globals'
import { openScene, type Scene } from '../../lab/github/support/lab.ts'
import { UserError } from '../action/errors.ts'
import { createClient, explainForbidden, isForbidden, statusOf } from './client.ts'

function clientOn(
  { lab, repository, pullRequest }: Scene,
  options: { permissions?: Record<string, 'read' | 'write'> } = {},
) {
  const run = repository.run({ event: 'push', headSha: pullRequest.headSha, actor: 'author', ...options })
  const waits: number[] = []
  const github = createClient({
    token: run.token,
    repository: { owner: 'owner', repo: 'site' },
    apiUrl: lab.apiUrl,
    sleep: async (ms) => void waits.push(ms),
  })
  return { github, waits, where: github.repository }
}

const failureOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error)
const PULL = /\/pulls\/1$/
const COMMENTS = /\/issues\/1\/comments$/

describe('retries', () => {
  test('a read is repeated, with longer and longer waits, and then its error is the caller’s', async () => {
    const scene = await openScene()
    const { github, waits, where } = clientOn(scene)
    scene.lab.faults.add({ path: PULL, fault: { kind: 'status', status: 503 } })
    const error = await failureOf(github.rest.pulls.get({ ...where, pull_number: 1 }))
    expect(statusOf(error)).toBe(503)
    expect(waits).toEqual([500, 1000, 2000, 4000])
    expect(scene.lab.requests.filter(({ path }) => PULL.test(path))).toHaveLength(5)
  })

  test.each(['reset', 'reset-after-write'] as const)(
    'a read whose connection breaks is repeated (%s)',
    async (kind) => {
      const scene = await openScene()
      const { github, waits, where } = clientOn(scene)
      scene.lab.faults.add({ path: PULL, times: 2, fault: { kind } })
      const { data } = await github.rest.pulls.get({ ...where, pull_number: 1 })
      expect(data.number).toBe(1)
      expect(waits).toEqual([500, 1000])
    },
  )

  test('a POST that may have been executed is not repeated', async () => {
    const scene = await openScene()
    const { github, waits, where } = clientOn(scene)
    scene.lab.faults.add({ method: 'POST', path: COMMENTS, fault: { kind: 'reset-after-write' } })
    const error = await failureOf(github.rest.issues.createComment({ ...where, issue_number: 1, body: 'x' }))
    expect(statusOf(error)).toBeUndefined()
    expect(waits).toEqual([])
    expect(scene.pullRequest.comments()).toHaveLength(1)
  })

  test('a POST that a limit kept from being executed is', async () => {
    const scene = await openScene()
    const { github, waits, where } = clientOn(scene)
    scene.lab.faults.add({
      method: 'POST',
      path: COMMENTS,
      times: 1,
      fault: { kind: 'secondary-limit', retryAfter: 3 },
    })
    await github.rest.issues.createComment({ ...where, issue_number: 1, body: 'x' })
    expect(waits).toEqual([3000])
    expect(scene.pullRequest.comments()).toHaveLength(1)
  })

  test('a GraphQL query only reads; a mutation may have been executed', async () => {
    const scene = await openScene()
    const { github, waits } = clientOn(scene)
    scene.lab.faults.add({ path: /graphql$/, times: 2, fault: { kind: 'status', status: 502 } })
    expect(await github.graphql('query { viewer { login } }')).toEqual({ viewer: { login: 'github-actions[bot]' } })
    expect(waits).toEqual([500, 1000])
    scene.lab.faults.add({ path: /graphql$/, fault: { kind: 'status', status: 502 } })
    const mutation =
      'mutation { minimizeComment(input: { subjectId: "1", classifier: OUTDATED }) { clientMutationId } }'
    expect(statusOf(await failureOf(github.graphql(mutation)))).toBe(502)
    expect(waits).toHaveLength(2)
  })
})

describe('the clock', () => {
  test('is GitHub’s, not this machine’s', async () => {
    const scene = await openScene()
    const { github, where } = clientOn(scene)
    expect(() => github.now()).toThrow('not replied')
    await github.rest.pulls.get({ ...where, pull_number: 1 })
    expect(github.now()).toEqual(scene.lab.world.clock.now())
    scene.lab.world.clock.advance(3600)
    await github.rest.pulls.get({ ...where, pull_number: 1 })
    expect(github.now()).toEqual(scene.lab.world.clock.now())
  })

  test('is told by a refusal too', async () => {
    const scene = await openScene()
    const { github, where } = clientOn(scene)
    expect(statusOf(await failureOf(github.rest.pulls.get({ ...where, pull_number: 99 })))).toBe(404)
    expect(github.now()).toEqual(scene.lab.world.clock.now())
  })
})

describe('a missing permission', () => {
  test('is told from other refusals', async () => {
    const scene = await openScene()
    const { github, where } = clientOn(scene, { permissions: { contents: 'read' } })
    const refused = await failureOf(github.rest.issues.createComment({ ...where, issue_number: 1, body: 'x' }))
    expect(isForbidden(refused)).toBe(true)
    scene.lab.faults.add({ path: /contents/, fault: { kind: 'status', status: 403, message: 'Issue is locked' } })
    const locked = await failureOf(github.rest.repos.getContent({ ...where, path: 'main.tf' }))
    expect([statusOf(locked), isForbidden(locked)]).toEqual([403, false])
    expect(isForbidden(new Error('Resource not accessible by integration'))).toBe(false)
  })

  test('becomes a sentence that names the call and the remedy, with no address and no token', async () => {
    const scene = await openScene()
    const { github, where } = clientOn(scene, { permissions: { contents: 'read' } })
    const refused = await failureOf(github.rest.issues.createComment({ ...where, issue_number: 1, body: 'x' }))
    const error = explainForbidden(refused)
    expect(error).toBeInstanceOf(UserError)
    expect(error).toMatchObject({
      reason: 'no-permission',
      message: 'The token may not do this: POST /repos/owner/site/issues/1/comments.',
      remedy: expect.stringContaining('permissions'),
      cause: refused,
    })
    const other = new Error('another')
    expect(explainForbidden(other)).toBe(other)
  })
})
