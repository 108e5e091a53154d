import { readFileSync } from 'node:fs'
import { UserError } from './errors.ts'
import type { Environment } from './inputs.ts'

/** What the runner tells about this run. Everything here is GitHub's word, except `event.payload`'s user-made texts. */
export interface RunContext {
  event: { name: string; payload: Record<string, unknown> }
  /** `defaultBranch` is empty where neither the event nor its nature tells it. */
  repository: { owner: string; name: string; id: number; defaultBranch: string }
  /** The commit that triggered the run; for a pull request its merge commit. */
  sha: string
  ref: string
  runId: number
  runAttempt: number
  job: string
  actor: string
  /** Who started this attempt: the actor, or whoever re-ran the run. */
  triggeringActor: string
  workspace: string
  /** A folder that the runner empties before and after each job. */
  tempDirectory: string
  apiUrl: string
  runUrl: string
}

/** Reads the documented `GITHUB_*` and `RUNNER_*` variables. Throws when this isn't a runner. */
export function readContext(env: Environment): RunContext {
  const need = (name: string): string => {
    const value = env[name]
    if (value) return value
    throw new UserError('unsupported-event', `${name} isn't set; this action runs only as a step of GitHub Actions.`)
  }
  const [owner = '', name = ''] = need('GITHUB_REPOSITORY').split('/')
  const serverUrl = env['GITHUB_SERVER_URL'] || 'https://github.com'
  const runId = Number(need('GITHUB_RUN_ID'))
  const runAttempt = Number(env['GITHUB_RUN_ATTEMPT'] || '1')
  const actor = env['GITHUB_ACTOR'] ?? ''
  const event = { name: need('GITHUB_EVENT_NAME'), payload: readPayload(env['GITHUB_EVENT_PATH']) }
  const ref = env['GITHUB_REF'] ?? ''
  return {
    event,
    repository: { owner, name, id: Number(need('GITHUB_REPOSITORY_ID')), defaultBranch: defaultBranchOf(event, ref) },
    sha: need('GITHUB_SHA'),
    ref,
    runId,
    runAttempt,
    job: env['GITHUB_JOB'] ?? '',
    actor,
    triggeringActor: env['GITHUB_TRIGGERING_ACTOR'] || actor,
    workspace: need('GITHUB_WORKSPACE'),
    tempDirectory: need('RUNNER_TEMP'),
    apiUrl: env['GITHUB_API_URL'] || 'https://api.github.com',
    runUrl: `${serverUrl}/${owner}/${name}/actions/runs/${runId}${runAttempt > 1 ? `/attempts/${runAttempt}` : ''}`,
  }
}

/** The payload of a schedule names no repository (github/codeql-action#1211), but its runs are always of the default branch. */
function defaultBranchOf({ name, payload }: RunContext['event'], ref: string): string {
  const repository = payload['repository'] as { default_branch?: string } | undefined
  return repository?.default_branch ?? (name === 'schedule' ? ref.replace(/^refs\/heads\//, '') : '')
}

function readPayload(path: string | undefined): Record<string, unknown> {
  return path ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : {}
}
