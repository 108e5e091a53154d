import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../kube/objects.ts'
import { ignoredFields, matchesAny, type Pattern } from './ignored.ts'

/**
 * The fields in which two states of one object differ, as `spec.template.spec.containers[0].image`: as deep as both have the
 * field. Lists of different length differ as a whole.
 */
export function differences(
  before: KubeObject,
  live: KubeObject,
  ignored: readonly Pattern[] = ignoredFields(before),
): string[] {
  return [...compare(before, live, { text: '', pattern: [] }, ignored)]
}

interface Place {
  text: string
  pattern: Pattern
}

function* compare(before: unknown, live: unknown, place: Place, ignored: readonly Pattern[]): Generator<string> {
  if (isDeepStrictEqual(before, live) || matchesAny(place.pattern, ignored)) return
  const one = fieldsOf(before, live)
  const other = fieldsOf(live, before)
  if (one && other) {
    for (const field of new Set([...Object.keys(one), ...Object.keys(other)])) {
      yield* compare(own(one, field), own(other, field), fieldOf(place, field), ignored)
    }
  } else if (Array.isArray(before) && Array.isArray(live) && before.length === live.length) {
    for (const [index, element] of before.entries()) {
      yield* compare(element, live[index], elementOf(place, index), ignored)
    }
  } else {
    yield place.text
  }
}

/** An absent map counts as an empty one beside a map, so that ignored fields don't make its presence a difference. */
function fieldsOf(value: unknown, other: unknown): Record<string, unknown> | undefined {
  if (isMap(value)) return value
  return value === undefined && isMap(other) && Object.keys(other).length > 0 ? {} : undefined
}

/** A key of a ConfigMap may be called `constructor`. */
function own(fields: Record<string, unknown>, field: string): unknown {
  return Object.hasOwn(fields, field) ? fields[field] : undefined
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldOf({ text, pattern }: Place, field: string): Place {
  const step = /^[\w-]+$/.test(field) ? `${text === '' ? '' : '.'}${field}` : `[${JSON.stringify(field)}]`
  return { text: `${text}${step}`, pattern: [...pattern, field] }
}

function elementOf({ text, pattern }: Place, index: number): Place {
  return { text: `${text}[${index}]`, pattern: [...pattern, '*'] }
}
