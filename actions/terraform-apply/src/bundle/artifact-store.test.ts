import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Run } from '../../../../lab/github/index.ts'
import { expectNoViolations, openScene, type Scene } from '../../../../lab/github/support/lab.ts'
import { createClient, type GitHub } from '../../../../lib/github/client.ts'
import { LIMITS } from './bundle.ts'
import type { PlanStore, Slot } from './store.ts'

const environment = { ...process.env }
let temp = ''
let scene: Scene

beforeEach(async () => {
  temp = mkdtempSync(join(tmpdir(), 'ondol-artifact-store-'))
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  scene = await openScene()
})
afterEach(() => {
  jest.restoreAllMocks()
  jest.resetModules()
  process.env = { ...environment }
  expect(readdirSync(temp)).toEqual([])
  rmSync(temp, { recursive: true, force: true })
  expectNoViolations(scene.lab)
})

const slotOf = ({ repository, pullRequest }: Scene, change: Partial<Slot> = {}): Slot => ({
  repositoryId: repository.id,
  pullRequest: pullRequest.number,
  headSha: pullRequest.headSha,
  root: 'infra/eu',
  directory: 'infra/eu',
  workspace: 'default',
  ...change,
})

/** The store of a run's job: the artifact client reads its environment when it is loaded. */
async function storeOf(run: Run): Promise<PlanStore> {
  jest.resetModules()
  const { lab } = scene
  Object.assign(process.env, {
    GITHUB_API_URL: lab.apiUrl,
    GITHUB_SERVER_URL: lab.serverUrl,
    ACTIONS_RESULTS_URL: lab.resultsUrl,
    ACTIONS_RUNTIME_TOKEN: run.runtimeToken,
  })
  const { artifactStore } = await import('./artifact-store.ts')
  const github: GitHub = createClient({
    token: run.token,
    repository: { owner: 'owner', repo: 'site' },
    apiUrl: lab.apiUrl,
    sleep: async () => undefined,
  })
  return artifactStore(github, temp)
}

const start = (request: Partial<Parameters<Scene['repository']['run']>[0]> = {}): Run =>
  scene.repository.run({
    event: 'pull_request',
    headSha: scene.pullRequest.headSha,
    actor: 'author',
    pullRequest: scene.pullRequest,
    ...request,
  })

test('plans of a slot come back newest first, with the run and the time that GitHub gave them', async () => {
  const [first, second] = [start(), start()]
  await (await storeOf(first)).put(slotOf(scene), Buffer.from('one'))
  await (await storeOf(second)).put(slotOf(scene), Buffer.from('two'))
  const stored = await (await storeOf(start())).list(slotOf(scene))
  expect(stored.map(({ runId, storedAt }) => ({ runId, storedAt }))).toEqual([
    { runId: second.id, storedAt: second.artifacts()[0]?.createdAt },
    { runId: first.id, storedAt: first.artifacts()[0]?.createdAt },
  ])
  expect(Buffer.from((await stored[0]?.read()) ?? []).toString()).toBe('two')
})

test.each<Partial<Slot>>([
  { pullRequest: 2 },
  { headSha: 'b'.repeat(40) },
  { root: 'infra-eu' },
  { directory: 'other' },
  { workspace: 'other' },
])('another slot holds nothing of it: %j', async (other) => {
  const store = await storeOf(start())
  await store.put(slotOf(scene), Buffer.from('plan'))
  expect(await store.list(slotOf(scene, other))).toEqual([])
})

test('an artifact of a fork’s run is none of ours, whatever its name', async () => {
  const fork = scene.repository.fork({ owner: 'outsider' })
  fork.push({ branch: 'theirs', files: { 'x.tf': '' }, by: 'outsider' })
  const foreign = scene.repository.openPullRequest({ head: 'theirs', author: 'outsider', fork })
  const run = start({ pullRequest: foreign, headSha: foreign.headSha, actor: 'outsider', fork: true })
  await (await storeOf(run)).put(slotOf(scene), Buffer.from('forged'))
  expect(run.artifacts()).toHaveLength(1)
  expect(await (await storeOf(start())).list(slotOf(scene))).toEqual([])
})

test('when all plans have expired, that is what is told', async () => {
  const run = start()
  const store = await storeOf(run)
  await store.put(slotOf(scene), Buffer.from('plan'))
  scene.lab.world.clock.advance(400 * 24 * 3600)
  await expect(store.list(slotOf(scene))).rejects.toMatchObject({
    reason: 'plan-missing',
    message: expect.stringContaining('expired'),
    remedy: expect.stringContaining('/plan'),
  })
  await (await storeOf(start())).put(slotOf(scene), Buffer.from('fresh'))
  expect(await store.list(slotOf(scene))).toHaveLength(1)
})

test('an artifact that is larger than any bundle is tampered with, and is not downloaded', async () => {
  const run = start()
  const store = await storeOf(run)
  await store.put(slotOf(scene), Buffer.from('plan'))
  for (const artifact of run.artifacts()) artifact.content = Buffer.alloc(LIMITS.maxSealedBytes + 1)
  const [stored] = await store.list(slotOf(scene))
  const before = scene.lab.requests.length
  await expect(stored?.read()).rejects.toMatchObject({ reason: 'plan-tampered' })
  expect(scene.lab.requests.length).toBe(before)
})
