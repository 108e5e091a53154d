import { type OutputValue, setOutputs } from '../../../lib/action/outputs.ts'

export const outputNames = [
  'backup-id',
  'type',
  'result',
  'files',
  'bytes-read',
  'bytes-stored',
  'duration',
  'manifest-key',
  'age-seconds',
  'restored-bytes',
  'rpo-seconds',
  'rto-seconds',
  'plan',
  'report-path',
  'failure-reason',
] as const

export type OutputName = (typeof outputNames)[number]

export type Outputs = Partial<Record<OutputName, OutputValue>>

export const writeOutputs = (outputs: Outputs): void => setOutputs<OutputName>(outputs)
