import { statSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { invalidInput } from '../../../lib/action/errors.ts'
import { type Environment, type InputReader, inputReader } from '../../../lib/action/inputs.ts'
import { insideWorkspace, outputFile } from '../../../lib/action/workspace.ts'
import type { Permission } from '../../../lib/github/pull-requests.ts'
import type { Mode } from './events/decide.ts'
import type { Policy } from './gate/approval.ts'
import type { DestroyLimit } from './gate/destroy-guard.ts'
import { isRootName, isWorkspaceName } from './names.ts'
import type { TerraformSettings } from './terraform/settings.ts'

/** The program that plans and applies. */
export type Tool = 'terraform' | 'tofu'

export type PlanStoreChoice = { kind: 'artifact' } | { kind: 'file'; directory: string }

/** Every input, checked and typed. Paths are absolute where they lie in the workspace. */
export interface Inputs {
  mode: Mode
  name: string
  /** The root module's folder as the user wrote it, normalised; `.` is the workspace itself. */
  workingDirectory: string
  terraform: TerraformSettings
  tool: Tool
  toolVersion: string
  planKey: string | undefined
  planStore: PlanStoreChoice
  requireApproval: Policy | undefined
  approversPermission: Permission
  protectedResources: string[]
  allowDestroyLabel: string
  maxDestroy: DestroyLimit | undefined
  notCompared: string[]
  comment: 'update' | 'new' | 'off'
  /** Roots of one group share a comment. */
  commentGroup: string | undefined
  planJson: string | undefined
  unlockOwn: boolean
  failOnDrift: boolean
  summary: boolean
  redact: RegExp[]
  reportPath: string | undefined
  token: string
}

/** Reads and checks the inputs. Throws `invalid-input` before anything has been done. */
export function readInputs(env: Environment, workspace: string): Inputs {
  const read = inputReader(env)
  const mode = read.choice('mode', ['auto', 'plan', 'apply', 'drift', 'discover', 'render'])
  const directory = insideWorkspace('working-directory', read.text('working-directory'), workspace)
  const workingDirectory = relative(workspace, directory).split(sep).join('/') || '.'
  const planJson = read.optional('plan-json')
  if ((mode === 'render') !== (planJson !== undefined)) {
    throw invalidInput(
      `The inputs mode and plan-json go together: mode is ${mode} and plan-json is ${planJson === undefined ? 'empty' : 'set'}; plan-json is for mode: render.`,
    )
  }
  const comment = read.choice('comment', ['update', 'new', 'off'])
  if (comment === 'new' && read.optional('comment-group') !== undefined) {
    throw invalidInput(
      'The input comment is "new", which allows no comment-group: its roots share one comment, which is kept up to date.',
    )
  }
  requireFolder(directory, workingDirectory)
  return {
    mode,
    name: rootName(read.optional('name'), workingDirectory),
    workingDirectory,
    terraform: terraformSettings(read, directory),
    tool: read.choice('tool', ['terraform', 'tofu']),
    toolVersion: toolVersion(read.text('tool-version')),
    planKey: read.secret('plan-key', 32),
    planStore: planStore(read.text('plan-store')),
    requireApproval: read.optionalChoice('require-approval', ['review', 'merged', 'environment', 'none']),
    approversPermission: read.choice('approvers-permission', ['read', 'triage', 'write', 'maintain', 'admin']),
    protectedResources: read.list('protected-resources'),
    allowDestroyLabel: read.text('allow-destroy-label'),
    maxDestroy: destroyLimit(read.optional('max-destroy')),
    notCompared: read.list('not-compared'),
    comment,
    commentGroup: commentGroup(read.optional('comment-group')),
    planJson: planJson === undefined ? undefined : resolve(workspace, planJson),
    unlockOwn: read.flag('unlock-own'),
    failOnDrift: read.flag('fail-on-drift'),
    summary: read.flag('summary'),
    redact: read.patterns('redact'),
    reportPath: outputFile('report-path', read.optional('report-path'), workspace),
    token: read.text('github-token'),
  }
}

function terraformSettings(read: InputReader, directory: string): TerraformSettings {
  return {
    directory,
    workspace: workspaceName(read.optional('workspace')),
    varFiles: read.list('var-file'),
    variables: read.map('variables'),
    backendConfig: read.map('backend-config'),
    targets: read.list('target'),
    replaces: read.list('replace'),
    parallelism: read.count('parallelism', 1),
    destroy: read.flag('destroy'),
    refresh: read.flag('refresh'),
    lockTimeoutMs: read.duration('lock-timeout'),
  }
}

function rootName(given: string | undefined, workingDirectory: string): string {
  const name = given ?? workingDirectory
  if (isRootName(name)) return name
  const what =
    given === undefined
      ? `The input name is empty, and the folder ${JSON.stringify(name)} can't stand for it`
      : `The input name is ${JSON.stringify(name)}`
  throw invalidInput(
    `${what}; allowed are up to 100 letters, digits, ".", "_", "-" and "/", and not 12 or more hex digits, which a command takes for a fingerprint.`,
  )
}

/** One word that heads the joined comment. */
function commentGroup(group: string | undefined): string | undefined {
  if (group === undefined || /^[\w.][\w./-]{0,99}$/.test(group)) return group
  throw invalidInput(
    `The input comment-group is ${JSON.stringify(group)}; allowed are up to 100 letters, digits, ".", "_", "-" and "/".`,
  )
}

function workspaceName(workspace: string | undefined): string | undefined {
  if (workspace === undefined || isWorkspaceName(workspace)) return workspace
  throw invalidInput(
    `The input workspace is ${JSON.stringify(workspace)}; allowed are up to 90 letters, digits, ".", "_" and "-".`,
  )
}

function toolVersion(version: string): string {
  if (version === 'auto' || version === 'path' || /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) return version
  throw invalidInput(
    `The input tool-version is ${JSON.stringify(version)}; allowed is auto, path or a version such as 1.11.4.`,
  )
}

function planStore(store: string): PlanStoreChoice {
  if (store === 'artifact') return { kind: 'artifact' }
  const directory = store.startsWith('file:///') ? pathOf(store) : undefined
  if (directory !== undefined) return { kind: 'file', directory }
  throw invalidInput(`The input plan-store is ${JSON.stringify(store)}; allowed is artifact or file:///path.`)
}

/** `undefined` for a URL that names no path, such as one with an encoded slash. */
function pathOf(url: string): string | undefined {
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

function destroyLimit(limit: string | undefined): DestroyLimit | undefined {
  if (limit === undefined) return undefined
  const [, number, percent] = /^(\d{1,9})(%)?$/.exec(limit) ?? []
  if (number === undefined || (percent && Number(number) > 100)) {
    throw invalidInput(
      `The input max-destroy is ${JSON.stringify(limit)}; allowed is a number such as 5, or a percentage such as 20%.`,
    )
  }
  return percent ? { kind: 'percent', percent: Number(number) } : { kind: 'count', count: Number(number) }
}

function requireFolder(directory: string, given: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return
  throw invalidInput(
    `The input working-directory is ${JSON.stringify(given)}, which is no folder of the workspace; was the repository checked out?`,
  )
}
