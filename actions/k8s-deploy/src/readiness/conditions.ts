import { listAt, momentAt, numberAt, textAt } from './read.ts'

export interface Condition {
  type: string
  status: string
  reason: string
  message: string
  /** When it last changed between true, false and unknown. */
  since: Date | undefined
  /** When its controller last wrote it; few kinds tell. */
  updated: Date | undefined
}

/**
 * The conditions at a path (`status.conditions` if none is given). One that its controller wrote about an older
 * generation (Gateway API gives every condition its own `observedGeneration`) says nothing about this one, and is left out.
 */
export function conditionsOf(object: unknown, value: unknown = object, path = ['status', 'conditions']): Condition[] {
  const generation = numberAt(object, 'metadata', 'generation')
  return listAt(value, ...path)
    .filter((entry) => [undefined, generation].includes(numberAt(entry, 'observedGeneration')))
    .map((entry) => ({
      type: textAt(entry, 'type') ?? '',
      status: textAt(entry, 'status') ?? 'Unknown',
      reason: textAt(entry, 'reason') ?? '',
      message: textAt(entry, 'message') ?? '',
      since: momentAt(entry, 'lastTransitionTime'),
      updated: momentAt(entry, 'lastUpdateTime'),
    }))
}

export function conditionOf(object: unknown, type: string): Condition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type)
}

export function isTrue(object: unknown, type: string): boolean {
  return conditionOf(object, type)?.status === 'True'
}
