import { describe, expect, test } from '@jest/globals'
import { clientOf, expectNoViolations, openScene, type Scene } from './support/lab.ts'

const COMMENTS = /\/issues\/1\/comments$/

function comment(scene: Scene) {
  return clientOf(scene).rest.issues.createComment({
    ...scene.where,
    issue_number: 1,
    body: 'x',
    request: { retries: 0 },
  })
}

describe('a fault', () => {
  test.each([403, 404, 422, 500, 503])('of status %i is answered and changes nothing', async (status) => {
    const scene = await openScene()
    scene.lab.faults.add({ method: 'POST', path: COMMENTS, fault: { kind: 'status', status, message: 'no' } })
    await expect(comment(scene)).rejects.toMatchObject({ status, message: expect.stringContaining('no') })
    expect(scene.pullRequest.comments()).toEqual([])
    expect(scene.lab.requests.at(-1)).toMatchObject({
      method: 'POST',
      status,
      actor: 'github-actions[bot]',
      body: { body: 'x' },
    })
    expectNoViolations(scene.lab)
  })

  test('of the rate limit says when to come back', async () => {
    const scene = await openScene()
    scene.lab.faults.add({ path: COMMENTS, fault: { kind: 'rate-limit', retryAfter: 7 } })
    const now = scene.lab.world.clock.now().getTime() / 1000
    const answer = await comment(scene).catch((error) => error)
    expect(answer).toMatchObject({ status: 429 })
    expect(answer.response.headers).toMatchObject({ 'retry-after': '7', 'x-ratelimit-remaining': '0' })
    expect(Number(answer.response.headers['x-ratelimit-reset'])).toBeGreaterThanOrEqual(now + 7)
  })

  test('of the secondary limit is a 403 with GitHub’s words', async () => {
    const scene = await openScene()
    scene.lab.faults.add({ path: COMMENTS, fault: { kind: 'secondary-limit', retryAfter: 3 } })
    await expect(comment(scene)).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('secondary rate limit'),
      response: { headers: { 'retry-after': '3' } },
    })
  })

  test('that is slow answers late and rightly', async () => {
    const scene = await openScene()
    scene.lab.faults.add({ path: COMMENTS, fault: { kind: 'slow', ms: 150 } })
    const start = performance.now()
    await expect(comment(scene)).resolves.toMatchObject({ status: 201 })
    expect(performance.now() - start).toBeGreaterThanOrEqual(149)
  })

  test('that resets does it before or after the change', async () => {
    const scene = await openScene()
    scene.lab.faults.add({ path: COMMENTS, times: 1, fault: { kind: 'reset' } })
    scene.lab.faults.add({ path: COMMENTS, times: 1, fault: { kind: 'reset-after-write' } })
    await expect(comment(scene)).rejects.toMatchObject({ status: 500 })
    expect(scene.pullRequest.comments()).toHaveLength(0)
    await expect(comment(scene)).rejects.toMatchObject({ status: 500 })
    expect(scene.pullRequest.comments()).toHaveLength(1)
    expect(scene.lab.requests.map(({ status }) => status)).toEqual([null, null])
    await comment(scene)
    expect(scene.pullRequest.comments()).toHaveLength(2)
  })

  test('strikes its method, as often as it says, until it is cleared', async () => {
    const scene = await openScene()
    const fault = { kind: 'status', status: 502 } as const
    scene.lab.faults.add({ method: 'GET', path: COMMENTS, fault })
    await comment(scene)
    scene.lab.faults.add({ method: 'POST', path: COMMENTS, times: 2, fault })
    await expect(comment(scene)).rejects.toMatchObject({ status: 502 })
    await expect(comment(scene)).rejects.toMatchObject({ status: 502 })
    await comment(scene)
    scene.lab.faults.clear()
    const { data } = await clientOf(scene).rest.issues.listComments({ ...scene.where, issue_number: 1 })
    expect(data).toHaveLength(2)
  })
})
