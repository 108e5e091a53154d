// A repository on the stand-in of GitHub whose workflows run one step of an action each: what tests and the demo play through.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type FileContent,
  type GitHubLab,
  type JobReport,
  type PullRequest,
  type Repository,
  type Run,
  startGitHub,
} from '../github/index.ts'
import { type RunRequest, type RunResult, runAction } from '../runner/index.ts'

/** A workflow of one job, of one step. */
export interface WorkflowOptions {
  /** The action's folder. */
  action: string
  /** The step's `with:`; `folder` is the scenario's own, for what outlives a job. */
  inputs: (folder: string) => Record<string, string>
  /** The job's `env:`. */
  env?: Record<string, string>
  /** Values that the workflow registered as secrets. */
  masks?: readonly string[]
}

export interface ScenarioOptions extends WorkflowOptions {
  /** What the default branch holds at first. */
  files: Record<string, FileContent>
}

/** What may differ in one run of the step. */
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
} & Pick<RunRequest, 'interruptAfter' | 'kill' | 'cancel' | 'skipPost' | 'laterSteps' | 'masks' | 'onLine'>

export interface Step extends RunResult {
  run: Run
  /** `failure-reason`, empty when there is none. */
  reason: string
}

export type StepRequest = {
  event: string
  payload: unknown
  sha: string
  ref: string
  run: Run
  checkout: string
} & StepOptions

/** What events of the repository start. */
export interface Workflow {
  /** The run that opening a pull request, or a push to it, starts. */
  pullRequestRun(pullRequest: PullRequest, options?: StepOptions): Promise<Step>
  /** The run of the push that a merge makes; merges when that hasn't been done. */
  mergeRun(pullRequest: PullRequest, options?: StepOptions & { method?: 'merge' | 'squash' | 'rebase' }): Promise<Step>
  /** Pushes `files` to the default branch (none: runs its tip anew), and the run that it starts. */
  pushRun(files: Record<string, FileContent>, options?: StepOptions): Promise<Step>
  /** A comment, and the run that it starts. */
  commentRun(pullRequest: PullRequest, by: string, body: string, options?: StepOptions): Promise<Step>
  /** The run that a schedule starts on the default branch. */
  scheduleRun(options?: StepOptions): Promise<Step>
  step(request: StepRequest): Promise<Step>
}

export interface Scenario extends Workflow {
  github: GitHubLab
  repository: Repository
  folder: string
  /** Pushes `files` to a branch and opens a pull request of it. */
  propose(
    files: Record<string, FileContent>,
    options?: { branch?: string; author?: string; title?: string; fork?: Repository },
  ): PullRequest
  /** Another workflow of the same repository. */
  using(options: WorkflowOptions): Workflow
  close(): Promise<void>
}

/** `acme/service`, with people by what they may do: author, reviewer, maintainer and pusher write, reader reads, outsider nothing. */
export async function openScenario({ files, ...options }: ScenarioOptions): Promise<Scenario> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-scenario-')))
  const github = await startGitHub()
  const repository = github.world.repository({ owner: 'acme', name: 'service', files })
  for (const login of ['author', 'reviewer', 'maintainer', 'pusher', 'robot[bot]']) repository.permit(login, 'write')
  repository.permit('reader', 'read')
  github.world.user('outsider')

  const place = { github, repository, folder }

  return {
    ...place,
    ...workflowIn(place, options),
    using: (other) => workflowIn(place, other),
    propose(changed, { branch = 'change', author = 'author', title, fork } = {}) {
      const source = fork ?? repository
      source.push({ branch, files: changed, by: author })
      return repository.openPullRequest({
        head: branch,
        author,
        ...(title ? { title } : {}),
        ...(fork ? { fork } : {}),
      })
    },
    async close() {
      await github.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Place {
  github: GitHubLab
  repository: Repository
  folder: string
}

function workflowIn(place: Place, options: WorkflowOptions): Workflow {
  const { repository, folder } = place

  async function step(request: StepRequest): Promise<Step> {
    const workspace = join(mkdtempSync(join(folder, 'job-')), repository.name)
    await repository.checkout(request.checkout, workspace)
    request.prepare?.(workspace)
    const result = await runAction(runRequest(options, { ...place, workspace }, request))
    request.run.complete(result.conclusion, reportOf(result))
    return { ...result, run: request.run, reason: result.outputs['failure-reason'] ?? '' }
  }

  function runOfPush(
    { before, sha, by }: { before: string; sha: string; by: string },
    more: StepOptions,
  ): Promise<Step> {
    const payload = repository.eventPayload('push', { before, after: sha, sender: by })
    const run = more.attempt ?? repository.run({ event: 'push', headSha: sha, actor: by, ...more.runAs })
    return step({
      event: 'push',
      payload,
      sha,
      ref: `refs/heads/${repository.defaultBranch}`,
      run,
      checkout: sha,
      ...more,
    })
  }

  return {
    step,
    pullRequestRun(pullRequest, more = {}) {
      const payload = repository.eventPayload('pull_request', { pullRequest, action: 'opened' })
      const actor = pullRequest.issue.author.login
      const run =
        more.attempt ??
        repository.run({ event: 'pull_request', headSha: pullRequest.headSha, actor, pullRequest, ...more.runAs })
      const ref = `refs/pull/${pullRequest.number}/merge`
      return step({ event: 'pull_request', payload, sha: pullRequest.mergeSha, ref, run, checkout: ref, ...more })
    },
    mergeRun(pullRequest, { method = 'merge', ...more } = {}) {
      const before = repository.tip(repository.defaultBranch)
      const sha = pullRequest.merged ? pullRequest.merged.sha : pullRequest.merge({ by: 'maintainer', method })
      return runOfPush({ before, sha, by: 'maintainer' }, more)
    },
    pushRun(changed, more = {}) {
      const branch = repository.defaultBranch
      const before = repository.tip(branch)
      if (Object.keys(changed).length > 0) repository.push({ branch, files: changed, by: 'pusher' })
      return runOfPush({ before, sha: repository.tip(branch), by: 'pusher' }, more)
    },
    commentRun(pullRequest, by, body, more = {}) {
      const comment = pullRequest.comment(by, body)
      const payload = repository.eventPayload('issue_comment', { comment })
      const sha = repository.tip(repository.defaultBranch)
      const ref = `refs/heads/${repository.defaultBranch}`
      const run = more.attempt ?? repository.run({ event: 'issue_comment', headSha: sha, actor: by, ...more.runAs })
      const checkout = pullRequest.merged ? ref : `refs/pull/${pullRequest.number}/merge`
      return step({ event: 'issue_comment', payload, sha, ref, run, checkout, ...more })
    },
    scheduleRun(more = {}) {
      const sha = repository.tip(repository.defaultBranch)
      const ref = `refs/heads/${repository.defaultBranch}`
      const payload = repository.eventPayload('schedule', {})
      const run =
        more.attempt ?? repository.run({ event: 'schedule', headSha: sha, actor: 'maintainer', ...more.runAs })
      return step({
        event: 'schedule',
        payload,
        sha: run.request.headSha,
        ref,
        run,
        checkout: run.request.headSha,
        ...more,
      })
    },
  }
}

function reportOf({ post, ...main }: RunResult): JobReport {
  const steps = post === undefined ? [main] : [main, post]
  const summary = steps.flatMap((step) => (step.summary === '' ? [] : [step.summary])).join('\n\n')
  return { summary, annotations: steps.flatMap(({ annotations }) => annotations) }
}

function runRequest(
  options: WorkflowOptions,
  { github, repository, folder, workspace }: Place & { workspace: string },
  request: StepRequest,
): RunRequest {
  const { run, interruptAfter, kill, cancel, skipPost, laterSteps, onLine } = request
  return {
    action: options.action,
    inputs: { ...options.inputs(folder), ...request.inputs },
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
    masks: [...(options.masks ?? []), ...(request.masks ?? [])],
    env: { ...options.env, ...request.env },
    ...(interruptAfter ? { interruptAfter } : {}),
    ...(kill ? { kill } : {}),
    ...(cancel ? { cancel } : {}),
    ...(skipPost ? { skipPost } : {}),
    ...(laterSteps ? { laterSteps } : {}),
    ...(onLine ? { onLine } : {}),
  }
}
