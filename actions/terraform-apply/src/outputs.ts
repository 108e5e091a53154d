import { type OutputValue, setOutputs } from '../../../lib/action/outputs.ts'

export const outputNames = [
  'changed',
  'add',
  'change',
  'destroy',
  'replace',
  'import',
  'move',
  'forget',
  'drift',
  'fingerprint',
  'plan-json-path',
  'comment-url',
  'applied',
  'outputs',
  'report-path',
  'matrix',
  'failure-reason',
] as const

export type OutputName = (typeof outputNames)[number]

export type Outputs = Partial<Record<OutputName, OutputValue>>

export const writeOutputs = (outputs: Outputs): void => setOutputs<OutputName>(outputs)

/** Every word that `failure-reason` can be. */
export const failureReasons = [
  'invalid-input',
  'init-failed',
  'plan-failed',
  'state-locked',
  'not-approved',
  'plan-changed',
  'plan-missing',
  'plan-tampered',
  'unsupported-event',
  'drift',
  'destroy-blocked',
  'apply-failed',
  'interrupted',
  'no-permission',
  'unexpected',
] as const
