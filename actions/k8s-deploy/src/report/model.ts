import type { Failure } from '../failure.ts'
import type { Source } from '../kube/manifest.ts'
import type { Ref } from '../kube/objects.ts'

export const results = ['deployed', 'unchanged', 'rolled-back', 'rollback-failed', 'failed', 'interrupted'] as const

export type Result = (typeof results)[number]

/** What became of one object, in the end. */
export type Fate =
  | 'created'
  | 'changed'
  | 'unchanged'
  /** A hook, to its end. */
  | 'ran'
  | 'pruned'
  /** A canary, or a side, that the successful deployment needs no longer. */
  | 'retired'
  | 'restored'
  | 'deleted'
  /** Written by the failed deployment and still so. */
  | 'left'
  /** The deployment stopped before it. */
  | 'not-reached'

export interface ObjectReport {
  object: Ref
  fate: Fate
  /** The last verdict about it, for those that were watched. */
  state?: string
  message?: string
  source?: Source
}

/** One step of the deployment, at a time of the API server's clock. */
export interface Moment {
  at: Date
  what: string
}

/** Evidence about one pod or object, collected before anything was put back. All texts are foreign and unredacted. */
export interface Evidence {
  object: Ref
  /** One line a piece: `container web: exit code 1 (Error), 3 restarts`, `image …`, `node worker-1`, `readiness probe …`. */
  facts: string[]
  events: { at: Date | undefined; type: string; reason: string; message: string; count: number; about: string }[]
  logs: { pod: string; container: string; previous: boolean; text: string }[]
}

/** What a run tells: all that the summary, the report file, the outputs and the GitHub Deployment are made of. */
export interface Report {
  app: string
  namespace: string
  mode: 'deploy' | 'rollback' | 'status'
  strategy: 'rolling' | 'canary' | 'blue-green'
  result: Result
  failure?: Failure
  /** Sentences about what else went wrong or was noticed (a rollback that failed, a webhook without dry run, …). */
  notes: string[]
  objects: ObjectReport[]
  timeline: Moment[]
  evidence: Evidence[]
  /** Of this app's history; `undefined` where none was recorded. */
  revision?: number
  previousRevision?: number
  /** The one that a rollback by hand goes back to. */
  targetRevision?: number
  commit: string
  actor: string
  runUrl: string
  /** In mode status: when the revision was deployed. */
  deployedAt?: Date
  durationMs: number
}
