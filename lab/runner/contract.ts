// What a caller hands to the runner, and what the runner knows afterwards.

/** The parts of the `github` context that a test chooses; the rest follows from them. */
export interface RunContext {
  /** `owner/name` */
  repository: string
  repositoryId: number | string
  sha: string
  /** Fully formed: `refs/heads/main`, `refs/pull/7/merge`, `refs/tags/v1` */
  ref: string
  runId: number | string
  runAttempt: number | string
  actor: string
  triggeringActor: string
  apiUrl: string
  graphqlUrl: string
  serverUrl: string
  resultsUrl: string
  runtimeToken: string
  /** The job's GITHUB_TOKEN: `${{ github.token }}`; masked, as on the runner */
  token: string
  job?: string
  headRef?: string
  baseRef?: string
  workflow?: string
}

export interface RunRequest {
  /** Folder of the action: its action.yml says inputs, defaults, main and post */
  action: string
  inputs: Record<string, string>
  workspace: string
  event: { name: string; payload: unknown }
  context: RunContext
  /** The job's `env`. The caller's own environment doesn't leak in, besides PATH */
  env?: Record<string, string>
  /** Secrets that the workflow registered */
  masks?: readonly string[]
  /** Cancels the step as the runner does, at the first raw line of main for which this is true, or `ms` after it */
  interruptAfter?: (line: string) => boolean | { ms: number }
  /** Cancels the step as the runner does, when it is aborted */
  cancel?: AbortSignal
  /** SIGKILLs the node process of main, and nothing else, at the first raw line for which this is true, or when it is aborted */
  kill?: ((line: string) => boolean) | AbortSignal
  /** Later steps of the job: runs between main and post, while RUNNER_TEMP still holds what main left there */
  laterSteps?: (main: StepResult) => void | Promise<void>
  skipPost?: boolean
  /** Every line as it appears, masked */
  onLine?: (line: string) => void
  /** A folder that the caller owns, for HOME, RUNNER_TEMP and the tool cache; without it they are made and removed */
  jobFolder?: string
}

export type Level = 'error' | 'warning' | 'notice'

export interface Annotation {
  level: Level
  message: string
  title?: string
  /** Relative to the workspace, with `/` */
  file?: string
  line?: number
  endLine?: number
  col?: number
  endColumn?: number
}

export interface Group {
  title: string
  lines: string[]
}

export interface StepResult {
  /** What the step's icon shows: a malformed file command fails a step whose process exited with 0 */
  conclusion: 'success' | 'failure' | 'cancelled'
  exitCode: number | null
  signal: NodeJS.Signals | null
  outputs: Record<string, string>
  state: Record<string, string>
  env: Record<string, string>
  path: string[]
  /** Masked; empty when none was written or it was dropped */
  summary: string
  /** The summary was over 1 MiB, so the runner showed none of it */
  summaryDropped: boolean
  /** At most ten of each level */
  annotations: Annotation[]
  annotationsDropped: number
  /** Values that the step registered by `::add-mask::` */
  masks: string[]
  /** Masked lines, as a person sees them */
  log: string[]
  /** Lines as the process wrote them, neither masked nor interpreted */
  rawLog: string[]
  groups: Group[]
  /** Every command line seen of the step's process tree, by a sample of /proc every 20 ms; empty where there is no /proc */
  processes: string[]
  durationMs: number
}

export interface RunResult extends StepResult {
  post?: StepResult
  /** Paths under RUNNER_TEMP, relative, that were still there after post; the runner's own files don't count */
  tempLeft: string[]
  /** Command lines of processes still alive after post; the runner ended them, as it does with orphans at the end of a job */
  orphans: string[]
}
