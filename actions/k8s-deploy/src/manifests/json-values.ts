import { ExactNumber, parseJsonExact } from '../../../../lib/crypto/exact-json.ts'
import { rawJson } from './scalars.ts'
import { MAX_DEPTH } from './yaml-value.ts'

export type JsonText =
  | { kind: 'values'; values: { value: unknown; offset: number }[] }
  /** It isn't JSON; flow YAML starts with a brace, too. */
  | { kind: 'other' }
  | { kind: 'refused'; reason: string; offset: number }

/** One or more JSON objects, one after the other. `offset` counts UTF-16 units from the start of the text. */
export function jsonValues(text: string): JsonText {
  const values: { value: unknown; offset: number }[] = []
  for (const { start, end } of objectsIn(text)) {
    const part = text.slice(start, end)
    const parsed = parsedOrUndefined(part)
    if (parsed === undefined) return { kind: 'other' }
    const counted = settle(parsed, 0)
    if (counted.depth > MAX_DEPTH) {
      return { kind: 'refused', reason: `it is nested deeper than ${MAX_DEPTH} levels`, offset: start }
    }
    if (counted.keys !== keysIn(part))
      return { kind: 'refused', reason: 'a key is there twice in one map', offset: start }
    values.push({ value: counted.value, offset: start })
  }
  return values.length === 0 ? { kind: 'other' } : { kind: 'values', values }
}

function parsedOrUndefined(text: string): unknown {
  try {
    return parseJsonExact(text)
  } catch {
    return undefined
  }
}

/** A string without an end goes to the end of the text, so that no character is looked at twice. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|[{}]|[^"{}\s]+/gs

/** Where the objects of the text lie. Whatever else is in it becomes part of a place that is no JSON. */
function* objectsIn(text: string): Generator<{ start: number; end: number }> {
  let depth = 0
  let start: number | undefined
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    start ??= index
    if (token === '{') depth += 1
    if (token === '}') depth -= 1
    if (depth > 0) continue
    yield { start, end: index + token.length }
    start = undefined
  }
  if (start !== undefined) yield { start, end: text.length }
}

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs

/** Every string that a colon follows. */
function keysIn(json: string): number {
  let keys = 0
  for (const [, colon] of json.matchAll(STRING)) if (colon !== undefined) keys += 1
  return keys
}

interface Settled {
  value: unknown
  /** How many fields it has in all: fewer than its text has keys, if one was there twice. */
  keys: number
  depth: number
}

/** Numbers that a double would change become raw JSON. Goes no deeper than the limit. */
function settle(value: unknown, depth: number): Settled {
  if (value instanceof ExactNumber) return { value: rawJson(value.$number), keys: 0, depth }
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return { value, keys: 0, depth }
  if (Array.isArray(value)) {
    const elements = value.map((element) => settle(element, depth + 1))
    return { value: elements.map((element) => element.value), ...total(elements, depth) }
  }
  const members = Object.entries(value).map(([key, inner]) => [key, settle(inner, depth + 1)] as const)
  const { keys, depth: deepest } = total(
    members.map(([, member]) => member),
    depth,
  )
  return {
    value: Object.fromEntries(members.map(([key, member]) => [key, member.value])),
    keys: keys + members.length,
    depth: deepest,
  }
}

function total(parts: readonly Settled[], depth: number): { keys: number; depth: number } {
  return parts.reduce((sum, part) => ({ keys: sum.keys + part.keys, depth: Math.max(sum.depth, part.depth) }), {
    keys: 0,
    depth,
  })
}
