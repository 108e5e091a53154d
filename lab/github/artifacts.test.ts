import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DefaultArtifactClient } from '@actions/artifact'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Run } from './index.ts'
import { clientOf, expectNoViolations, openScene, type Scene } from './support/lab.ts'

const TWIRP = 'twirp/github.actions.results.api.v1.ArtifactService'

let folder = ''
const environment = { ...process.env }

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

function startRun({ repository, pullRequest }: Scene): Run {
  return repository.run({ event: 'pull_request', headSha: pullRequest.headSha, actor: 'author', pullRequest })
}

/** The real client, in the environment of a job; it reads part of that when it is loaded. */
async function clientIn({ lab }: Scene, run: Run): Promise<DefaultArtifactClient> {
  Object.assign(process.env, {
    GITHUB_API_URL: lab.apiUrl,
    GITHUB_SERVER_URL: lab.serverUrl,
    ACTIONS_RESULTS_URL: lab.resultsUrl,
    ACTIONS_RUNTIME_TOKEN: run.runtimeToken,
  })
  const { DefaultArtifactClient } = await import('@actions/artifact')
  return new DefaultArtifactClient()
}

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function findBy({ where }: Scene, run: Run, token: string) {
  return { workflowRunId: run.id, repositoryOwner: where.owner, repositoryName: where.repo, token }
}

async function call(
  scene: Scene,
  token: string,
  method: string,
  body: unknown,
): Promise<{ status: number; json: unknown }> {
  const answer = await fetch(`${scene.lab.resultsUrl}${TWIRP}/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, json: await answer.json() }
}

test('the real client uploads, lists, downloads and deletes in its own run', async () => {
  const scene = await openScene()
  const run = startRun(scene)
  const client = await clientIn(scene, run)
  const uploaded = await client.uploadArtifact('plan', [fileOf('plan.txt', 'the plan')], folder)
  const { artifacts } = await client.listArtifacts()
  expect(artifacts).toMatchObject([{ name: 'plan', id: uploaded.id, digest: `sha256:${uploaded.digest}` }])
  const path = join(folder, 'out')
  const expectedHash = artifacts[0]?.digest ?? ''
  expect(await client.downloadArtifact(uploaded.id ?? 0, { path, expectedHash })).toMatchObject({
    digestMismatch: false,
  })
  expect(readFileSync(join(path, 'plan.txt'), 'utf8')).toBe('the plan')
  await client.deleteArtifact('plan')
  expect((await client.listArtifacts()).artifacts).toEqual([])
  expectNoViolations(scene.lab)
})

test('blocks are put together, and a raw file comes back byte for byte', async () => {
  const scene = await openScene()
  const run = startRun(scene)
  const client = await clientIn(scene, run)
  const bytes = Buffer.alloc(17 * 1024 * 1024, 'ondol')
  await client.uploadArtifact('', [fileOf('bundle.bin', bytes)], folder, { skipArchive: true })
  const blocks = scene.lab.requests.filter(({ path }) => path.includes('comp=block&'))
  expect(blocks).toHaveLength(3)
  const { artifact } = await client.getArtifact('bundle.bin')
  const path = join(folder, 'out')
  await client.downloadArtifact(artifact.id, { path })
  expect(readFileSync(join(path, 'bundle.bin')).equals(bytes)).toBe(true)
  expectNoViolations(scene.lab)
})

test('another run reads them through the API with a token', async () => {
  const scene = await openScene()
  const run = startRun(scene)
  const { id = 0 } = await (await clientIn(scene, run)).uploadArtifact('plan', [fileOf('plan.txt', 'the plan')], folder)
  jest.resetModules()
  const later = scene.repository.run({ event: 'push', headSha: scene.repository.tip('main'), actor: 'reviewer' })
  const client = await clientIn(scene, later)
  const options = { findBy: findBy(scene, run, later.token) }
  expect((await client.listArtifacts(options)).artifacts.map(({ name }) => name)).toEqual(['plan'])
  expect((await client.getArtifact('plan', options)).artifact.id).toBe(id)
  const path = join(folder, 'out')
  await client.downloadArtifact(id, { path, ...options })
  expect(readFileSync(join(path, 'plan.txt'), 'utf8')).toBe('the plan')
  await expect(client.downloadArtifact(id, { path })).rejects.toThrow('No artifacts found')
  await client.deleteArtifact('plan', options)
  expect(run.artifacts()).toEqual([])
  expectNoViolations(scene.lab)
})

test('a name is taken once per attempt; the next attempt adds its own', async () => {
  const scene = await openScene()
  const run = startRun(scene)
  const files = [fileOf('plan.txt', 'first')]
  const client = await clientIn(scene, run)
  const first = await client.uploadArtifact('plan', files, folder)
  await expect(client.uploadArtifact('plan', files, folder)).rejects.toThrow('(409) Conflict')
  const second = await (await clientIn(scene, run.rerun('reviewer'))).uploadArtifact('plan', files, folder)
  const { rest } = clientOf(scene)
  const { data } = await rest.actions.listWorkflowRunArtifacts({ ...scene.where, run_id: run.id, name: 'plan' })
  expect(data.artifacts.map(({ id }) => id)).toEqual([second.id, first.id])
  const byPart = await rest.actions.listArtifactsForRepo({ ...scene.where, name: 'pla' })
  expect(byPart.data.total_count).toBe(0)
  expect(data.artifacts[0]?.workflow_run).toMatchObject({ id: run.id, head_sha: scene.pullRequest.headSha })
  expectNoViolations(scene.lab)
})

test('a signed address is for one blob, one right and ten minutes', async () => {
  const scene = await openScene()
  const run = startRun(scene)
  const { id = 0 } = await (await clientIn(scene, run)).uploadArtifact('plan', [fileOf('plan.txt', 'p')], folder)
  const download = { ...scene.where, artifact_id: id, archive_format: 'zip', request: { redirect: 'manual' } } as const
  const { headers, status } = await clientOf(scene).rest.actions.downloadArtifact(download)
  expect(status as number).toBe(302)
  const url = headers.location ?? ''
  expect((await fetch(url)).status).toBe(200)
  expect((await fetch(url, { method: 'PUT', body: 'x', headers: { 'x-ms-blob-type': 'BlockBlob' } })).status).toBe(403)
  expect((await fetch(url.replace(`/${id}?`, `/${id + 1}?`))).status).toBe(403)
  scene.lab.world.clock.advance(601)
  expect((await fetch(url)).status).toBe(403)
  scene.lab.world.clock.advance(91 * 86_400)
  await expect(clientOf(scene).rest.actions.downloadArtifact(download)).rejects.toMatchObject({ status: 410 })
})

test('the service checks whose run it is, the digest and the protocol', async () => {
  const scene = await openScene()
  const run = startRun(scene)
  const other = startRun(scene)
  const [, claims = ''] = run.runtimeToken.split('.')
  const { scp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const [, workflow_run_backend_id, workflow_job_run_backend_id] = scp.split(':')
  const ids = { workflow_run_backend_id, workflow_job_run_backend_id }
  expect(await call(scene, other.runtimeToken, 'ListArtifacts', ids)).toMatchObject({ status: 403 })
  expect(await call(scene, 'forged', 'ListArtifacts', ids)).toMatchObject({ status: 401 })
  const made = await call(scene, run.runtimeToken, 'CreateArtifact', { ...ids, name: 'plan', version: 7 })
  const { signed_upload_url: url } = made.json as { signed_upload_url: string }
  await fetch(url, { method: 'PUT', body: 'content', headers: { 'x-ms-blob-type': 'BlockBlob' } })
  const finalize = { ...ids, name: 'plan', size: '7', hash: `sha256:${'0'.repeat(64)}` }
  expect(await call(scene, run.runtimeToken, 'FinalizeArtifact', finalize)).toMatchObject({ status: 400 })
  expect(run.artifacts()).toEqual([])
  const { hash: _, ...unhashed } = finalize
  expect(await call(scene, run.runtimeToken, 'FinalizeArtifact', unhashed)).toMatchObject({
    status: 200,
    json: { ok: true },
  })
  expect(scene.lab.violations).toEqual([expect.stringContaining('digest')])
  const put = await fetch(url, { method: 'PUT', body: 'changed', headers: { 'x-ms-blob-type': 'BlockBlob' } })
  expect(put.status).toBe(409)
  expect(await call(scene, run.runtimeToken, 'CreateArtifact', { ...ids, name: 'a/b', version: 7 })).toMatchObject({
    status: 400,
  })
})
