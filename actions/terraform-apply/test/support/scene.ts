import { mkdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Comment, FileContent, PullRequest } from '../../../../lab/github/index.ts'
import { openScenario, type Scenario, type StepOptions } from '../../../../lab/scenario/index.ts'
import { TERRAFORM, type ToolUnderTest } from './tools.ts'

export type { Step, StepOptions } from '../../../../lab/scenario/index.ts'

const ACTION = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export const PLAN_KEY = 'plan-key-of-the-tests-0123456789abcdef'

/** `backend "local"` outside of the repository: the state is the world that tests look at. */
const BACKEND = 'terraform {\n  backend "local" {}\n}\n'

/** A scenario with a root module in `infra/`, its state and stored plans on disk, and the committed bundle. */
export interface Scene extends Omit<Scenario, 'pullRequestRun' | 'mergeRun' | 'commentRun'> {
  plan: Scenario['pullRequestRun']
  applyMerged: Scenario['mergeRun']
  command: Scenario['commentRun']
  statePath: string
  /** Inputs of the state's `terraform_data` resources by address; empty without a state. */
  world(): Record<string, unknown>
  /** The comment of the root, and its continuations. */
  rootComments(pullRequest: PullRequest): Comment[]
  /** What a reader sees of them: escapes resolved, the marker left out. */
  shown(pullRequest: PullRequest): string
}

export async function openScene(files: Record<string, FileContent>, tool = TERRAFORM): Promise<Scene> {
  const { pullRequestRun, mergeRun, commentRun, step, ...scenario } = await openScenario({
    action: ACTION,
    files: { 'infra/backend.tf': BACKEND, ...files },
    inputs: (folder) => ({
      tool: tool.program,
      'working-directory': 'infra',
      'plan-key': PLAN_KEY,
      'plan-store': `file://${join(folder, 'plans')}`,
      'backend-config': JSON.stringify({ path: stateIn(folder) }),
    }),
    masks: [PLAN_KEY],
  })
  mkdirSync(dirname(stateIn(scenario.folder)))
  const env = (options?: StepOptions) => withProgram(tool, options?.env)
  const rootComments = (pullRequest: PullRequest) =>
    pullRequest
      .comments()
      .filter(({ author, body }) => author.login === 'github-actions[bot]' && body.includes(`## ${tool.name}`))
  return {
    ...scenario,
    plan: (pullRequest, options) => pullRequestRun(pullRequest, { ...options, env: env(options) }),
    applyMerged: (pullRequest, options) => mergeRun(pullRequest, { ...options, env: env(options) }),
    command: (pullRequest, by, body, options) => commentRun(pullRequest, by, body, { ...options, env: env(options) }),
    step: (request) => step({ ...request, env: env(request) }),
    statePath: stateIn(scenario.folder),
    world: () => readWorld(stateIn(scenario.folder)),
    rootComments,
    shown: (pullRequest) =>
      rootComments(pullRequest)
        .map(({ body }) => readable(body))
        .join('\n'),
  }
}

/** The lab's own program may not be on PATH. */
function withProgram({ path }: ToolUnderTest, env: Record<string, string> = {}): Record<string, string> {
  return { PATH: [dirname(path), process.env['PATH'] ?? ''].join(delimiter), ...env }
}

function stateIn(folder: string): string {
  return join(folder, 'state/terraform.tfstate')
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

interface State {
  resources: {
    module?: string
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
