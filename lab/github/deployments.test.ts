import { describe, expect, test } from '@jest/globals'
import { clientFor, clientOf, expectNoViolations, openScene } from './support/lab.ts'

async function openDeployments() {
  const scene = await openScene()
  const { rest } = clientOf(scene)
  const ref = scene.pullRequest.headSha
  const plain = { ...scene.where, ref, auto_merge: false, required_contexts: [] }
  return {
    scene,
    rest,
    plain,
    async deploy(more: { environment?: string; transient_environment?: boolean; task?: string; ref?: string } = {}) {
      const { data } = await rest.repos.createDeployment({ ...plain, ...more })
      if (!('id' in data)) throw new Error(data.message)
      return { ...scene.where, deployment_id: data.id }
    },
    statesOf: () => scene.repository.deployments.map(({ statuses }) => statuses.map(({ state }) => state).join(' ')),
  }
}

describe('a deployment', () => {
  test('is of a ref to production unless something else is said', async () => {
    const { scene, rest, plain } = await openDeployments()
    await rest.repos.createDeployment({ ...scene.where, ref: 'main' })
    await rest.repos.createDeployment({ ...plain, environment: 'staging', payload: 'text', description: 'why' })
    const [first, second] = scene.repository.deployments
    const found = await rest.repos.getDeployment({ ...scene.where, deployment_id: first?.id ?? 0 })
    expect(found.data).toMatchObject({
      ref: 'main',
      sha: scene.repository.tip('main'),
      task: 'deploy',
      environment: 'production',
      production_environment: true,
      transient_environment: false,
      payload: {},
      creator: { login: 'github-actions[bot]' },
    })
    expect(second).toMatchObject({ environment: 'staging', production: false, payload: 'text', description: 'why' })
    await expect(rest.repos.getDeployment({ ...scene.where, deployment_id: 1 })).rejects.toMatchObject({ status: 404 })
    expectNoViolations(scene.lab)
  })

  test('is found by commit, ref, task and environment, newest first', async () => {
    const { scene, rest, deploy } = await openDeployments()
    const main = await deploy({ ref: 'main', environment: 'staging' })
    const branch = await deploy({ environment: 'staging', task: 'rollback' })
    const other = await deploy({ environment: 'preview' })
    const list = async (query: { sha?: string; ref?: string; task?: string; environment?: string }) =>
      (await rest.repos.listDeployments({ ...scene.where, ...query })).data.map(({ id }) => id)
    expect(await list({})).toEqual([other, branch, main].map(({ deployment_id }) => deployment_id))
    expect(await list({ sha: scene.repository.tip('main') })).toEqual([main.deployment_id])
    expect(await list({ ref: 'main' })).toEqual([main.deployment_id])
    expect(await list({ environment: 'staging', task: 'deploy' })).toEqual([main.deployment_id])
    expectNoViolations(scene.lab)
  })

  test('of an unknown ref is refused', async () => {
    const { rest, plain } = await openDeployments()
    const answer = { status: 422, response: { data: { message: 'No ref found for: nowhere' } } }
    await expect(rest.repos.createDeployment({ ...plain, ref: 'nowhere' })).rejects.toMatchObject(answer)
  })

  test('waits for the checks of its commit unless it is told not to', async () => {
    const { scene, rest, plain } = await openDeployments()
    const check = { ...scene.where, name: 'test', head_sha: plain.ref }
    const { data } = await rest.checks.create({ ...check, status: 'in_progress' })
    const { required_contexts: _, ...careful } = plain
    const refusal = { status: 409, message: expect.stringContaining('Commit status checks failed') }
    await expect(rest.repos.createDeployment(careful)).rejects.toMatchObject(refusal)
    await rest.repos.createDeployment(plain)
    await rest.checks.update({ ...scene.where, check_run_id: data.id, conclusion: 'success' })
    await rest.repos.createDeployment(careful)
    await expect(rest.repos.createDeployment({ ...plain, required_contexts: ['lint'] })).rejects.toMatchObject(refusal)
    expect(scene.repository.deployments).toHaveLength(2)
    expectNoViolations(scene.lab)
  })

  test('of a branch that is behind is a merge first, if it may be', async () => {
    const { scene, rest } = await openDeployments()
    const { repository } = scene
    const ask = { ...scene.where, ref: 'feature', required_contexts: [] }
    repository.push({ branch: 'main', files: { 'other.tf': 'x' }, by: 'author' })
    const { status, data } = await rest.repos.createDeployment(ask)
    expect([status, data]).toEqual([202, { message: 'Auto-merged main into feature on deployment.' }])
    expect(repository.deployments).toEqual([])
    expect((await rest.repos.createDeployment(ask)).status).toBe(201)
    repository.push({ branch: 'main', files: { 'main.tf': 'a = 3\n' }, by: 'author' })
    await expect(rest.repos.createDeployment(ask)).rejects.toMatchObject({ status: 409 })
    expect((await rest.repos.createDeployment({ ...ask, auto_merge: false })).status).toBe(201)
    expectNoViolations(scene.lab)
  })
})

describe('a status', () => {
  test('is kept with its addresses, newest first', async () => {
    const { scene, rest, deploy } = await openDeployments()
    const deployment = await deploy({ environment: 'staging' })
    const addresses = { log_url: 'https://log.example/1', environment_url: 'https://shop.example' }
    await rest.repos.createDeploymentStatus({ ...deployment, state: 'in_progress' })
    await rest.repos.createDeploymentStatus({ ...deployment, state: 'failure', description: 'no', ...addresses })
    const { data } = await rest.repos.listDeploymentStatuses(deployment)
    expect(data).toMatchObject([
      { state: 'failure', description: 'no', environment: 'staging', target_url: addresses.log_url, ...addresses },
      { state: 'in_progress', description: '' },
    ])
    expectNoViolations(scene.lab)
  })

  test('of a transient or a production deployment stays when a later one succeeds; others become inactive', async () => {
    const { rest, deploy, statesOf } = await openDeployments()
    const succeed = async (deployment: Awaited<ReturnType<typeof deploy>>) =>
      rest.repos.createDeploymentStatus({ ...deployment, state: 'success' })
    const failed = await deploy({ environment: 'staging' })
    await rest.repos.createDeploymentStatus({ ...failed, state: 'failure' })
    await succeed(await deploy({ environment: 'staging' }))
    await succeed(await deploy({ environment: 'staging', transient_environment: true }))
    await succeed(await deploy({ environment: 'production' }))
    await succeed(await deploy({ environment: 'production' }))
    await succeed(await deploy({ environment: 'staging' }))
    const last = await deploy({ environment: 'staging' })
    await rest.repos.createDeploymentStatus({ ...last, state: 'success', auto_inactive: false })
    expect(statesOf()).toEqual(['failure', 'success inactive', 'success', 'success', 'success', 'success', 'success'])
  })

  test('may move its deployment to another environment', async () => {
    const { scene, rest, deploy } = await openDeployments()
    const deployment = await deploy({ environment: 'staging' })
    await rest.repos.createDeploymentStatus({ ...deployment, state: 'success', environment: 'staging-2' })
    const { data } = await rest.repos.getDeployment(deployment)
    expect(data).toMatchObject({ environment: 'staging-2', original_environment: 'staging' })
    expectNoViolations(scene.lab)
  })

  test.each([
    ['a description of 141 characters', { description: '😀'.repeat(141) }, 'maximum is 140'],
    ['a log that is no web page', { log_url: 'javascript:alert(1)' }, 'log_url must use http'],
    ['an environment that is no web page', { environment_url: 'shop.example' }, 'environment_url must use http'],
  ])('with %s is refused', async (_, wrong, message) => {
    const { scene, rest, deploy, statesOf } = await openDeployments()
    const deployment = await deploy()
    const request = rest.repos.createDeploymentStatus({ ...deployment, state: 'success', ...wrong })
    const answer = { status: 422, response: { data: { errors: [{ message: expect.stringContaining(message) }] } } }
    await expect(request).rejects.toMatchObject(answer)
    expect(statesOf()).toEqual([''])
    expectNoViolations(scene.lab)
  })

  test('of another state than GitHub knows is refused and noted', async () => {
    const { scene, rest, deploy } = await openDeployments()
    const request = { ...(await deploy()), state: 'done' as 'success' }
    await expect(rest.repos.createDeploymentStatus(request)).rejects.toMatchObject({ status: 422 })
    expect(scene.lab.violations).toEqual([expect.stringContaining('/state must be equal to one of')])
  })
})

test('deployments are read and written by those who may', async () => {
  const { scene, plain, deploy } = await openDeployments()
  const deployment = await deploy()
  const reader = clientOf(scene, { deployments: 'read' }).rest.repos
  expect((await reader.getDeployment(deployment)).status).toBe(200)
  const refusal = { status: 403, response: { headers: { 'x-accepted-github-permissions': 'deployments=write' } } }
  await expect(reader.createDeployment(plain)).rejects.toMatchObject(refusal)
  await expect(reader.createDeploymentStatus({ ...deployment, state: 'success' })).rejects.toMatchObject(refusal)
  const outsider = clientFor(scene, 'outsider').rest.repos
  await expect(outsider.createDeployment(plain)).rejects.toMatchObject({ status: 403 })
  expect((await clientFor(scene, 'reviewer').rest.repos.createDeployment(plain)).status).toBe(201)
  await expect(clientOf(scene, {}).rest.repos.listDeployments(scene.where)).rejects.toMatchObject({ status: 403 })
  expectNoViolations(scene.lab)
})
