import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Comment,
  type FileContent,
  type GitHubLab,
  type PullRequest,
  type Repository,
  type Run,
  startGitHub,
} from '../../../../lab/github/index.ts'
import { type RunRequest, type RunResult, runAction } from '../../../../lab/runner/index.ts'

const ACTION = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export const PLAN_KEY = 'plan-key-of-the-tests-0123456789abcdef'

/** What a test may change about one run of the step. */
export type StepOptions = {
  inputs?: Record<string, string>
  env?: Record<string, string>
  /** What is checked out, when not what the event implies. */
  checkout?: string
  /** Changes the work tree after the checkout, as an earlier step would. */
  prepare?: (workspace: string) => void
  /** How the run differs from what the event implies: a token's permissions, a fork. */
  runAs?: Partial<Parameters<Repository['run']>[0]>
  /** Runs this attempt instead of a new run. */
  attempt?: Run
} & Pick<RunRequest, 'interruptAfter' | 'kill' | 'laterSteps' | 'masks' | 'onLine'>

export interface Step extends RunResult {
  run: Run
  /** `failure-reason`, empty when there is none. */
  reason: string
}

/** A repository with a root of Terraform on the stand-in of GitHub, its state and stored plans on disk, and the committed bundle. */
export interface Scene {
  github: GitHubLab
  repository: Repository
  /** Holds `state/` and `plans/`. */
  folder: string
  statePath: string
  /** Values of the state's `terraform_data` inputs by address; empty without a state. */
  world(): Record<string, unknown>
  propose(
    files: Record<string, FileContent>,
    options?: { branch?: string; author?: string; fork?: Repository },
  ): PullRequest
  plan(pullRequest: PullRequest, options?: StepOptions): Promise<Step>
  /** The push that a merge makes; merges when it isn't merged yet. */
  applyMerged(
    pullRequest: PullRequest,
    options?: StepOptions & { method?: 'merge' | 'squash' | 'rebase' },
  ): Promise<Step>
  /** A comment and the run that it starts. */
  command(pullRequest: PullRequest, by: string, body: string, options?: StepOptions): Promise<Step>
  /** The comment of the root, and its continuations. */
  rootComments(pullRequest: PullRequest): Comment[]
  /** What a reader sees of the root's comment, its continuations included: escapes resolved, the marker left out. */
  shown(pullRequest: PullRequest): string
  step(
    request: { event: string; payload: unknown; sha: string; ref: string; run: Run; checkout: string } & StepOptions,
  ): Promise<Step>
  close(): Promise<void>
}

/** `backend "local"` outside of the repository: the state is the world that tests look at. */
export const BACKEND = 'terraform {\n  backend "local" {}\n}\n'

export async function openScene(files: Record<string, FileContent>): Promise<Scene> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-scene-')))
  mkdirSync(join(folder, 'state'))
  const statePath = join(folder, 'state/terraform.tfstate')
  const github = await startGitHub()
  const repository = github.world.repository({
    owner: 'acme',
    name: 'service',
    files: { 'infra/backend.tf': BACKEND, ...files },
  })
  for (const login of ['author', 'reviewer', 'maintainer', 'pusher']) repository.permit(login, 'write')
  repository.permit('reader', 'read')
  github.world.user('robot[bot]')
  repository.permit('robot[bot]', 'write')
  github.world.user('outsider')

  const scene: Scene = {
    github,
    repository,
    folder,
    statePath,
    world: () => readWorld(statePath),
    propose(changed, { branch = 'change', author = 'author', fork } = {}) {
      const source = fork ?? repository
      source.push({ branch, files: changed, by: author })
      return repository.openPullRequest({ head: branch, author, ...(fork ? { fork } : {}) })
    },
    plan(pullRequest, options = {}) {
      const payload = repository.eventPayload('pull_request', { pullRequest, action: 'opened' })
      const run =
        options.attempt ??
        repository.run({
          event: 'pull_request',
          headSha: pullRequest.headSha,
          actor: pullRequest.issue.author.login,
          pullRequest,
          ...options.runAs,
        })
      const ref = `refs/pull/${pullRequest.number}/merge`
      return scene.step({
        event: 'pull_request',
        payload,
        sha: pullRequest.mergeSha,
        ref,
        run,
        checkout: ref,
        ...options,
      })
    },
    applyMerged(pullRequest, { method = 'merge', ...options } = {}) {
      const before = repository.tip('main')
      const sha = pullRequest.merged ? pullRequest.merged.sha : pullRequest.merge({ by: 'maintainer', method })
      const payload = repository.eventPayload('push', { before, after: sha, sender: 'maintainer' })
      const run =
        options.attempt ?? repository.run({ event: 'push', headSha: sha, actor: 'maintainer', ...options.runAs })
      return scene.step({ event: 'push', payload, sha, ref: 'refs/heads/main', run, checkout: sha, ...options })
    },
    command(pullRequest, by, body, options = {}) {
      const comment = pullRequest.comment(by, body)
      const payload = repository.eventPayload('issue_comment', { comment })
      const sha = repository.tip('main')
      const run =
        options.attempt ?? repository.run({ event: 'issue_comment', headSha: sha, actor: by, ...options.runAs })
      const checkout = pullRequest.merged ? 'refs/heads/main' : `refs/pull/${pullRequest.number}/merge`
      return scene.step({ event: 'issue_comment', payload, sha, ref: 'refs/heads/main', run, checkout, ...options })
    },
    rootComments: (pullRequest) =>
      pullRequest
        .comments()
        .filter(({ author, body }) => author.login === 'github-actions[bot]' && body.includes('## Terraform')),
    shown: (pullRequest) =>
      scene
        .rootComments(pullRequest)
        .map(({ body }) => readable(body))
        .join('\n'),
    async step(request) {
      const workspace = join(mkdtempSync(join(folder, 'job-')), 'service')
      await repository.checkout(request.checkout, workspace)
      request.prepare?.(workspace)
      return runStep(scene, workspace, request)
    },
    async close() {
      await github.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return scene
}

export function readable(body: string): string {
  return body
    .replace(/^<!-- .* -->\n/, '')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

async function runStep(scene: Scene, workspace: string, request: Parameters<Scene['step']>[0]): Promise<Step> {
  const { github, repository } = scene
  const { run } = request
  const result = await runAction({
    action: ACTION,
    inputs: {
      'working-directory': 'infra',
      'plan-key': PLAN_KEY,
      'plan-store': `file://${join(scene.folder, 'plans')}`,
      'backend-config': JSON.stringify({ path: scene.statePath }),
      ...request.inputs,
    },
    workspace,
    event: { name: request.event, payload: request.payload },
    context: {
      repository: repository.fullName,
      repositoryId: repository.id,
      sha: request.sha,
      ref: request.ref,
      runId: run.id,
      runAttempt: run.attempt,
      actor: run.actor.login,
      triggeringActor: run.triggeringActor.login,
      apiUrl: github.apiUrl,
      graphqlUrl: github.graphqlUrl,
      serverUrl: github.serverUrl,
      resultsUrl: github.resultsUrl,
      runtimeToken: run.runtimeToken,
      token: run.token,
    },
    masks: [PLAN_KEY, ...(request.masks ?? [])],
    ...(request.env ? { env: request.env } : {}),
    ...(request.interruptAfter ? { interruptAfter: request.interruptAfter } : {}),
    ...(request.kill ? { kill: request.kill } : {}),
    ...(request.laterSteps ? { laterSteps: request.laterSteps } : {}),
    ...(request.onLine ? { onLine: request.onLine } : {}),
  })
  run.complete(result.conclusion)
  return { ...result, run, reason: result.outputs['failure-reason'] ?? '' }
}

interface State {
  resources: {
    module?: string
    mode: string
    type: string
    name: string
    instances: { index_key?: string | number; attributes: { input?: { value?: unknown } } }[]
  }[]
}

function readWorld(statePath: string): Record<string, unknown> {
  let state: State
  try {
    state = JSON.parse(readFileSync(statePath, 'utf8')) as State
  } catch {
    return {}
  }
  const entries = state.resources.flatMap(({ module, type, name, instances }) =>
    instances.map(({ index_key, attributes }) => {
      const key = index_key === undefined ? '' : `[${JSON.stringify(index_key)}]`
      return [`${module === undefined ? '' : `${module}.`}${type}.${name}${key}`, attributes.input?.value]
    }),
  )
  return Object.fromEntries(entries)
}
