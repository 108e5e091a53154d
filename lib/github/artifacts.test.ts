import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Run } from '../../lab/github/index.ts'
import { openScene, type Scene } from '../../lab/github/support/lab.ts'
import { githubOf } from './fixtures/client.ts'

const environment = { ...process.env }
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-artifacts-'))
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
})
afterEach(() => {
  jest.restoreAllMocks()
  jest.resetModules()
  process.env = { ...environment }
  rmSync(folder, { recursive: true, force: true })
})

const startRun = ({ repository, pullRequest }: Scene): Run =>
  repository.run({ event: 'pull_request', headSha: pullRequest.headSha, actor: 'author', pullRequest })

/** Loads the module in the environment of that run's job: the artifact client reads it when it is loaded. */
async function inJobOf({ lab }: Scene, run: Run) {
  jest.resetModules()
  Object.assign(process.env, {
    GITHUB_API_URL: lab.apiUrl,
    GITHUB_SERVER_URL: lab.serverUrl,
    ACTIONS_RESULTS_URL: lab.resultsUrl,
    ACTIONS_RUNTIME_TOKEN: run.runtimeToken,
  })
  return import('./artifacts.ts')
}

async function upload(scene: Scene, run: Run, name: string, content: string | Uint8Array): Promise<void> {
  const file = join(folder, name)
  writeFileSync(file, content)
  await (await inJobOf(scene, run)).uploadFile(file)
}

describe('artifacts', () => {
  test('come back byte for byte, with the run they belong to', async () => {
    const scene = await openScene()
    const run = startRun(scene)
    const content = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251)
    await upload(scene, run, 'plan-a', content)
    await upload(scene, run, 'plan-ab', 'another')
    const { listArtifacts, downloadArtifact } = await inJobOf(scene, run)
    const github = githubOf(scene)
    const [artifact, ...others] = await listArtifacts(github, 'plan-a')
    expect(others).toEqual([])
    expect(artifact).toMatchObject({
      runId: run.id,
      headRepositoryId: scene.repository.id,
      size: 70_000,
      expired: false,
      createdAt: run.artifacts()[0]?.createdAt,
    })
    const read = await downloadArtifact(github, artifact?.id ?? 0, 70_000)
    expect(Buffer.from(read ?? []).equals(content)).toBe(true)
    expect(await downloadArtifact(github, artifact?.id ?? 0, 69_999)).toBeUndefined()
  })

  test('of several runs and attempts, the newest first', async () => {
    const scene = await openScene()
    const first = startRun(scene)
    await upload(scene, first, 'plan', 'one')
    const second = startRun(scene)
    await upload(scene, second, 'plan', 'two')
    await upload(scene, first.rerun('author'), 'plan', 'three')
    const { listArtifacts, downloadArtifact } = await inJobOf(scene, first)
    const github = githubOf(scene)
    const artifacts = await listArtifacts(github, 'plan')
    expect(artifacts.map(({ runId }) => runId)).toEqual([first.id, second.id, first.id])
    const texts = await Promise.all(artifacts.map(({ id }) => downloadArtifact(github, id, 100)))
    expect(texts.map((text) => Buffer.from(text ?? []).toString())).toEqual(['three', 'two', 'one'])
  })

  test('of a fork’s run are told apart by their repository', async () => {
    const scene = await openScene()
    const fork = scene.repository.fork({ owner: 'outsider' })
    fork.push({ branch: 'theirs', files: { 'main.tf': 'a = 3\n' }, by: 'outsider' })
    const pullRequest = scene.repository.openPullRequest({ head: 'theirs', author: 'outsider', fork })
    const { headSha } = pullRequest
    const run = scene.repository.run({ event: 'pull_request', headSha, actor: 'outsider', pullRequest, fork: true })
    await upload(scene, run, 'plan', 'forged')
    const { listArtifacts } = await inJobOf(scene, run)
    expect(await listArtifacts(githubOf(scene), 'plan')).toMatchObject([{ headRepositoryId: fork.id }])
  })

  test('that are not there are an error; a name without any is an empty list', async () => {
    const scene = await openScene()
    const { listArtifacts, downloadArtifact } = await inJobOf(scene, startRun(scene))
    expect(await listArtifacts(githubOf(scene), 'none')).toEqual([])
    await expect(downloadArtifact(githubOf(scene), 999_999, 100)).rejects.toMatchObject({ status: 404 })
  })

  test('are fetched from the storage without the token', async () => {
    const scene = await openScene()
    const run = startRun(scene)
    await upload(scene, run, 'plan', 'one')
    const { listArtifacts, downloadArtifact } = await inJobOf(scene, run)
    const [artifact] = await listArtifacts(githubOf(scene), 'plan')
    await downloadArtifact(githubOf(scene), artifact?.id ?? 0, 100)
    expect(scene.lab.requests.at(-1)).toMatchObject({ method: 'GET', status: 200, actor: null })
  })
})
