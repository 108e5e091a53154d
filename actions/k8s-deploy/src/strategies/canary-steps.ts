import { invalidInput } from '../../../../lib/action/errors.ts'

/** One step of a canary: this part of the replicas is new, for this long. */
export interface CanaryStep {
  percent: number
  pauseMs: number
}

const STEPS = /^(\d{1,3}%(?:\s*,\s*\d{1,3}%)*)(?:\s+pause\s+(\d{1,6})(s|m|h))?$/
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** `10%,50% pause 1m`: growing percentages below 100, and the pause after each. Throws `invalid-input`. */
export function parseCanary(text: string): CanaryStep[] {
  const [, list, amount, unit = ''] = STEPS.exec(text) ?? []
  const percents = (list ?? '').split(',').map((part) => Number.parseInt(part, 10))
  const grows = percents.every((percent, index) => percent > (percents[index - 1] ?? 0) && percent < 100)
  if (list === undefined || !grows) {
    throw invalidInput(
      `The input canary is ${JSON.stringify(text)}; allowed are growing percentages below 100 and a pause, such as 10%,50% pause 1m.`,
    )
  }
  const pauseMs = amount === undefined ? 0 : Number(amount) * (UNIT_MS[unit] ?? 0)
  return percents.map((percent) => ({ percent, pauseMs }))
}
