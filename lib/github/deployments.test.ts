import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Fault } from '../../lab/github/index.ts'
import { expectNoViolations, openScene, type Scene } from '../../lab/github/support/lab.ts'
import { type DeploymentStatus, openDeployment, setStatus } from './deployments.ts'
import { githubOf } from './fixtures/client.ts'

const LOST: [string, Fault][] = [
  ['reply is lost', { kind: 'reset-after-write' }],
  ['request is lost', { kind: 'reset' }],
  ['server fails', { kind: 'status', status: 502 }],
]

function open(scene: Scene, more: Partial<Parameters<typeof openDeployment>[1]> = {}) {
  const { headSha: ref } = scene.pullRequest
  return openDeployment(githubOf(scene), { ref, environment: 'staging', description: 'shop to staging', ...more })
}

async function opened(scene: Scene) {
  const result = await open(scene)
  if (result.kind !== 'opened') throw new Error(result.kind)
  return result.deployment
}

const status = (state: DeploymentStatus['state'], description = ''): DeploymentStatus => ({
  state,
  description,
  logUrl: 'https://github.com/owner/site/actions/runs/1',
  autoInactive: true,
})

test('a deployment is opened as it is asked for, while its own check still runs', async () => {
  const scene = await openScene()
  const github = githubOf(scene)
  const { headSha: ref } = scene.pullRequest
  await github.rest.checks.create({ ...scene.where, name: 'deploy', head_sha: ref, status: 'in_progress' })
  const kind = { task: 'rollback', transientEnvironment: true, productionEnvironment: false }
  const result = await open(scene, { ...kind, payload: { app: 'shop' } })
  const [deployment, ...others] = scene.repository.deployments
  expect(result).toEqual({ kind: 'opened', deployment: { id: deployment?.id, environment: 'staging' } })
  expect(others).toEqual([])
  expect(deployment).toMatchObject({
    sha: ref,
    environment: 'staging',
    task: 'rollback',
    description: 'shop to staging',
    payload: { app: 'shop' },
    transient: true,
    production: false,
    creator: { login: 'github-actions[bot]' },
  })
  expectNoViolations(scene.lab)
})

test('a branch that is behind is deployed as it is', async () => {
  const scene = await openScene()
  const { repository, pullRequest } = scene
  repository.push({ branch: 'main', files: { 'other.tf': 'x' }, by: 'author' })
  expect(await open(scene, { ref: 'feature' })).toMatchObject({ kind: 'opened' })
  expect(repository.tip('feature')).toBe(pullRequest.headSha)
  expect(repository.deployments).toMatchObject([{ ref: 'feature', sha: pullRequest.headSha }])
})

test('an unknown ref is refused', async () => {
  await expect(open(await openScene(), { ref: 'nowhere' })).rejects.toMatchObject({ status: 422 })
})

test('a status says how it goes and where to look, and success takes over from the deployment before', async () => {
  const scene = await openScene()
  const [first, second] = [await opened(scene), await opened(scene)]
  const github = githubOf(scene)
  await setStatus(github, first, status('success'))
  expect(await setStatus(github, second, status('in_progress', 'Rolling out'))).toEqual({ kind: 'set' })
  const done = { ...status('success', 'Deployed'), environmentUrl: 'https://shop.example' }
  await setStatus(github, second, done)
  const [before, now] = scene.repository.deployments
  expect(before?.statuses.map(({ state }) => state)).toEqual(['success', 'inactive'])
  expect(now?.statuses).toMatchObject([
    { state: 'in_progress', description: 'Rolling out', logUrl: done.logUrl, environmentUrl: null },
    { state: 'success', description: 'Deployed', environmentUrl: 'https://shop.example' },
  ])
  expectNoViolations(scene.lab)
})

test('a deployment may stand beside the one before', async () => {
  const scene = await openScene()
  for (const deployment of [await opened(scene), await opened(scene)]) {
    await setStatus(githubOf(scene), deployment, { ...status('success'), autoInactive: false })
  }
  expect(scene.repository.deployments.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['success', 'success'])
})

test('any text becomes a line that GitHub takes', async () => {
  const scene = await openScene()
  const deployment = await opened(scene)
  const texts = fc.string({ unit: 'binary', maxLength: 400 })
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      await setStatus(githubOf(scene), deployment, status('failure', text))
      const kept = scene.repository.deployments[0]?.statuses.at(-1)?.description ?? ''
      const wanted = text.replace(/\s+/g, ' ').trim()
      expect(kept).toBe([...wanted].length <= 140 ? wanted : `${[...wanted].slice(0, 139).join('')}…`)
    }),
    { numRuns: 20, examples: [['😀'.repeat(140)], ['😀'.repeat(141)], ['two\r\nlines']] },
  )
  expectNoViolations(scene.lab)
})

describe.each(LOST)('when the %s', (_, fault) => {
  test('there is one deployment', async () => {
    const scene = await openScene()
    scene.lab.faults.add({ method: 'POST', path: /\/deployments$/, times: 1, fault })
    const deployment = await opened(scene)
    expect(scene.repository.deployments.map(({ id }) => id)).toEqual([deployment.id])
    expect((await opened(scene)).id).not.toBe(deployment.id)
  })

  test('there is one status', async () => {
    const scene = await openScene()
    const deployment = await opened(scene)
    await setStatus(githubOf(scene), deployment, status('in_progress', 'one'))
    await setStatus(githubOf(scene), deployment, status('in_progress', 'two'))
    scene.lab.faults.add({ method: 'POST', path: /\/statuses$/, times: 1, fault })
    await setStatus(githubOf(scene), deployment, status('in_progress', 'one'))
    expect(scene.repository.deployments[0]?.statuses.map(({ description }) => description)).toEqual([
      'one',
      'two',
      'one',
    ])
  })
})

test('a server that keeps failing is told', async () => {
  const scene = await openScene()
  scene.lab.faults.add({ method: 'POST', path: /\/deployments$/, fault: { kind: 'status', status: 503 } })
  await expect(open(scene)).rejects.toMatchObject({ status: 503 })
  expect(scene.repository.deployments).toEqual([])
})

test('a token without the permission is told from a failure', async () => {
  const scene = await openScene()
  const deployment = await opened(scene)
  const { headSha } = scene.pullRequest
  const request = { event: 'pull_request', headSha, actor: 'author' }
  for (const run of [
    scene.repository.run({ ...request, permissions: { contents: 'read' } }),
    scene.repository.run({ ...request, fork: true }),
  ]) {
    const github = githubOf(scene, run)
    const asked = { ref: headSha, environment: 'staging', description: '' }
    expect(await openDeployment(github, asked)).toEqual({ kind: 'forbidden' })
    expect(await setStatus(github, deployment, status('success'))).toEqual({ kind: 'forbidden' })
  }
  expect(scene.repository.deployments).toMatchObject([{ statuses: [] }])
})
