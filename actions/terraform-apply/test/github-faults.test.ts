import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { FaultRule, PullRequest } from '../../../lab/github/index.ts'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { openScene, type Scene } from './support/scene.ts'
import { APPLIED, proposal, serviceFiles } from './support/service.ts'

const terraform = await requirePart('terraform')

const READ_ONLY = {
  contents: 'read' as const,
  'pull-requests': 'read' as const,
  actions: 'read' as const,
  checks: 'read' as const,
}

/** GitHub fails in many ways; the plan must not get lost, doubled or applied because of it. */
terraform.describe('when GitHub fails', () => {
  let scene: Scene
  let pullRequest: PullRequest

  beforeEach(async () => {
    scene = await openScene(serviceFiles)
    pullRequest = scene.propose(proposal)
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const comments = /\/issues\/\d+\/comments$/
  const faults: { what: string; rule: FaultRule }[] = [
    {
      what: 'a 500 before the comment is made',
      rule: { method: 'POST', path: comments, times: 2, fault: { kind: 'status', status: 500 } },
    },
    {
      what: 'a 502 while listing comments',
      rule: { method: 'GET', path: comments, times: 2, fault: { kind: 'status', status: 502 } },
    },
    {
      what: 'a reply that is lost after the comment is made',
      rule: { method: 'POST', path: comments, times: 1, fault: { kind: 'reset-after-write' } },
    },
    { what: 'a broken connection', rule: { path: comments, times: 1, fault: { kind: 'reset' } } },
    { what: 'a rate limit', rule: { path: comments, times: 1, fault: { kind: 'rate-limit', retryAfter: 1 } } },
    {
      what: 'a secondary rate limit',
      rule: { method: 'POST', path: comments, times: 1, fault: { kind: 'secondary-limit', retryAfter: 1 } },
    },
    { what: 'slow replies', rule: { path: /./, times: 20, fault: { kind: 'slow', ms: 150 } } },
  ]

  test.each(faults)('$what ends in exactly one comment and a plan that can be applied', async ({ rule }) => {
    scene.github.faults.add(rule)
    const step = await scene.plan(pullRequest)
    expect(step).toMatchObject({ conclusion: 'success', reason: '' })
    expect(pullRequest.comments()).toHaveLength(1)
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    expect((await scene.command(pullRequest, 'reviewer', '/apply')).reason).toBe('')
    expect(scene.world()).toEqual(APPLIED)
  })

  test('a plan that could not be shown is not kept, so it can not be applied', async () => {
    scene.github.faults.add({
      method: 'POST',
      path: comments,
      fault: { kind: 'status', status: 422, message: 'Validation Failed' },
    })
    const step = await scene.plan(pullRequest)
    expect(step.conclusion).toBe('failure')
    scene.github.faults.clear()
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    expect((await scene.command(pullRequest, 'reviewer', '/apply')).reason).toBe('plan-missing')
    expect(scene.world()).toEqual({})
  })

  test('an apply that took place is a success even when it can not be told', async () => {
    await scene.plan(pullRequest)
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    const step = await scene.command(pullRequest, 'reviewer', '/apply', {
      onLine: (line) => {
        if (line.includes('terraform apply'))
          scene.github.faults.add({ path: /\/issues\//, fault: { kind: 'status', status: 403, message: 'Forbidden' } })
      },
    })
    expect(step).toMatchObject({ conclusion: 'success', outputs: { applied: 'true' } })
    expect(step.annotations.map(({ message }) => message).join()).toContain('could not be written')
    expect(scene.world()).toEqual(APPLIED)
  })

  test.each([403, 404, 500])('an approval that can not be asked for (%i) is no approval', async (status) => {
    await scene.plan(pullRequest)
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    scene.github.faults.add({ path: /\/pulls\/\d+\/reviews/, fault: { kind: 'status', status } })
    const step = await scene.command(pullRequest, 'reviewer', '/apply')
    expect(step.conclusion).toBe('failure')
    expect(scene.world()).toEqual({})
  })

  test("a fork's or Dependabot's token gets the summary, one warning with the remedy, and a green step", async () => {
    const fork = scene.repository.fork({ owner: 'outsider' })
    const foreign = scene.propose(proposal, { branch: 'foreign', author: 'outsider', fork })
    const step = await scene.plan(foreign, { inputs: { 'plan-key': '' }, runAs: { fork: true } })
    expect(step).toMatchObject({ conclusion: 'success', reason: '' })
    expect(step.summary).toContain('## Terraform')
    expect(step.annotations.filter(({ level }) => level === 'warning')).toHaveLength(1)
    expect(step.annotations[0]?.message).toContain('pull-requests: write')
    expect(foreign.comments()).toHaveLength(0)
  })

  test('a fork is applied after its merge, once the plan of that run is approved by its fingerprint', async () => {
    const fork = scene.repository.fork({ owner: 'outsider' })
    const foreign = scene.propose(proposal, { branch: 'foreign', author: 'outsider', fork })
    await scene.plan(foreign, { inputs: { 'plan-key': '' }, runAs: { fork: true } })
    expect((await scene.command(foreign, 'maintainer', '/apply')).reason).not.toBe('')
    const refused = await scene.applyMerged(foreign)
    expect(refused.reason).toBe('plan-missing')
    const applied = await scene.command(foreign, 'maintainer', `/apply ${refused.outputs['fingerprint']?.slice(0, 12)}`)
    expect(applied.reason).toBe('')
    expect(scene.world()).toEqual(APPLIED)
  })

  test('a token without write permissions still plans, and says what is missing', async () => {
    const step = await scene.plan(pullRequest, { runAs: { permissions: READ_ONLY } })
    expect(step).toMatchObject({ conclusion: 'success', reason: '' })
    expect(step.annotations.map(({ message }) => message).join()).toContain('pull-requests: write')
  })

  test('an older run never overwrites what a newer one wrote, and keeps no plan', async () => {
    const older = scene.repository.run({
      event: 'pull_request',
      headSha: pullRequest.headSha,
      actor: 'author',
      pullRequest,
    })
    await scene.plan(pullRequest)
    const [newer] = pullRequest.comments().map(({ body }) => body)
    const step = await scene.plan(pullRequest, { attempt: older, inputs: { variables: 'size: large' } })
    expect(step.reason).toBe('')
    expect(pullRequest.comments().map(({ body }) => body)).toEqual([newer])
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    expect((await scene.command(pullRequest, 'reviewer', '/apply')).reason).toBe('')
  })

  test('two runs of one root at once end in one comment', async () => {
    await Promise.all([scene.plan(pullRequest), scene.plan(pullRequest)])
    expect(pullRequest.comments()).toHaveLength(1)
  })

  test("a comment that somebody copied the marker into is left alone, and the action's own is found", async () => {
    await scene.plan(pullRequest)
    const copy = pullRequest.comments()[0]?.body.replace('added', 'forged') ?? ''
    const forged = pullRequest.comment('outsider', copy)
    await scene.plan(pullRequest)
    expect(pullRequest.comments()).toHaveLength(2)
    expect(forged.body).toBe(copy)
  })

  test('comment: new adds one comment per run, comment: off none', async () => {
    await scene.plan(pullRequest, { inputs: { comment: 'new' } })
    await scene.plan(pullRequest, { inputs: { comment: 'new' } })
    expect(pullRequest.comments()).toHaveLength(2)
    const step = await scene.plan(pullRequest, { inputs: { comment: 'off' } })
    expect(pullRequest.comments()).toHaveLength(2)
    expect(step.outputs['comment-url']).toBeUndefined()
    expect(step.summary).toContain('## Terraform')
  })

  test('a check of the root stands on the head commit, failed when the plan failed', async () => {
    const good = await scene.plan(pullRequest)
    expect(good.run.checks()).toMatchObject([{ name: 'ondol / infra', conclusion: 'success' }])
    scene.repository.push({
      branch: 'change',
      files: { 'infra/broken.tf': 'resource "terraform_data" "x" { input = nothing.here }\n' },
      by: 'author',
    })
    const bad = await scene.plan(pullRequest)
    expect(bad.reason).toBe('plan-failed')
    expect(bad.run.checks()).toMatchObject([{ name: 'ondol / infra', conclusion: 'failure' }])
    expect(bad.annotations.find(({ file }) => file !== undefined)).toMatchObject({
      file: 'infra/broken.tf',
      line: 1,
      level: 'error',
    })
    expect(scene.shown(pullRequest)).toContain('infra/broken.tf:1')
  })
})
