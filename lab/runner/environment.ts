// The environment of a step: inputs, `github` and `runner` contexts, as GitHubContext.cs and NodeScriptActionHandler.cs make it.

import { basename, dirname } from 'node:path'
import { arch, platform } from 'node:process'
import type { RunRequest } from './contract.ts'
import type { CommandFiles } from './file-commands.ts'

export interface Folders {
  home: string
  /** RUNNER_TEMP */
  temp: string
  toolCache: string
}

/** `github.x` for a request, without the command files. The token is part of it and doesn't reach the environment. */
export function githubContext(request: RunRequest, eventPath: string): Record<string, string> {
  const { context, event } = request
  const [owner = ''] = context.repository.split('/')
  const workflow = context.workflow ?? 'test'
  return {
    token: context.token,
    action: `__${basename(request.action)}`,
    action_ref: '',
    action_repository: '',
    actor: context.actor,
    actor_id: '1001',
    api_url: context.apiUrl,
    base_ref: context.baseRef ?? '',
    event_name: event.name,
    event_path: eventPath,
    graphql_url: context.graphqlUrl,
    head_ref: context.headRef ?? '',
    job: context.job ?? 'job',
    ref: context.ref,
    ref_name: context.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_protected: 'false',
    ref_type: context.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    repository: context.repository,
    repository_id: String(context.repositoryId),
    repository_owner: owner,
    repository_owner_id: '1000',
    retention_days: '90',
    run_attempt: String(context.runAttempt),
    run_id: String(context.runId),
    run_number: '1',
    server_url: context.serverUrl,
    sha: context.sha,
    triggering_actor: context.triggeringActor,
    workflow,
    workflow_ref: `${context.repository}/.github/workflows/${workflow}.yml@${context.ref}`,
    workflow_sha: context.sha,
    workspace: request.workspace,
  }
}

export interface StepEnvironment {
  request: RunRequest
  github: Record<string, string>
  inputs: Record<string, string>
  state: Record<string, string>
  files: CommandFiles
  folders: Folders
  trackingId: string
  /** From GITHUB_ENV and GITHUB_PATH of the steps before */
  added: { env: Record<string, string>; path: readonly string[] }
}

export function stepEnvironment(step: StepEnvironment): Record<string, string> {
  const { token: _, ...github } = step.github
  const job = {
    PATH: process.env['PATH'] ?? '',
    HOME: step.folders.home,
    CI: 'true',
    ...step.request.env,
    ...step.added.env,
  }
  return {
    ...job,
    PATH: [...step.added.path.toReversed(), job.PATH].join(':'),
    ...prefixed('INPUT_', step.inputs, inputName),
    ...prefixed('STATE_', step.state, (name) => name),
    ...prefixed('GITHUB_', { ...github, ...step.files }, (name) => name.toUpperCase()),
    ...runnerVariables(step),
  }
}

function runnerVariables({ request, folders, trackingId }: StepEnvironment): Record<string, string> {
  return {
    GITHUB_ACTIONS: 'true',
    RUNNER_ARCH: arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'lab',
    RUNNER_OS: platform === 'darwin' ? 'macOS' : 'Linux',
    RUNNER_TEMP: folders.temp,
    RUNNER_TOOL_CACHE: folders.toolCache,
    RUNNER_TRACKING_ID: trackingId,
    RUNNER_WORKSPACE: dirname(request.workspace),
    ACTIONS_RUNTIME_URL: request.context.resultsUrl,
    ACTIONS_RUNTIME_TOKEN: request.context.runtimeToken,
    ACTIONS_RESULTS_URL: request.context.resultsUrl,
  }
}

const inputName = (name: string): string => name.replaceAll(' ', '_').toUpperCase()

function prefixed(
  prefix: string,
  values: Record<string, string>,
  name: (key: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + name(key), value]))
}
