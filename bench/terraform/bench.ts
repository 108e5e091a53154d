import type { Scenario, Step } from '../../lab/scenario/index.ts'

/** What a measurement has to work with. */
export interface Bench {
  /** Opens a repository whose runs are runs of the committed bundle. */
  open: (files: Record<string, string>, inputs: Record<string, string>) => Promise<Scenario>
  /** For everything else; it is removed at the end. */
  folder: string
  cancel: AbortSignal
}

/** The milliseconds of a step that did what it should. Throws otherwise: a failure has no speed. */
export function timeOf(step: Step): number {
  if (step.conclusion !== 'success') throw new Error(`the step ended as ${step.conclusion}:\n${step.log.join('\n')}`)
  return step.durationMs
}
