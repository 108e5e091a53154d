import type { UserError } from '../../../../lib/action/errors.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import type { Closure } from '../closure/closure.ts'
import { digestPlan, type PlanDigest } from '../delta/delta.ts'
import type { Outputs } from '../outputs.ts'
import type { Report, Root, Status } from '../render/report.ts'
import type { Session } from '../session.ts'
import type { Diagnostic } from '../terraform/diagnostics.ts'
import { TOOLS } from '../terraform/tool.ts'
import type { FreshPlan } from './fresh-plan.ts'
import type { TerraformFailure } from './terraform-failure.ts'

/** What a run came to, before anybody has been told. */
export interface Outcome {
  report: Report
  outputs: Outputs
  /** The step fails with it, after everything has been told. */
  failure: UserError | undefined
  pullRequest: PullRequest | undefined
  /** `root`: the root's own comment; `reply`: a comment of its own, because there is no plan to show in its place. */
  thread: 'root' | 'reply'
  diagnostics: readonly Diagnostic[]
  /** What a later plan of the pull request is compared with; `undefined` without a plan or a key. */
  digest: PlanDigest | undefined
  /** The plan that is to be stored once it can be seen. */
  store: { kind: 'reviewed' | 'offered'; fresh: FreshPlan; closure: Closure } | undefined
}

export interface OutcomeParts {
  status: Status
  pullRequest?: PullRequest | undefined
  fresh?: FreshPlan | undefined
  guard?: Report['guard']
  failure?: UserError | undefined
  outputs?: Outputs
  thread?: 'root' | 'reply'
  diagnostics?: readonly Diagnostic[]
  store?: Outcome['store']
}

export function outcome(session: Session, parts: OutcomeParts): Outcome {
  return {
    report: reportOf(session, parts),
    outputs: { ...(parts.fresh ? planOutputs(parts.fresh) : {}), applied: false, ...parts.outputs },
    failure: parts.failure,
    pullRequest: parts.pullRequest,
    thread: parts.thread ?? 'root',
    diagnostics: parts.diagnostics ?? [],
    digest: parts.fresh && session.keys ? digestPlan(parts.fresh.canonical, session.keys.fingerprint) : undefined,
    store: parts.store,
  }
}

export function rootOf({ inputs }: Session): Root {
  return { name: inputs.name, directory: inputs.workingDirectory, workspace: inputs.terraform.workspace ?? 'default' }
}

/** The report of a status; the session's start is the beginning of its duration. */
export function reportOf(session: Session, { status, pullRequest, fresh, guard }: OutcomeParts): Report {
  const { context, inputs } = session
  const headSha = pullRequest?.headSha ?? context.sha
  return {
    root: rootOf(session),
    status,
    ...(fresh
      ? {
          plan: { plan: fresh.plan, counts: fresh.counts },
          source: { positions: fresh.positions, url: `${repositoryUrl(context)}/blob/${headSha}` },
        }
      : {}),
    ...(guard ? { guard } : {}),
    notCompared: inputs.notCompared,
    footer: {
      fingerprint: fresh?.fingerprint ?? '',
      headSha,
      tool: fresh?.tool ?? TOOLS[inputs.tool].name,
      durationMs: Math.round(performance.now()),
      runUrl: context.runUrl,
      runId: context.runId,
    },
  }
}

/** A run's address begins with that of its repository. */
function repositoryUrl({ runUrl }: Session['context']): string {
  return runUrl.replace(/\/actions\/runs\/.*$/, '')
}

function planOutputs({ changes, counts, fingerprint, jsonFile }: FreshPlan): Outputs {
  const { outputs: _, ...numbers } = counts
  return { changed: changes, ...numbers, fingerprint, 'plan-json-path': jsonFile }
}

/** The outcome of a command of Terraform that failed. */
export function failed(session: Session, error: TerraformFailure, pullRequest: PullRequest | undefined): Outcome {
  const diagnostics = [...error.diagnostics]
  const status: Status = { kind: 'failed', reason: error.reason, message: error.message, diagnostics }
  return outcome(session, { status, pullRequest, failure: error, diagnostics })
}
