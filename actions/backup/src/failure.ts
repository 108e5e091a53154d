import { UserError } from '../../../lib/action/errors.ts'

/** Every word that `failure-reason` can be. */
export const failureReasons = [
  'invalid-input',
  'source-failed',
  'source-empty',
  'client-missing',
  'client-version',
  'store-unreachable',
  'store-denied',
  'store-full',
  'store-missing',
  'no-backup',
  'stale',
  'unverified',
  'corrupt',
  'wrong-key',
  'not-empty',
  'assertion-failed',
  'clock',
  'interrupted',
  'unexpected',
] as const

export type FailureReason = (typeof failureReasons)[number]

/** Why a run failed: one sentence that names the source, object or backup, and one that says what to do. */
export class BackupError extends UserError {
  declare readonly reason: FailureReason

  constructor(reason: FailureReason, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(reason, message, options)
    this.name = 'BackupError'
  }
}
