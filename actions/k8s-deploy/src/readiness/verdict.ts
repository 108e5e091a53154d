import type { FailureReason } from '../failure.ts'
import type { KubeObject } from '../kube/objects.ts'

/** What `assess` looks at besides the object. Lists may hold what belongs to other objects; it picks by owner. */
export interface Surroundings {
  pods: readonly KubeObject[]
  /** Core `v1` Events. */
  events: readonly KubeObject[]
  replicaSets: readonly KubeObject[]
  /** By the API server's clock. */
  now: Date
  /** When this deployment began to write, by the same clock. What happened before is no business of ours. */
  deployedAt: Date
}

export interface Verdict {
  state: 'ready' | 'in-progress' | 'failed' | 'terminating' | 'unknown'
  /** For `failed` a failure reason; else a short word such as `waiting-for-pods`. */
  reason: FailureReason | string
  /** One sentence in plain words, naming the container and image where there is one. */
  message: string
  /** What to do about it, for `failed`. */
  remedy?: string
  /** The pod and container that show it. */
  pod?: string
  container?: string
}
