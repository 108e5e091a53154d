import { type OutputValue, setOutputs } from '../../../lib/action/outputs.ts'

export const outputNames = [
  'result',
  'failure-reason',
  'duration',
  'revision',
  'objects',
  'changed',
  'comment-url',
  'report-path',
  'diff-path',
] as const

export type OutputName = (typeof outputNames)[number]

export type Outputs = Partial<Record<OutputName, OutputValue>>

export const writeOutputs = (outputs: Outputs): void => setOutputs<OutputName>(outputs)
