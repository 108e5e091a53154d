import type { ObjectDiff } from '../diff/diff.ts'
import type { Uncompared } from '../diff/of-validation.ts'
import type { Failure } from '../failure.ts'

/** What a deployment would do: all that the comment and the file of diff mode are made of. */
export interface DiffReport {
  app: string
  namespace: string
  /** Which of several clusters, where an input says so. */
  target?: { kind: 'environment' | 'context'; name: string }
  /** `lines` are redacted. */
  diffs: ObjectDiff[]
  /** They run with every deployment, whether or not they change. */
  hooks: HookDiff[]
  uncompared: Uncompared[]
  /** What the server refuses, so that the deployment would fail. */
  problems: Failure[]
  /** Sentences about what else was noticed. */
  notes: string[]
  commit: string
  runUrl: string
}

export interface HookDiff {
  phase: 'pre-deploy' | 'post-deploy'
  diff: ObjectDiff
}
