import { describe, expect, test } from '@jest/globals'
import type { RunContext } from '../../../../lib/action/context.ts'
import { decide, type Mode, type Task } from './decide.ts'

const context = (name: string, payload: Record<string, unknown> = {}, ref = 'refs/heads/main'): RunContext => ({
  event: { name, payload: { repository: { default_branch: 'main' }, ...payload } },
  repository: { owner: 'owner', name: 'site', id: 1, defaultBranch: 'repository' in payload ? '' : 'main' },
  sha: 'a'.repeat(40),
  ref,
  runId: 1,
  runAttempt: 1,
  job: 'infra',
  actor: 'author',
  triggeringActor: 'author',
  workspace: '/checkout',
  tempDirectory: '/temp',
  apiUrl: 'https://api.github.com',
  runUrl: 'https://github.com/owner/site/actions/runs/1',
})

const pull = { pull_request: { number: 7 } }
const plan: Task = { kind: 'plan', trigger: { kind: 'event' } }
const apply: Task = { kind: 'apply', trigger: { kind: 'merged' } }
const drift: Task = { kind: 'drift' }

const MODES: readonly Mode[] = ['auto', 'plan', 'apply', 'drift', 'discover', 'render']

describe('events', () => {
  test.each<[string, Mode, Record<string, unknown>, Task]>([
    ['pull_request', 'auto', pull, plan],
    ['pull_request', 'plan', pull, plan],
    ['merge_group', 'auto', { merge_group: {} }, plan],
    ['merge_group', 'plan', {}, plan],
    ['push', 'auto', {}, apply],
    ['push', 'plan', {}, plan],
    ['push', 'apply', {}, apply],
    ['workflow_dispatch', 'auto', { inputs: { mode: 'plan' } }, plan],
    ['workflow_dispatch', 'auto', { inputs: { mode: 'apply' } }, apply],
    ['workflow_dispatch', 'plan', { inputs: { mode: 'apply' } }, plan],
    ['workflow_dispatch', 'apply', {}, apply],
    ['schedule', 'plan', {}, plan],
    ['schedule', 'auto', {}, drift],
    ['schedule', 'drift', {}, drift],
    ['push', 'drift', {}, drift],
    ['workflow_dispatch', 'auto', { inputs: { mode: 'drift' } }, drift],
    ['workflow_dispatch', 'drift', { inputs: { mode: 'apply' } }, drift],
    ['pull_request', 'render', pull, { kind: 'render' }],
    ['push', 'render', {}, { kind: 'render' }],
    ['schedule', 'render', {}, { kind: 'render' }],
    ['pull_request', 'discover', pull, { kind: 'discover' }],
    ['merge_group', 'discover', { merge_group: {} }, { kind: 'discover' }],
    ['push', 'discover', {}, { kind: 'discover' }],
    ['schedule', 'discover', {}, { kind: 'discover' }],
    ['workflow_dispatch', 'discover', { inputs: { mode: 'apply' } }, { kind: 'discover' }],
    ['issue_comment', 'discover', { action: 'created', comment: { body: '/plan' } }, { kind: 'discover' }],
    ['issue_comment', 'discover', { action: 'edited', comment: { body: 'looks good' } }, { kind: 'discover' }],
  ])('%s under mode %s with %j', (name, mode, payload, task) => {
    expect(decide(context(name, payload), mode, 'infra')).toEqual(task)
  })

  const unsupported = (reason: RegExp) =>
    expect.objectContaining({ reason: 'unsupported-event', message: expect.stringMatching(reason) })

  describe.each(['pull_request_target', 'pull_request_review', 'workflow_run'])('%s is refused', (name) => {
    test.each(MODES)('under mode %s', (mode) => {
      expect(() => decide(context(name, pull), mode, 'infra')).toThrow(
        unsupported(new RegExp(`^The event ${name} is refused`)),
      )
    })
  })

  test.each<[string, Mode, Record<string, unknown>, string, RegExp]>([
    ['pull_request', 'apply', pull, 'refs/pull/7/merge', /mode: apply on pull_request/],
    ['pull_request', 'drift', pull, 'refs/pull/7/merge', /mode: drift on pull_request/],
    ['workflow_dispatch', 'drift', {}, 'refs/heads/feature', /Only the default branch \(main\) is .* for drift/],
    ['workflow_dispatch', 'auto', { inputs: { mode: 'drift' } }, 'refs/tags/v1', /this workflow_dispatch is of refs/],
    ['push', 'drift', {}, 'refs/heads/feature', /this push is of refs\/heads\/feature/],
    [
      'push',
      'auto',
      {},
      'refs/heads/feature',
      /Only the default branch \(main\) is applied .*; this push is of refs\/heads\/feature/,
    ],
    ['push', 'auto', {}, 'refs/tags/main', /default branch/],
    ['push', 'auto', { repository: {} }, 'refs/heads/main', /default branch/],
    ['push', 'apply', {}, 'refs/heads/feature', /default branch/],
    ['workflow_dispatch', 'apply', {}, 'refs/heads/feature', /this workflow_dispatch is of refs\/heads\/feature/],
    ['workflow_dispatch', 'auto', { inputs: { mode: 'apply' } }, 'refs/heads/feature', /default branch/],
    ['workflow_dispatch', 'auto', {}, 'refs/heads/main', /needs an input "mode" of plan, apply or drift; it is ""/],
    ['workflow_dispatch', 'auto', { inputs: { mode: 'destroy' } }, 'refs/heads/main', /it is "destroy"/],
    ['workflow_dispatch', 'auto', { inputs: null }, 'refs/heads/main', /it is ""/],
    ['release', 'auto', {}, 'refs/heads/main', /no meaning for the event release/],
  ])('%s under mode %s with %j on %s is unsupported', (name, mode, payload, ref, reason) => {
    expect(() => decide(context(name, payload, ref), mode, 'infra')).toThrow(unsupported(reason))
  })
})

describe('comments', () => {
  const commented = (body: unknown, change: Record<string, unknown> = {}): RunContext =>
    context('issue_comment', {
      action: 'created',
      issue: { number: 7, pull_request: { url: 'x' } },
      comment: { body, user: { login: 'reviewer', type: 'User' }, created_at: '2026-01-01T00:00:00Z' },
      ...change,
    })
  const comment = { author: 'reviewer', authorIsBot: false, createdAt: new Date('2026-01-01T00:00:00Z') }
  const applies = (root?: string, fingerprint?: string): Task => ({
    kind: 'apply',
    trigger: { kind: 'comment', pullRequest: 7, command: { verb: 'apply', root, fingerprint }, comment },
  })

  test.each<[string, Mode, Task]>([
    ['/apply', 'auto', applies()],
    ['/apply infra', 'auto', applies('infra')],
    ['/apply', 'apply', applies()],
    ['/apply infra abcdef012345', 'auto', applies('infra', 'abcdef012345')],
    ['/plan', 'auto', { kind: 'plan', trigger: { kind: 'comment', pullRequest: 7, comment } }],
    ['/plan infra', 'plan', { kind: 'plan', trigger: { kind: 'comment', pullRequest: 7, comment } }],
  ])('%s under mode %s', (body, mode, task) => {
    expect(decide(commented(body), mode, 'infra')).toEqual(task)
  })

  test.each<[string, RunContext, Mode, RegExp]>([
    ['another text', commented('looks good'), 'auto', /no \/plan or \/apply command/],
    ['no text', commented(null), 'auto', /no \/plan or \/apply command/],
    ['another root', commented('/apply other'), 'auto', /for the root "other"/],
    ['the root in other letters', commented('/apply Infra'), 'auto', /for the root "Infra"/],
    ['an edited comment', commented('/apply', { action: 'edited' }), 'auto', /edited or deleted/],
    ['a deleted comment', commented('/apply', { action: 'deleted' }), 'auto', /edited or deleted/],
    ['an issue', commented('/apply', { issue: { number: 7 } }), 'auto', /not on a pull request/],
    [
      'an issue with null',
      commented('/apply', { issue: { number: 7, pull_request: null } }),
      'auto',
      /not on a pull request/,
    ],
    ['no number', commented('/apply', { issue: { pull_request: {} } }), 'auto', /not on a pull request/],
    ['/plan to a step that looks for drift', commented('/plan'), 'drift', /mode is drift, the comment asks for plan/],
    ['/apply to a step that plans', commented('/apply'), 'plan', /mode is plan, the comment asks for apply/],
    ['/plan to a step that applies', commented('/plan'), 'apply', /mode is apply, the comment asks for plan/],
  ])('%s does nothing', (_, event, mode, why) => {
    expect(decide(event, mode, 'infra')).toEqual({ kind: 'nothing', why: expect.stringMatching(why) })
  })

  test.each([{ type: 'Bot', login: 'robot[bot]' }, { type: 'Organization', login: 'x' }, { login: 'x' }])(
    'a commenter %j is no person',
    (user) => {
      const event = commented('', { comment: { body: '/apply', user, created_at: '2026-01-01T00:00:00Z' } })
      expect(decide(event, 'auto', 'infra')).toMatchObject({
        trigger: { comment: { author: user.login, authorIsBot: true } },
      })
    },
  )

  test('a comment without a time is at no time, and so never after a plan', () => {
    const event = commented('', { comment: { body: '/apply', user: { login: 'reviewer', type: 'User' } } })
    const task = decide(event, 'auto', 'infra')
    const createdAt =
      task.kind === 'apply' && task.trigger.kind === 'comment' ? task.trigger.comment.createdAt : new Date()
    expect(createdAt > new Date(0)).toBe(false)
  })
})
