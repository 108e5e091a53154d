import { UserError } from '../../../lib/action/errors.ts'
import { sentence } from '../../../lib/markdown/words.ts'
import type { Source } from './kube/manifest.ts'
import type { Ref } from './kube/objects.ts'

/** Every word that `failure-reason` can be. */
export const failureReasons = [
  'image-not-found',
  'image-auth',
  'image-invalid',
  'image-pull',
  'crash-loop',
  'config-missing',
  'oom-killed',
  'unschedulable',
  'quota',
  'probe-failing',
  'mount-failed',
  'admission-denied',
  'immutable-field',
  'conflict',
  'gate-failed',
  'timeout',
  'lock-held',
  'superseded',
  'invalid-manifest',
  'hook-failed',
  'webhook-failed',
  'forbidden',
  'unauthorized',
  'unreachable',
  'interrupted',
  'invalid-input',
  'job-failed',
  'resource-failed',
  'rollback-failed',
  'unexpected',
] as const

export type FailureReason = (typeof failureReasons)[number]

/** Why a deployment failed. `message` is one sentence in plain words that names object and container. */
export interface Failure {
  reason: FailureReason
  message: string
  /** What to do about it; one sentence. */
  remedy?: string
  object?: Ref
  pod?: string
  container?: string
  /** Where in the manifests the cause is written, for an annotation. */
  source?: Source
}

export class DeployError extends UserError {
  readonly failure: Failure

  constructor(failure: Failure, cause?: unknown) {
    super(failure.reason, sentence(failure.message), { ...(failure.remedy ? { remedy: failure.remedy } : {}), cause })
    this.name = 'DeployError'
    this.failure = failure
  }
}
