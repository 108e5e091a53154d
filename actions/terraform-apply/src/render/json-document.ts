import { isDeepStrictEqual } from 'node:util'
import { parseJsonExact } from '../../../../lib/crypto/exact-json.ts'
import type { Json } from '../plan/format.ts'
import { isDeeperThan, isMap } from '../plan/json.ts'
import { hide } from './hide.ts'
import { countMembers, DEEPEST, mayHoldJson } from './json-text.ts'
import type { Redact } from './model.ts'

/** A JSON object or array that stands in a text. */
export interface JsonDocument {
  value: Json
  /** The same with what must not be seen hidden, unless it is hidden when its strings are shown one by one. */
  shown: Json
}

/**
 * The document in a text. `undefined` for any other text, for a document that its value would not tell whole (a key twice)
 * or that nests too deep, and where hiding a secret leaves no document.
 */
export function openDocument(text: string, redact: Redact): JsonDocument | undefined {
  const value = parseDocument(text)
  if (value === undefined) return undefined
  if (isOpen(text, redact) && isOpen(JSON.stringify(value, null, 2), redact)) return { value, shown: value }
  const hidden = parseDocument(hide(text, redact))
  if (hidden === undefined) return undefined
  return { value, shown: isDeepStrictEqual(hidden, hideStrings(value, redact)) ? value : hidden }
}

function isOpen(text: string, redact: Redact): boolean {
  return redact(text) === text
}

/** As `openDocument`, with nothing hidden. */
export function parseDocument(text: string): Json | undefined {
  if (!mayHoldJson(text)) return undefined
  try {
    const value = parseJsonExact(text) as Json
    return isDeeperThan(DEEPEST, value) || repeatsKeys(text, value) ? undefined : value
  } catch {
    return undefined
  }
}

/** What is written as it would be written has nothing that its value doesn't have; that is seen at once. */
function repeatsKeys(text: string, value: Json): boolean {
  return JSON.stringify(value) !== text && countMembers(text) !== membersOf(value)
}

function membersOf(value: Json): number {
  if (Array.isArray(value)) return value.reduce((sum: number, element) => sum + membersOf(element), 0)
  if (!isMap(value)) return 0
  return Object.values(value).reduce((sum: number, member) => sum + 1 + membersOf(member), 0)
}

function hideStrings(value: Json, redact: Redact): Json {
  if (typeof value === 'string') return hide(value, redact)
  if (Array.isArray(value)) return value.map((element) => hideStrings(element, redact))
  if (!isMap(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [hide(key, redact), hideStrings(inner, redact)]),
  )
}
