import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { PullRequest } from '../../../lab/github/index.ts'
import { openScene, readable, type Scene } from './support/scene.ts'
import { APPLIED, proposal, serviceFiles } from './support/service.ts'
import { describeTools } from './support/tools.ts'

/** Only people who may approve can, and only what they could see. */
describeTools('the gate asks GitHub who approved', (tool) => {
  let scene: Scene
  let pullRequest: PullRequest

  beforeEach(async () => {
    scene = await openScene(serviceFiles, tool)
    pullRequest = scene.propose(proposal)
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const approve = (by: string) => pullRequest.review({ by, state: 'APPROVED' })

  /** Each arranges what there is after the plan; nothing of it may let `/apply` through. */
  const refusals: { what: string; arrange: () => void; by?: string; says: RegExp }[] = [
    { what: 'no review', arrange: () => {}, says: /no approving review/ },
    {
      what: 'an approval by the author',
      arrange: () => approve('author'),
      says: /author is the pull request's author/,
    },
    { what: 'an approval by a reader', arrange: () => approve('reader'), says: /reader has the permission read/ },
    { what: 'an approval by a bot', arrange: () => approve('robot[bot]'), says: /robot\[bot\] is a bot/ },
    {
      what: 'a comment for an approval',
      arrange: () => pullRequest.review({ by: 'reviewer', state: 'COMMENTED' }),
      says: /no approving review/,
    },
    {
      what: 'a dismissed approval',
      arrange: () => pullRequest.dismiss(approve('reviewer'), 'maintainer'),
      says: /no approving review/,
    },
    {
      what: 'a standing change request beside the approval',
      arrange: () => {
        pullRequest.review({ by: 'maintainer', state: 'CHANGES_REQUESTED' })
        approve('reviewer')
      },
      says: /maintainer requested changes/,
    },
    {
      what: 'an approval taken back by a change request',
      arrange: () => {
        approve('reviewer')
        pullRequest.review({ by: 'reviewer', state: 'CHANGES_REQUESTED' })
      },
      says: /reviewer requested changes/,
    },
    {
      what: 'a required review that is missing',
      arrange: () => pullRequest.requireReview(true),
      says: /required reviews are missing/,
    },
    {
      what: 'an /apply by an outsider',
      arrange: () => approve('reviewer'),
      by: 'outsider',
      says: /outsider has the permission read/,
    },
    {
      what: 'an /apply by a reader',
      arrange: () => approve('reviewer'),
      by: 'reader',
      says: /reader has the permission read/,
    },
    { what: 'an /apply by a bot', arrange: () => approve('reviewer'), by: 'robot[bot]', says: /robot\[bot\] is a bot/ },
  ]

  test.each(refusals)('$what is not enough', async ({ arrange, by = 'maintainer', says }) => {
    await scene.plan(pullRequest)
    const [shown] = pullRequest.comments().map(({ body }) => body)
    arrange()
    const step = await scene.command(pullRequest, by, '/apply')
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'not-approved' })
    expect(step.annotations.map(({ message }) => message).join()).toMatch(says)
    expect(readable(pullRequest.comments().at(-1)?.body ?? '')).toMatch(says)
    expect(step.log.join('\n')).not.toMatch(/terraform|tofu/)
    expect(pullRequest.comments()[0]?.body).toBe(shown)
    expect(scene.world()).toEqual({})
  })

  test('an approval on an older commit does not count for the new one', async () => {
    await scene.plan(pullRequest)
    approve('reviewer')
    scene.repository.push({ branch: 'change', files: { 'infra/more.tf': '# nothing\n' }, by: 'author' })
    await scene.plan(pullRequest)
    const step = await scene.command(pullRequest, 'maintainer', '/apply')
    expect(step.reason).toBe('not-approved')
    expect(scene.world()).toEqual({})
  })

  test('an approval from before the plan does not count', async () => {
    approve('reviewer')
    await scene.plan(pullRequest)
    const step = await scene.command(pullRequest, 'maintainer', '/apply')
    expect(step.reason).toBe('not-approved')
    expect(scene.world()).toEqual({})
  })

  test.each([{ force: false }, { force: true }])(
    'an approval by the last pusher does not count (force: $force)',
    async ({ force }) => {
      scene.repository.push({
        branch: 'change',
        files: { 'infra/more.tf': '# pushed\n' },
        by: 'pusher',
        ...(force ? { force } : {}),
      })
      await scene.plan(pullRequest)
      approve('pusher')
      const step = await scene.command(pullRequest, 'maintainer', '/apply')
      expect(step.reason).toBe('not-approved')
      expect(step.annotations.map(({ message }) => message).join()).toContain('pusher pushed the head commit')
      expect(scene.world()).toEqual({})
    },
  )

  test('an actor without the permission can not re-run a command of somebody who has it', async () => {
    await scene.plan(pullRequest)
    approve('reviewer')
    const step = await scene.command(pullRequest, 'maintainer', '/apply', { runAs: { triggeringActor: 'reader' } })
    expect(step.reason).toBe('not-approved')
    expect(scene.world()).toEqual({})
  })

  test('a pull request that changes .github/ can be applied only after the merge', async () => {
    const risky = scene.propose({ ...proposal, '.github/workflows/infra.yml': 'on: push\n' }, { branch: 'risky' })
    await scene.plan(risky)
    risky.review({ by: 'reviewer', state: 'APPROVED' })
    expect((await scene.command(risky, 'maintainer', '/apply')).reason).toBe('not-approved')
    expect(scene.world()).toEqual({})
    expect((await scene.applyMerged(risky)).reason).toBe('')
    expect(scene.world()).toEqual(APPLIED)
  })

  test('the approver may give the command, and so may the author once another approved', async () => {
    await scene.plan(pullRequest)
    approve('reviewer')
    expect((await scene.command(pullRequest, 'author', '/apply infra')).reason).toBe('')
    expect(scene.world()).toEqual(APPLIED)
  })

  test.each([
    { by: 'reviewer', state: 'approved' as const, reason: '' },
    { by: 'author', state: 'approved' as const, reason: 'not-approved' },
    { by: 'reviewer', state: 'rejected' as const, reason: 'not-approved' },
  ])('require-approval: environment asks the run: $state by $by', async ({ by, state, reason }) => {
    const inputs = { 'require-approval': 'environment' }
    await scene.plan(pullRequest, { inputs })
    const sha = pullRequest.merge({ by: 'maintainer' })
    const run = scene.repository.run({ event: 'push', headSha: sha, actor: 'maintainer' })
    run.approve({ by, environment: 'production', state })
    expect((await scene.applyMerged(pullRequest, { inputs, attempt: run })).reason).toBe(reason)
    expect(scene.world()).toEqual(reason === '' ? APPLIED : {})
  })

  test('require-approval: environment without an approval, and require-approval: none', async () => {
    await scene.plan(pullRequest)
    expect(
      (await scene.command(pullRequest, 'maintainer', '/apply', { inputs: { 'require-approval': 'environment' } }))
        .reason,
    ).toBe('not-approved')
    expect(
      (await scene.command(pullRequest, 'maintainer', '/apply', { inputs: { 'require-approval': 'merged' } })).reason,
    ).toBe('not-approved')
    expect(scene.world()).toEqual({})
    expect(
      (await scene.command(pullRequest, 'maintainer', '/apply', { inputs: { 'require-approval': 'none' } })).reason,
    ).toBe('')
    expect(scene.world()).toEqual(APPLIED)
  })

  test('a raised approvers-permission holds for approvals and commands alike', async () => {
    const inputs = { 'approvers-permission': 'maintain' }
    await scene.plan(pullRequest, { inputs })
    approve('reviewer')
    scene.repository.permit('boss', 'maintain')
    expect((await scene.command(pullRequest, 'boss', '/apply', { inputs })).reason).toBe('not-approved')
    approve('boss')
    expect((await scene.command(pullRequest, 'reviewer', '/apply', { inputs })).reason).toBe('not-approved')
    expect((await scene.command(pullRequest, 'boss', '/apply', { inputs })).reason).toBe('')
  })

  test('/plan plans the pull request for those who may, and never a fork', async () => {
    expect((await scene.command(pullRequest, 'reader', '/plan')).reason).toBe('not-approved')
    expect(
      (await scene.command(pullRequest, 'maintainer', '/plan infra', { checkout: 'refs/heads/main' })).reason,
    ).toBe('plan-changed')
    expect((await scene.command(pullRequest, 'maintainer', '/plan infra')).reason).toBe('')
    expect(scene.shown(pullRequest)).toContain('1 add'.replace('1', '3'))
    const fork = scene.repository.fork({ owner: 'outsider' })
    const foreign = scene.propose(proposal, { branch: 'foreign', author: 'outsider', fork })
    const step = await scene.command(foreign, 'maintainer', '/plan')
    expect(step.reason).toBe('not-approved')
    expect(step.log.join('\n')).not.toContain(`${tool.program} init`)
  })

  test('comments that are no command, or are for another root, do nothing and stay green', async () => {
    await scene.plan(pullRequest)
    const before = pullRequest.comments().length
    for (const body of ['looks good', 'please /apply', '/apply\n/plan', '/apply other', '/applyinfra', '> /apply']) {
      const step = await scene.command(pullRequest, 'maintainer', body)
      expect(step).toMatchObject({ conclusion: 'success', reason: '', outputs: {} })
    }
    expect(pullRequest.comments().length).toBe(before + 6)
    expect(scene.world()).toEqual({})
  })
})
