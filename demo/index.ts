// npm run demo: how a pull request gets its plan, its approval, a refusal of what was not reviewed, and an apply of exactly what was.

import { strict as assert } from 'node:assert'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { PullRequest } from '../lab/github/index.ts'
import { provision } from '../lab/provision/index.ts'
import { openScenario, type Scenario, type Step } from '../lab/scenario/index.ts'
import { files, firstPush, secondPush } from './service.ts'
import { bold, dim, follow, say, stage } from './terminal.ts'

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const written = join(project, '.demo')

const PLAN_KEY = 'a-key-for-the-demo-and-nothing-else'
const SECRETS = { first: 'correct-horse-battery-staple', second: 'not-what-anybody-reviewed' }

const cancelled = new AbortController()

async function main(): Promise<void> {
  const startedAt = performance.now()
  say(bold('ondol · terraform-apply on a pull request'))
  say(dim('Real Terraform and the committed bundle; GitHub is a stand-in on this machine.'))
  const parts = await provision(['git', 'terraform'])
  const missing = Object.entries(parts).flatMap(([name, part]) =>
    part.kind === 'missing' ? [`${name}: ${part.why}. ${part.command}`] : [],
  )
  if (missing.length > 0) throw new Error(`The demo needs:\n${missing.join('\n')}`)

  rmSync(written, { recursive: true, force: true })
  mkdirSync(written)
  const scenario = await openScenario({
    action: join(project, 'actions/terraform-apply'),
    files,
    inputs: (folder) => ({
      'working-directory': 'infra',
      'plan-key': PLAN_KEY,
      'backend-config': JSON.stringify({ path: join(folder, 'terraform.tfstate') }),
      variables: `database_password: ${SECRETS.first}`,
    }),
    masks: [PLAN_KEY, ...Object.values(SECRETS)],
  })
  try {
    await play(scenario)
  } finally {
    await scenario.close()
  }
  say(
    `\n${bold('Done')} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s. The comments, as GitHub would show them, are in ${bold('.demo/')}.`,
  )
}

async function play(scenario: Scenario): Promise<void> {
  const { repository } = scenario
  const options = { onLine: follow, cancel: cancelled.signal }
  const pullRequest = scenario.propose(firstPush, { branch: 'more-web', title: 'Two web servers' })
  let fingerprint = ''

  await stage('A pull request is opened: plan → comment, check, summary', async () => {
    const step = await scenario.pullRequestRun(pullRequest, options)
    expectSuccess(step)
    keep(pullRequest, '1-plan.md')
    assert.equal(pullRequest.comments().length, 1)
    return [
      `4 objects to add; fingerprint ${step.outputs['fingerprint']?.slice(0, 12)}`,
      'one comment, with the password as (sensitive value)',
    ]
  })

  await stage('A second push changes the plan: the same comment is brought up to date', async () => {
    repository.push({ branch: 'more-web', files: secondPush, by: 'author' })
    const step = await scenario.pullRequestRun(pullRequest, options)
    expectSuccess(step)
    keep(pullRequest, '2-plan-after-push.md')
    assert.equal(pullRequest.comments().length, 1)
    assert.equal(step.outputs['add'], '5')
    return [
      '5 objects to add; still one comment',
      "each plan is kept encrypted as an artifact, bound to this pull request's head commit",
    ]
  })

  await stage('The author tries to apply: nobody else has approved', async () => {
    const step = await scenario.commentRun(pullRequest, 'author', '/apply infra', options)
    assert.equal(step.reason, 'not-approved')
    assert.equal(stateOf(scenario), undefined)
    return [`refused (${step.reason}): ${step.annotations.at(-1)?.message}`, 'nothing was run']
  })

  await stage('A reviewer approves; then the secret is changed behind the reviewer', async () => {
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    const step = await scenario.commentRun(pullRequest, 'reviewer', '/apply infra', {
      ...options,
      inputs: { variables: `database_password: ${SECRETS.second}` },
    })
    assert.equal(step.reason, 'plan-changed')
    assert.equal(stateOf(scenario), undefined)
    fingerprint = step.outputs['fingerprint']?.slice(0, 12) ?? ''
    keep(pullRequest, '3-refused.md')
    return [
      `refused (${step.reason}): the plan made now is not the reviewed one`,
      'the comment names the attribute and shows neither secret',
      `the new plan can be approved by its fingerprint, ${fingerprint}`,
    ]
  })

  await stage(`The reviewer looks at the new plan and comments /apply infra ${fingerprint}`, async () => {
    const step = await scenario.commentRun(pullRequest, 'reviewer', `/apply infra ${fingerprint}`, {
      ...options,
      inputs: { variables: `database_password: ${SECRETS.second}` },
    })
    expectSuccess(step)
    keep(pullRequest, '4-applied.md')
    assert.equal(step.outputs['applied'], 'true')
    assert.equal(stateOf(scenario)?.resources.length, 3)
    return ['5 objects are in the state, exactly those of the approved plan', `outputs: ${step.outputs['outputs']}`]
  })

  await stage('The pull request is merged', async () => {
    const step = await scenario.mergeRun(pullRequest, {
      ...options,
      inputs: { variables: `database_password: ${SECRETS.second}` },
    })
    expectSuccess(step)
    keep(pullRequest, '5-merged.md')
    assert.equal(step.outputs['applied'], 'false')
    for (const comment of pullRequest.comments())
      for (const secret of Object.values(SECRETS)) assert.ok(!comment.body.includes(secret))
    assert.deepEqual(scenario.github.violations, [])
    return [
      'nothing left to apply',
      'neither secret is in any comment',
      "every request and reply kept to GitHub's published API description",
    ]
  })
}

function expectSuccess(step: Step): void {
  if (cancelled.signal.aborted) throw new Error('cancelled')
  assert.equal(step.conclusion, 'success', step.log.join('\n'))
}

/** The whole conversation, as text to read. */
function keep(pullRequest: PullRequest, name: string): void {
  const comments = pullRequest
    .comments()
    .map(({ author, body }) => `**${author.login}** commented:\n\n${body.replace(/^<!-- .* -->\n/, '')}`)
  writeFileSync(join(written, name), `${comments.join('\n\n---\n\n')}\n`)
  say(dim(`   → .demo/${name}`))
}

function stateOf(scenario: Scenario): { resources: unknown[] } | undefined {
  try {
    return JSON.parse(readFileSync(join(scenario.folder, 'terraform.tfstate'), 'utf8')) as { resources: unknown[] }
  } catch {
    return undefined
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    say(dim(`\n${signal}: stopping what runs …`))
    cancelled.abort()
  })
}

try {
  await main()
} catch (error) {
  if (!cancelled.signal.aborted) throw error
  say('Stopped; nothing is left behind.')
  process.exitCode = 130
}
