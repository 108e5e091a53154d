// The second story that the demo tells: a merged pull request deploys the example app to a cluster, and a bad one puts
// itself back while the app goes on answering.

import { strict as assert } from 'node:assert'
import { delimiter, dirname, resolve } from 'node:path'
import process from 'node:process'
import { programPath } from '../lab/cluster/build.ts'
import type { PullRequest } from '../lab/github/index.ts'
import { startLoad } from '../lab/load/index.ts'
import type { Scenario, Step, WorkflowOptions } from '../lab/scenario/index.ts'
import { type Audience, conversationOf, expectSuccess, expectUncancelled, optionsFor, runOf } from './audience.ts'
import { newApp, nextVersion } from './bookings.ts'
import type { Site } from './site.ts'

/** Plays the story from its beginning to its end. Throws when anything isn't as it should be, or when it is cancelled. */
export async function playDeployStory(scenario: Scenario, site: Site, audience: Audience): Promise<void> {
  await deployApp(scenario, site, audience)
  await deployBadImage(scenario, site, audience)
}

async function deployApp(scenario: Scenario, site: Site, audience: Audience): Promise<void> {
  const { stage, look } = audience
  const pullRequest = propose(scenario, newApp, {
    branch: 'bookings',
    title: 'Bookings of the meeting room',
    body: 'Two replicas behind a Service. The Secret with the address of the database comes from the workflow.',
  })

  await stage('A pull request brings an app: what it would deploy → comment', async () => {
    const step = await scenario.using(diffIn(site)).pullRequestRun(pullRequest, optionsFor(audience))
    expectSuccess(step, audience)
    await look(conversationOf(pullRequest), '6-new-app')
    assert.equal(step.outputs['changed'], 'true')
    assert.equal(await site.look('get', 'deployments', '--output=name'), '')
    return [
      `${Object.keys(newApp).length} objects would be created, says the server's dry run; nothing is written`,
      'this job has an account that can do nothing else',
    ]
  })

  await stage('It is merged: applied, ready, proved', async () => {
    const step = await scenario.using(deployTo(site)).mergeRun(pullRequest, optionsFor(audience))
    expectSuccess(step, audience)
    await look(runOf(step), '7-deployed')
    assert.equal(step.outputs['result'], 'deployed')
    assert.equal(stateOfProduction(scenario), 'success')
    await book(site, 'Planning', 1)
    expectSecrecy(scenario, site, step)
    return [
      'two pods are ready, stayed so, and the gate got 200 through the Service; GitHub is told',
      `the app answers at ${site.address}, and the first booking is in its database`,
      "the database's password came from a secret of GitHub, and is shown nowhere",
    ]
  })
}

async function deployBadImage(scenario: Scenario, site: Site, audience: Audience): Promise<void> {
  const { stage, look } = audience
  const pullRequest = scenario.propose(nextVersion, {
    branch: 'bookings-1.1.0',
    title: 'Bookings 1.1.0, a talkative log',
  })

  await stage('The next version: its difference → comment', async () => {
    const step = await scenario.using(diffIn(site)).pullRequestRun(pullRequest, optionsFor(audience))
    expectSuccess(step, audience)
    await look(conversationOf(pullRequest), '8-diff')
    return ['a ConfigMap and a Deployment would change, by the lines that the comment shows']
  })

  await stage('It is merged, but its image was never pushed: everything is put back', async () => {
    const load = await startLoad({ url: `${site.address}/api/bookings`, ratePerSecond: 20, timeoutMs: 5000 })
    const step = await scenario.using(deployTo(site)).mergeRun(pullRequest, optionsFor(audience))
    const { total, failed } = await load.stop()
    expectUncancelled(audience)
    await look(runOf(step), '9-rolled-back')
    assert.deepEqual([step.outputs['result'], step.reason], ['rolled-back', 'image-not-found'], step.log.join('\n'))
    assert.equal(await site.look('get', 'configmap', 'bookings', '--output=jsonpath={.data.LOG_LEVEL}'), 'info')
    assert.equal(stateOfProduction(scenario), 'failure')
    assert.equal(failed, 0)
    assert.deepEqual(await bookings(site), ['Planning'])
    expectSecrecy(scenario, site, step)
    assert.deepEqual(scenario.github.violations, [])
    return [
      `${step.annotations[0]?.message.split('\n')[0]}`,
      `rolled back ${step.outputs['duration']} s after it began, the ConfigMap as well as the pods`,
      `meanwhile the app answered ${total} of ${total} requests`,
    ]
  })
}

interface Proposal {
  branch: string
  title: string
  body: string
}

function propose(
  { repository }: Scenario,
  files: Record<string, string>,
  { branch, title, body }: Proposal,
): PullRequest {
  repository.push({ branch, files, message: title, by: 'author' })
  return repository.openPullRequest({ head: branch, author: 'author', title, body })
}

const action = resolve(import.meta.dirname, '../actions/k8s-deploy')

/** The workflow of pull requests. */
function diffIn({ accounts }: Site): WorkflowOptions {
  return {
    action,
    inputs: () => ({ ...APP, kubeconfig: accounts.reviewer }),
    env: WITH_KUBECTL,
    masks: [accounts.reviewer],
  }
}

/** The workflow of pushes to the default branch. */
function deployTo({ accounts, address, databaseUrl }: Site): WorkflowOptions {
  return {
    action,
    inputs: () => ({
      ...APP,
      kubeconfig: accounts.deployer,
      secrets: 'bookings-database: url=env:DATABASE_URL',
      soak: '5s',
      timeout: '3m',
      gates: `${address}/readyz expect 200 within 30s`,
      environment: 'production',
      'environment-url': address,
    }),
    env: { ...WITH_KUBECTL, DATABASE_URL: databaseUrl },
    masks: [accounts.deployer, databaseUrl],
  }
}

const APP = { manifests: 'k8s/', app: 'bookings', namespace: 'bookings' }

/** The lab's kubectl before the system's, which may be years older. */
const WITH_KUBECTL = { PATH: [dirname(programPath('kubectl')), process.env['PATH'] ?? ''].join(delimiter) }

/** What GitHub says of the environment's last deployment. */
function stateOfProduction({ repository }: Scenario): string | undefined {
  return repository.deployments.findLast(({ environment }) => environment === 'production')?.statuses.at(-1)?.state
}

/** Books the room, so many days from now. */
export async function book({ address }: Site, title: string, days: number): Promise<void> {
  const start = Date.now() + days * 86_400_000
  const times = { start: new Date(start).toISOString(), end: new Date(start + 3_600_000).toISOString() }
  const response = await fetch(`${address}/api/bookings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title, bookedBy: 'author', ...times }),
  })
  assert.equal(response.status, 201, await response.text())
}

/** Titles of what is booked. */
export async function bookings({ address }: Site): Promise<string[]> {
  const response = await fetch(`${address}/api/bookings`)
  const { bookings: found } = (await response.json()) as { bookings: { title: string }[] }
  return found.map(({ title }) => title)
}

function expectSecrecy({ repository }: Scenario, { databaseUrl }: Site, { log, summary }: Step): void {
  const { password } = new URL(databaseUrl)
  const comments = repository.issues.flatMap((issue) => issue.comments.map(({ body }) => body))
  for (const text of [...log, summary, ...comments]) assert.ok(!text.includes(password))
}
