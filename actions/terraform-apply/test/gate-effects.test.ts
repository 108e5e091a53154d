import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { PullRequest } from '../../../lab/github/index.ts'
import { openScene, type Scene } from './support/scene.ts'
import { APPLIED, proposal, serviceFiles } from './support/service.ts'
import { describeTools } from './support/tools.ts'

/** What was reviewed is applied; anything else is refused, named, and offered as a plan of its own. */
describeTools('the gate compares effects', (tool) => {
  let scene: Scene
  let pullRequest: PullRequest

  beforeEach(async () => {
    scene = await openScene(serviceFiles, tool)
    pullRequest = scene.propose(proposal)
    const planned = await scene.plan(pullRequest)
    expect(planned.reason).toBe('')
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const variables = (values: Record<string, unknown>) => ({ inputs: { variables: JSON.stringify(values) } })
  const rootComment = () => scene.shown(pullRequest)

  test('the same plan is applied by /apply, with its outputs, and the secret one left out', async () => {
    const step = await scene.command(pullRequest, 'reviewer', '/apply infra')
    expect(step).toMatchObject({ conclusion: 'success', reason: '' })
    expect(scene.world()).toEqual(APPLIED)
    expect(step.outputs).toMatchObject({ applied: 'true', outputs: JSON.stringify({ size: 'small' }) })
    expect(rootComment()).toContain('Applied')
  })

  test.each(['merge', 'squash', 'rebase'] as const)('the same plan is applied after a %s', async (method) => {
    const step = await scene.applyMerged(pullRequest, { method })
    expect(step).toMatchObject({ conclusion: 'success', reason: '' })
    expect(scene.world()).toEqual(APPLIED)
  })

  test.each([
    { what: 'another value', values: { size: 'large' }, says: ['size', 'small', 'large'] },
    { what: 'another secret', values: { password: 'second-password' }, says: ['password', 'sensitive'] },
    { what: 'an added resource', values: { extra: 1 }, says: ['terraform_data.extra[0]'] },
    { what: 'another command of a provisioner', values: { command: 'echo changed' }, says: ['command'] },
  ])(
    '$what behind the reviewer is refused, and applied once its own fingerprint is approved',
    async ({ values, says }) => {
      const refused = await scene.command(pullRequest, 'reviewer', '/apply infra', variables(values))
      expect(refused).toMatchObject({ conclusion: 'failure', reason: 'plan-changed' })
      expect(scene.world()).toEqual({})
      const text = rootComment()
      for (const word of says) expect(text).toContain(word)
      expect(text).not.toContain('second-password')

      const fingerprint = refused.outputs['fingerprint']?.slice(0, 12) ?? ''
      expect(rootComment()).toContain(fingerprint)
      const applied = await scene.command(pullRequest, 'reviewer', `/apply infra ${fingerprint}`, variables(values))
      expect(applied).toMatchObject({ conclusion: 'success', reason: '' })
      expect(scene.world()).toMatchObject({ 'terraform_data.added': 'added' })
    },
  )

  test('the author can not approve an offered plan by its fingerprint', async () => {
    const refused = await scene.command(pullRequest, 'reviewer', '/apply infra', variables({ size: 'large' }))
    const fingerprint = refused.outputs['fingerprint']?.slice(0, 12) ?? ''
    const step = await scene.command(pullRequest, 'author', `/apply ${fingerprint}`, variables({ size: 'large' }))
    expect(step.reason).toBe('not-approved')
    expect(scene.world()).toEqual({})
  })

  test('plain /apply goes on meaning the reviewed plan after a refusal', async () => {
    await scene.command(pullRequest, 'reviewer', '/apply infra', variables({ size: 'large' }))
    const step = await scene.command(pullRequest, 'reviewer', '/apply infra')
    expect(step.reason).toBe('')
    expect(scene.world()).toEqual(APPLIED)
  })

  test('drift in the state that changes the plan is refused', async () => {
    await scene.applyMerged(pullRequest)
    const next = scene.propose(
      { 'infra/added.tf': 'resource "terraform_data" "added" {\n  input = "next"\n}\n' },
      { branch: 'next' },
    )
    await scene.plan(next)
    next.review({ by: 'reviewer', state: 'APPROVED' })
    writeFileSync(
      scene.statePath,
      readFileSync(scene.statePath, 'utf8').replaceAll('"value": "added"', '"value": "touched"'),
    )
    const step = await scene.command(next, 'reviewer', '/apply infra')
    expect(step.reason).toBe('plan-changed')
    expect(scene.world()).toMatchObject({ 'terraform_data.added': 'touched' })
    expect(scene.shown(next)).toContain('touched')
  })

  test('a re-run after everything is applied has nothing left to do', async () => {
    const first = await scene.applyMerged(pullRequest)
    const again = await scene.applyMerged(pullRequest, { attempt: first.run.rerun('maintainer') })
    expect(again).toMatchObject({ conclusion: 'success', reason: '' })
    expect(again.outputs).toMatchObject({ changed: 'false', applied: 'false' })
    expect(again.summary).toMatch(/nothing left to apply/i)
    expect(rootComment()).toMatch(/Applied/)
  })

  test('a re-run of an old job can not bring back old infrastructure', async () => {
    const sha = pullRequest.merge({ by: 'maintainer' })
    const next = scene.propose({ 'infra/added.tf': null }, { branch: 'next' })
    next.merge({ by: 'maintainer' })
    const step = await scene.applyMerged(pullRequest, { checkout: sha })
    expect(step.reason).toBe('plan-changed')
    expect(step.outputs['changed']).toBeUndefined()
    expect(scene.world()).toEqual({})
  })

  test('files that a later merge changed are planned afresh and offered', async () => {
    const other = scene.propose(
      { 'infra/other.tf': 'resource "terraform_data" "other" {\n  input = "other"\n}\n' },
      { branch: 'other' },
    )
    other.merge({ by: 'maintainer' })
    const refused = await scene.applyMerged(pullRequest)
    expect(refused.reason).toBe('plan-changed')
    expect(rootComment()).toContain('infra/other.tf')
    const applied = await scene.command(
      pullRequest,
      'reviewer',
      `/apply infra ${refused.outputs['fingerprint']?.slice(0, 12)}`,
    )
    expect(applied.reason).toBe('')
    expect(scene.world()).toEqual({ ...APPLIED, 'terraform_data.other': 'other' })
  })

  test('an /apply from the wrong checkout is refused before anything is planned', async () => {
    const step = await scene.command(pullRequest, 'reviewer', '/apply infra', { checkout: 'refs/heads/main' })
    expect(step.reason).toBe('plan-changed')
    expect(step.log.join('\n')).not.toContain(`${tool.program} plan`)
    expect(pullRequest.comments().at(-1)?.body).toContain('refs/pull')
  })

  test('a file that an earlier step changed in the checkout is refused', async () => {
    const step = await scene.command(pullRequest, 'reviewer', '/apply infra', {
      prepare: (workspace) => writeFileSync(join(workspace, 'infra/evil.tf'), 'resource "terraform_data" "evil" {}\n'),
    })
    expect(step.reason).toBe('plan-changed')
    expect(scene.world()).toEqual({})
  })

  test('a push after the approval leaves nothing approved', async () => {
    scene.repository.push({
      branch: 'change',
      files: { 'infra/more.tf': 'resource "terraform_data" "more" {}\n' },
      by: 'author',
    })
    const step = await scene.command(pullRequest, 'reviewer', '/apply infra')
    expect(step.reason).toBe('plan-missing')
    expect(scene.world()).toEqual({})
  })

  test('a plan that was never shown is offered after the merge, and applied by its fingerprint', async () => {
    const unseen = scene.propose(
      { 'infra/unseen.tf': 'resource "terraform_data" "unseen" {\n  input = 1\n}\n' },
      { branch: 'unseen' },
    )
    const refused = await scene.applyMerged(unseen)
    expect(refused.reason).toBe('plan-missing')
    expect(scene.world()).toEqual({})
    const applied = await scene.command(
      unseen,
      'maintainer',
      `/apply infra ${refused.outputs['fingerprint']?.slice(0, 12)}`,
    )
    expect(applied.reason).toBe('')
    expect(scene.world()).toMatchObject({ 'terraform_data.unseen': 1 })
  })

  test('a pushed commit that no pull request brought is refused unless there is nothing to apply', async () => {
    const before = scene.repository.tip('main')
    const sha = scene.repository.push({
      branch: 'main',
      files: { 'infra/direct.tf': 'resource "terraform_data" "direct" {}\n' },
      by: 'maintainer',
    })
    const run = scene.repository.run({ event: 'push', headSha: sha, actor: 'maintainer' })
    const payload = scene.repository.eventPayload('push', { before, after: sha, sender: 'maintainer' })
    const step = await scene.step({ event: 'push', payload, sha, ref: 'refs/heads/main', run, checkout: sha })
    expect(step.reason).toBe('plan-missing')
    expect(scene.world()).toEqual({})
  })
})
