import { invalidInput } from '../../../../lib/action/errors.ts'
import { parseDuration } from '../../../../lib/action/inputs.ts'

/** One step of a canary: this part of the replicas is new, for this long. */
export interface CanaryStep {
  percent: number
  pauseMs: number
}

const STEPS = /^(\d{1,3}%(?:\s*,\s*\d{1,3}%)*)(?:\s+pause\s+(\d{1,6}[smh]))?$/

/** `10%,50% pause 1m`: growing percentages below 100, and the pause after each. Throws `invalid-input`. */
export function parseCanary(text: string): CanaryStep[] {
  const [, list, pause = '0s'] = STEPS.exec(text) ?? []
  const percents = (list ?? '').split(',').map((part) => Number.parseInt(part, 10))
  const grows = percents.every((percent, index) => percent > (percents[index - 1] ?? 0) && percent < 100)
  if (list === undefined || !grows) {
    throw invalidInput(
      `The input canary is ${JSON.stringify(text)}; allowed are growing percentages below 100 and a pause, such as 10%,50% pause 1m.`,
    )
  }
  const pauseMs = parseDuration(pause) ?? 0
  return percents.map((percent) => ({ percent, pauseMs }))
}
