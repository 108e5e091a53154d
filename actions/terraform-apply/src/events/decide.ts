import type { RunContext } from '../../../../lib/action/context.ts'
import { UserError } from '../../../../lib/action/errors.ts'
import { type CommentCommand, parseCommand } from './command.ts'

export type Mode = 'auto' | 'plan' | 'apply' | 'drift' | 'discover' | 'render'

/** What this run is to do. */
export type Task =
  | { kind: 'nothing'; why: string }
  | { kind: 'render' }
  /** Which roots are concerned; the event's own data says by what. */
  | { kind: 'discover' }
  /** Of the default branch, as it is in the world. */
  | { kind: 'drift' }
  | { kind: 'plan'; trigger: PlanTrigger }
  | { kind: 'apply'; trigger: ApplyTrigger }

export type PlanTrigger =
  /** Of the event's pull request, or of none (a merge group, a run by hand). */
  { kind: 'event' } | { kind: 'comment'; pullRequest: number; comment: TriggerComment }

export type ApplyTrigger =
  /** A push to the default branch, or a run by hand on it: the pull request that this commit merged. */
  { kind: 'merged' } | { kind: 'comment'; pullRequest: number; command: CommentCommand; comment: TriggerComment }

export interface TriggerComment {
  author: string
  authorIsBot: boolean
  createdAt: Date
}

/** They run the pull request's own workflow, or foreign code, with the repository's secrets. */
const REFUSED: Readonly<Record<string, string>> = {
  pull_request_target: 'it runs with the secrets of the base branch on code that anyone can propose',
  pull_request_review:
    'it runs the workflow file of the pull request itself, with its secrets, whenever anyone reviews',
  workflow_run: 'it runs with secrets after a workflow that a fork may have started',
}

/**
 * The task for the event and the `mode` input. Throws `unsupported-event` where no mode could be safe, or where the
 * event doesn't say what to do.
 */
export function decide(context: RunContext, mode: Mode, rootName: string): Task {
  const { name, payload } = context.event
  const refused = REFUSED[name]
  if (refused) {
    throw new UserError('unsupported-event', `The event ${name} is refused: ${refused}.`, {
      remedy: 'Use pull_request for plans and push or issue_comment for applies.',
    })
  }
  if (mode === 'render' || mode === 'discover') return { kind: mode }
  if (name === 'issue_comment') return decideComment(payload, mode, rootName)
  const wanted = mode === 'auto' ? modeOf(context) : mode
  if (wanted === 'plan') return { kind: 'plan', trigger: { kind: 'event' } }
  if (name === 'pull_request') {
    throw new UserError(
      'unsupported-event',
      `mode: ${wanted} on pull_request would run the workflow that the pull request itself brings.`,
      {
        remedy: 'Apply on push to the default branch, or by an /apply comment; look for drift on a schedule.',
      },
    )
  }
  requireDefaultBranch(context)
  return wanted === 'drift' ? { kind: 'drift' } : { kind: 'apply', trigger: { kind: 'merged' } }
}

type EventMode = 'plan' | 'apply' | 'drift'

function modeOf(context: RunContext): EventMode {
  const { name, payload } = context.event
  switch (name) {
    case 'pull_request':
    case 'merge_group':
      return 'plan'
    case 'push':
      return 'apply'
    case 'schedule':
      return 'drift'
    case 'workflow_dispatch':
      return dispatchedMode(payload)
    default:
      throw new UserError('unsupported-event', `mode: auto has no meaning for the event ${name}.`, {
        remedy: 'Set mode: plan, apply, drift or render.',
      })
  }
}

/** What is merged into other branches is nobody's review for this one, and their workflows are whatever they say. */
function requireDefaultBranch({ ref, event, repository }: RunContext): void {
  const branch = repository.defaultBranch
  if (ref === `refs/heads/${branch}`) return
  throw new UserError(
    'unsupported-event',
    `Only the default branch (${branch}) is applied or looked at for drift; this ${event.name} is of ${ref}.`,
    { remedy: `Limit the workflow or the step to ${branch}.` },
  )
}

function dispatchedMode(payload: Record<string, unknown>): EventMode {
  const mode = stringAt(payload, 'inputs', 'mode')
  if (mode === 'plan' || mode === 'apply' || mode === 'drift') return mode
  throw new UserError(
    'unsupported-event',
    `A run by hand needs an input "mode" of plan, apply or drift; it is ${JSON.stringify(mode ?? '')}.`,
    {
      remedy: 'Declare it under on.workflow_dispatch.inputs, or set the mode input of the step.',
    },
  )
}

function decideComment(payload: Record<string, unknown>, mode: Mode, rootName: string): Task {
  const number = numberAt(payload, 'issue', 'number')
  if (payload['action'] !== 'created') return { kind: 'nothing', why: 'the comment was edited or deleted, not created' }
  if (number === undefined || !objectAt(payload, 'issue', 'pull_request'))
    return { kind: 'nothing', why: 'the comment is not on a pull request' }
  const command = parseCommand(stringAt(payload, 'comment', 'body') ?? '')
  if (!command) return { kind: 'nothing', why: 'the comment is no /plan or /apply command' }
  if (command.root !== undefined && command.root !== rootName)
    return { kind: 'nothing', why: `the command is for the root ${JSON.stringify(command.root)}` }
  if (mode !== 'auto' && mode !== command.verb)
    return { kind: 'nothing', why: `this step's mode is ${mode}, the comment asks for ${command.verb}` }
  const comment = triggerComment(payload)
  return command.verb === 'plan'
    ? { kind: 'plan', trigger: { kind: 'comment', pullRequest: number, comment } }
    : { kind: 'apply', trigger: { kind: 'comment', pullRequest: number, command, comment } }
}

function triggerComment(payload: Record<string, unknown>): TriggerComment {
  return {
    author: stringAt(payload, 'comment', 'user', 'login') ?? '',
    authorIsBot: stringAt(payload, 'comment', 'user', 'type') !== 'User',
    createdAt: new Date(stringAt(payload, 'comment', 'created_at') ?? Number.NaN),
  }
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  )
}

function stringAt(payload: unknown, ...path: string[]): string | undefined {
  const value = at(payload, path)
  return typeof value === 'string' ? value : undefined
}

function numberAt(payload: unknown, ...path: string[]): number | undefined {
  const value = at(payload, path)
  return typeof value === 'number' ? value : undefined
}

function objectAt(payload: unknown, ...path: string[]): boolean {
  const value = at(payload, path)
  return typeof value === 'object' && value !== null
}
