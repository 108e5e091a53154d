import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { FaultRule, PullRequest, Run } from '../../../lab/github/index.ts'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { openScene, PLAN_KEY, readable, type Scene } from './support/scene.ts'

const terraform = await requirePart('terraform')

const LEGS = Array.from({ length: 12 }, (_, leg) => `root-${leg + 1}`)

/** A plan of a root of its own, as `terraform show -json` has it. */
function planJson(name: string): string {
  const change = {
    actions: ['create'],
    before: null,
    after: { input: name },
    after_unknown: {},
    before_sensitive: false,
    after_sensitive: {},
  }
  return JSON.stringify({
    format_version: '1.2',
    terraform_version: '1.11.4',
    complete: true,
    errored: false,
    configuration: { root_module: {} },
    planned_values: { root_module: {} },
    resource_changes: [
      {
        address: `terraform_data.${name}`,
        mode: 'managed',
        type: 'terraform_data',
        name,
        provider_name: 'terraform.io/builtin/terraform',
        change,
      },
    ],
  })
}

/** As many changes as no five comments hold. */
function largePlanJson(name: string): string {
  const plan = JSON.parse(planJson(name))
  const [one] = plan.resource_changes
  plan.resource_changes = Array.from({ length: 900 }, (_, index) => ({
    ...one,
    address: `terraform_data.${name}[${index}]`,
    index,
    change: { ...one.change, after: { input: `${name} ${'x'.repeat(100)} ${index}` } },
  }))
  return JSON.stringify(plan)
}

const COMMENTS = /\/issues\/\d+\/comments$/
const COMMENT = /\/issues\/comments\/\d+$/
const TWIRP = /ArtifactService\/ListArtifacts$|\/actions\/runs\/\d+\/artifacts$/
const status = (code: number) => ({ kind: 'status', status: code }) as const

/** Each repetition has another kind of trouble. */
const TROUBLES: { what: string; rules: FaultRule[] }[] = [
  { what: 'no trouble', rules: [] },
  {
    what: 'a lost reply to the first comment',
    rules: [{ method: 'POST', path: COMMENTS, times: 1, fault: { kind: 'reset-after-write' } }],
  },
  {
    what: 'three lost replies to new comments',
    rules: [{ method: 'POST', path: COMMENTS, times: 3, fault: { kind: 'reset-after-write' } }],
  },
  { what: '502 for four edits', rules: [{ method: 'PATCH', path: COMMENT, times: 4, fault: status(502) }] },
  {
    what: 'lost replies to five edits',
    rules: [{ method: 'PATCH', path: COMMENT, times: 5, fault: { kind: 'reset-after-write' } }],
  },
  { what: 'slow edits', rules: [{ method: 'PATCH', path: COMMENT, times: 6, fault: { kind: 'slow', ms: 700 } }] },
  {
    what: 'slow new comments',
    rules: [{ method: 'POST', path: COMMENTS, times: 4, fault: { kind: 'slow', ms: 900 } }],
  },
  { what: '503 for lists of comments', rules: [{ method: 'GET', path: COMMENTS, times: 6, fault: status(503) }] },
  {
    what: 'slow and failing lists of rows',
    rules: [
      { path: TWIRP, times: 3, fault: { kind: 'slow', ms: 600 } },
      { path: TWIRP, times: 3, fault: status(502) },
    ],
  },
  {
    what: 'failing downloads of rows',
    rules: [
      { path: /\/zip$/, times: 4, fault: status(502) },
      { method: 'GET', path: /^\/_?blobs?\//, times: 4, fault: { kind: 'reset' } },
      { method: 'GET', path: /blobs\//, times: 4, fault: status(503) },
    ],
  },
  {
    what: 'a bit of everything',
    rules: [
      { method: 'POST', path: COMMENTS, times: 1, fault: { kind: 'slow', ms: 400 } },
      { method: 'POST', path: COMMENTS, times: 1, fault: status(500) },
      { method: 'PATCH', path: COMMENT, times: 2, fault: { kind: 'slow', ms: 300 } },
      { method: 'PATCH', path: COMMENT, times: 2, fault: { kind: 'reset' } },
      { method: 'PATCH', path: COMMENT, times: 1, fault: { kind: 'secondary-limit', retryAfter: 1 } },
      { method: 'GET', path: COMMENTS, times: 2, fault: status(502) },
    ],
  },
]

describe('twelve concurrent legs of a matrix', () => {
  let scene: Scene
  let pullRequest: PullRequest

  beforeEach(async () => {
    scene = await openScene({ 'plans/.keep': '' })
    pullRequest = scene.propose({ 'plans/.keep': 'changed' })
  })
  afterEach(async () => {
    scene.github.faults.clear()
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const newRun = () =>
    scene.repository.run({ event: 'pull_request', headSha: pullRequest.headSha, actor: 'author', pullRequest })

  const options = (name: string, run: Run, plan: string, inputs: Record<string, string> = {}) => ({
    attempt: run,
    prepare: (workspace: string) => writeFileSync(join(workspace, 'plans', `${name}.json`), plan),
    inputs: {
      mode: 'render',
      name,
      'working-directory': '.',
      'plan-json': `plans/${name}.json`,
      'plan-store': 'artifact',
      'comment-group': 'everything',
      'backend-config': '',
      ...inputs,
    },
  })
  const leg = (name: string, run: Run, inputs?: Record<string, string>) =>
    scene.plan(pullRequest, options(name, run, planJson(name), inputs))

  /** Names in the table of the one comment that there is, and the sections beneath it. */
  function shown() {
    const comments = pullRequest.comments()
    expect(comments).toHaveLength(1)
    const body = readable(comments[0]?.body ?? '')
    return {
      body,
      rows: [...body.matchAll(/^\| (root-\d+) \|/gm)].map(([, name]) => name),
      sections: [...body.matchAll(/^### (root-\d+)$/gm)].map(([, name]) => name),
    }
  }

  test.each(TROUBLES)('end in one comment with every row once: $what', async ({ rules }) => {
    for (const rule of rules) scene.github.faults.add(rule)
    const run = newRun()
    const steps = await Promise.all(LEGS.map((name) => leg(name, run)))
    const failed = steps.filter(({ conclusion }) => conclusion !== 'success')
    expect(failed.map(({ log }) => log.join('\n'))).toEqual([])
    const { body, rows, sections } = shown()
    expect(rows).toEqual(LEGS)
    expect(sections).toEqual(LEGS)
    expect(body).toMatch(/^## Terraform · everything$/m)
    expect(body).toContain('12 roots')
    expect(new Set(steps.map(({ outputs }) => outputs['comment-url'])).size).toBe(1)
  })

  test('a re-run of one leg keeps the others; a push that concerns fewer roots drops the rest', async () => {
    const run = newRun()
    await Promise.all(LEGS.slice(0, 3).map((name) => leg(name, run)))
    const again = newRun()
    await leg('root-2', again)
    expect(shown().rows).toEqual(['root-1', 'root-2', 'root-3'])
    expect(shown().body).toContain(`>${again.id}</a>`)
    const event = {
      payload: scene.repository.eventPayload('pull_request', { pullRequest, action: 'opened' }),
      sha: pullRequest.mergeSha,
    }
    scene.repository.push({ branch: 'change', files: { 'plans/.keep': 'again' }, by: 'author' })
    await leg('root-3', newRun())
    expect(shown().rows).toEqual(['root-3'])
    const late = await scene.step({
      ...{ ...event, event: 'pull_request', ref: `refs/pull/${pullRequest.number}/merge`, checkout: event.sha, run },
      ...options('root-1', run, planJson('root-1')),
    })
    expect(late.conclusion).toBe('success')
    expect(late.log.join('\n')).toContain('has written a newer comment')
    expect(shown().rows).toEqual(['root-3'])
  })

  test('without a key, with another key, or from elsewhere: what is no row of this run is left out', async () => {
    const run = newRun()
    await leg('root-1', run, { 'plan-key': PLAN_KEY.toUpperCase() })
    await leg('root-2', run)
    const bodies = pullRequest.comments().map(({ body }) => readable(body))
    expect(bodies).toHaveLength(2)
    expect(bodies[1]).not.toMatch(/^\| root-1 /m)
    await leg('root-3', run, { 'plan-key': '' })
    expect(
      pullRequest
        .comments()
        .slice(0, 2)
        .map(({ body }) => readable(body)),
    ).toEqual(bodies)
  })

  test('more than five comments hold: each root keeps its row and a share of the room', async () => {
    const run = newRun()
    const large = LEGS.slice(0, 4)
    await Promise.all(large.map((name) => scene.plan(pullRequest, options(name, run, largePlanJson(name)))))
    const { body, rows, sections } = shown()
    expect(rows).toEqual(large)
    expect(sections).toEqual(large)
    expect(pullRequest.comments()[0]?.body.length).toBeLessThan(65_536)
    const shares = [...body.matchAll(/\*\*([\d,]+) of 900 changes are left out/g)].map(([, left]) => Number(left))
    expect(shares).toHaveLength(4)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(30)
    expect(body).toContain(`The whole report: the summary of run ${run.id}`)
  })
})

terraform.describe('roots that share a comment', () => {
  const resource = (name: string) =>
    `terraform {\n  backend "local" {}\n}\nresource "terraform_data" "${name}" {\n  input = "${name}"\n}\n`
  let scene: Scene
  let pullRequest: PullRequest

  beforeEach(async () => {
    const variable = 'variable "v" {\n  default = ""\n}\nresource "terraform_data" "v" {\n  input = var.v\n}\n'
    scene = await openScene({ 'net/main.tf': `${resource('net')}${variable}`, 'db/main.tf': resource('db') })
    pullRequest = scene.propose({
      'net/more.tf': 'resource "terraform_data" "more" {}\n',
      'db/more.tf': 'resource "terraform_data" "more" {}\n',
    })
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const inputs = (root: string, store: string) => ({
    'working-directory': root,
    'comment-group': 'infra',
    'plan-store': store,
    'backend-config': JSON.stringify({ path: join(scene.folder, 'state', `${root}.tfstate`) }),
  })

  test.each(['artifact', 'file'])('are planned, approved and applied one by one; store: %s', async (kind) => {
    const store = kind === 'file' ? `file://${join(scene.folder, 'plans')}` : 'artifact'
    const run = scene.repository.run({
      event: 'pull_request',
      headSha: pullRequest.headSha,
      actor: 'author',
      pullRequest,
    })
    const plans = await Promise.all(
      ['net', 'db'].map((root) => scene.plan(pullRequest, { attempt: run, inputs: inputs(root, store) })),
    )
    for (const step of plans) expect(step.reason).toBe('')
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })

    const applied = await scene.command(pullRequest, 'reviewer', '/apply net', {
      inputs: inputs('net', store),
      checkout: pullRequest.headSha,
    })
    expect(applied.outputs).toMatchObject({ applied: 'true' })
    const [comment, ...others] = scene.rootComments(pullRequest)
    expect(others).toEqual([])
    const body = readable(comment?.body ?? '')
    expect(body).toMatch(/^\| db \| 🟢 2 add \| 📝 planned \|/m)
    expect(body).toMatch(/^\| net \| 🟢 3 add \| ✅ Applied: .*3/m)

    // What db's row shows for review is still known, and a plan made since isn't it.
    const again = await scene.command(pullRequest, 'reviewer', '/apply db', {
      inputs: inputs('db', store),
      checkout: pullRequest.headSha,
    })
    expect(again.outputs).toMatchObject({ applied: 'true' })
    expect(readable(scene.rootComments(pullRequest)[0]?.body ?? '')).toMatch(/^\| db \| 🟢 2 add \| ✅ Applied/m)

    const merged = await scene.applyMerged(pullRequest, { inputs: inputs('net', store) })
    expect(merged).toMatchObject({ conclusion: 'success', outputs: { applied: 'false' } })
    expect(readable(scene.rootComments(pullRequest)[0]?.body ?? '')).toMatch(/^\| net \| 🟢 3 add \| ✅ Applied/m)
  })

  test.each(['', 'infra'])('an older plan is not brought back by an older comment; group: %j', async (group) => {
    const net = (value: string) => ({ ...inputs('net', 'artifact'), 'comment-group': group, variables: `v: ${value}` })
    const plan = { checkout: pullRequest.headSha }
    await scene.plan(pullRequest, { inputs: net('1') })
    const before = pullRequest.comments()[0]?.body ?? ''
    expect((await scene.command(pullRequest, 'author', '/plan net', { ...plan, inputs: net('2') })).reason).toBe('')
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    const [comment] = pullRequest.comments()
    expect(comment?.body).not.toBe(before)
    if (comment) comment.body = before
    const applied = await scene.command(pullRequest, 'reviewer', '/apply net', { ...plan, inputs: net('1') })
    expect(applied).toMatchObject({ conclusion: 'failure', reason: 'plan-missing' })
  })

  test('a marker that was tampered with is no marker, and its comment is left alone', async () => {
    await scene.plan(pullRequest, { inputs: inputs('net', 'artifact') })
    const [comment] = pullRequest.comments()
    const marker = /^<!-- ondol:terraform-apply ([\w-]+) /.exec(comment?.body ?? '')?.[1] ?? ''
    const fields = JSON.parse(Buffer.from(marker, 'base64url').toString())
    const rows = fields.rows.replace(/ \d+ [0-9a-f]{64} /, ` 1 ${'0'.repeat(64)} `)
    expect(rows).not.toBe(fields.rows)
    const body = comment?.body.replace(marker, Buffer.from(JSON.stringify({ ...fields, rows })).toString('base64url'))
    if (comment && body) comment.body = body
    await scene.plan(pullRequest, { inputs: inputs('db', 'artifact') })
    expect(pullRequest.comments()[0]?.body).toBe(body)
    expect(pullRequest.comments()).toHaveLength(2)
  })
})
