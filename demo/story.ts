// The first story that the demo tells: how a pull request gets its plan, its approval, a refusal of what was not reviewed, and
// an apply of exactly what was.

import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { PullRequest } from '../lab/github/index.ts'
import { openScenario, type Scenario, type Step } from '../lab/scenario/index.ts'
import { type Audience, conversationOf, expectSuccess, optionsFor } from './audience.ts'
import { files, firstPush, firstService, secondPush } from './service.ts'

const PLAN_KEY = 'a-key-for-the-demo-and-nothing-else'
const SECRETS = { first: 'correct-horse-battery-staple', second: 'not-what-anybody-reviewed' }

/** The repository before the story, on a stand-in of GitHub. */
export function openStory(): Promise<Scenario> {
  return openScenario({
    action: resolve(import.meta.dirname, '../actions/terraform-apply'),
    files,
    inputs: (folder) => ({
      'working-directory': 'infra',
      'plan-key': PLAN_KEY,
      'protected-resources': 'terraform_data.database',
      'backend-config': JSON.stringify({ path: stateIn(folder) }),
      variables: `database_password: ${SECRETS.first}`,
    }),
    masks: [PLAN_KEY, ...Object.values(SECRETS)],
  })
}

/** Plays the story from its beginning to its end. Throws when anything isn't as it should be, or when it is cancelled. */
export async function playStory(scenario: Scenario, audience: Audience): Promise<void> {
  await raiseService(scenario, audience)
  const pullRequest = openChange(scenario)
  await planTwice(scenario, pullRequest, audience)
  const fingerprint = await refuseTwice(scenario, pullRequest, audience)
  await apply(scenario, pullRequest, fingerprint, audience)
}

/** What the workflow's secret is after somebody changed it. */
const CHANGED_SECRET = { inputs: { variables: `database_password: ${SECRETS.second}` } }

async function raiseService(scenario: Scenario, audience: Audience): Promise<void> {
  const options = optionsFor(audience)
  await audience.stage('A first pull request brings the service: planned, merged, applied', async () => {
    const first = scenario.propose(firstService, { branch: 'service', title: 'The service' })
    expectSuccess(await scenario.pullRequestRun(first, options), audience)
    const step = await scenario.mergeRun(first, options)
    expectSuccess(step, audience)
    assert.equal(step.outputs['add'], '5')
    assert.equal(stateOf(scenario).length, 4)
    return ['5 objects are in the state']
  })
}

function openChange({ repository }: Scenario): PullRequest {
  repository.push({ branch: 'more-web', files: firstPush, message: 'A third web server, no cache', by: 'author' })
  const body =
    'The shop was slow on Friday.\n\n- [x] a third web server\n- [x] the cache goes: nobody asks it any more\n- [ ] PostgreSQL 17'
  return repository.openPullRequest({
    head: 'more-web',
    author: 'author',
    title: 'A third web server, PostgreSQL 17',
    body,
  })
}

async function planTwice(scenario: Scenario, pullRequest: PullRequest, audience: Audience) {
  const { stage, look } = audience
  const options = optionsFor(audience)
  await stage('A second one changes it: plan → comment, check, summary', async () => {
    const step = await scenario.pullRequestRun(pullRequest, options)
    expectSuccess(step, audience)
    await look(conversationOf(pullRequest), '1-plan')
    assert.equal(pullRequest.comments().length, 1)
    return [`1 to destroy, 1 to add, 2 to change; fingerprint ${shortOf(step)}`, 'one comment, riskiest first']
  })

  await stage('A second push changes the plan: the same comment is brought up to date', async () => {
    scenario.repository.push({ branch: 'more-web', files: secondPush, message: 'PostgreSQL 17', by: 'author' })
    const step = await scenario.pullRequestRun(pullRequest, options)
    expectSuccess(step, audience)
    await look(conversationOf(pullRequest), '2-plan-after-push')
    assert.equal(pullRequest.comments().length, 1)
    assert.equal(step.outputs['replace'], '1')
    return [
      'the protected database is to be replaced, and the comment says so first; the password is (sensitive value)',
      "each plan is kept encrypted as an artifact, bound to this pull request's head commit",
    ]
  })
}

/** @returns the first digits of the offered plan's fingerprint */
async function refuseTwice(scenario: Scenario, pullRequest: PullRequest, audience: Audience) {
  const { stage, look } = audience
  const options = optionsFor(audience)
  const before = JSON.stringify(stateOf(scenario))
  let fingerprint = ''
  await stage('The author tries to apply: nobody else has approved', async () => {
    const step = await scenario.commentRun(pullRequest, 'author', '/apply infra', options)
    assert.equal(step.reason, 'not-approved')
    return [`refused (${step.reason}): ${step.annotations.at(-1)?.message}`, 'nothing was run']
  })

  await stage('A reviewer approves; then the secret is changed behind the reviewer', async () => {
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    const step = await scenario.commentRun(pullRequest, 'reviewer', '/apply infra', { ...options, ...CHANGED_SECRET })
    assert.equal(step.reason, 'plan-changed')
    assert.equal(JSON.stringify(stateOf(scenario)), before)
    fingerprint = shortOf(step)
    await look(conversationOf(pullRequest), '3-refused')
    return [
      `refused (${step.reason}): the plan made now is not the reviewed one`,
      'the comment names the attribute and shows neither secret',
      `the new plan can be approved by its fingerprint, ${fingerprint}`,
    ]
  })
  return fingerprint
}

async function apply(
  scenario: Scenario,
  pullRequest: PullRequest,
  fingerprint: string,
  audience: Audience,
): Promise<void> {
  const { stage, look } = audience
  const changed = { ...optionsFor(audience), ...CHANGED_SECRET }
  await stage(`The reviewer allows the replacement by a label, and comments /apply infra ${fingerprint}`, async () => {
    pullRequest.label('allow-destroy', 'reviewer')
    const step = await scenario.commentRun(pullRequest, 'reviewer', `/apply infra ${fingerprint}`, changed)
    expectSuccess(step, audience)
    await look(conversationOf(pullRequest), '4-applied')
    assert.equal(step.outputs['applied'], 'true')
    assert.equal(stateOf(scenario).length, 3)
    return ['exactly the approved plan is applied', `outputs: ${step.outputs['outputs']}`]
  })

  await stage('The pull request is merged', async () => {
    const step = await scenario.mergeRun(pullRequest, changed)
    expectSuccess(step, audience)
    await look(conversationOf(pullRequest), '5-merged')
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

function shortOf(step: Step): string {
  return step.outputs['fingerprint']?.slice(0, 12) ?? ''
}

function stateIn(folder: string): string {
  return join(folder, 'terraform.tfstate')
}

/** The resources in the state. */
function stateOf({ folder }: Scenario): unknown[] {
  const { resources } = JSON.parse(readFileSync(stateIn(folder), 'utf8')) as { resources: unknown[] }
  return resources
}
