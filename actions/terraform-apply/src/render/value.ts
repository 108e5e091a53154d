import type { Json } from '../plan/format.ts'
import { isMap } from '../plan/json.ts'
import { anyMarked, isMarked, marksOf } from '../plan/sensitive.ts'

/** A value of a plan with its marks, which mirror its shape (see plan/sensitive.ts). Not there: `undefined`. */
export interface Value {
  json: Json | undefined
  sensitive: Json | undefined
  unknown: Json | undefined
}

/** No value at all: the other side of what is added or removed. */
export const NOTHING: Value = { json: undefined, sensitive: undefined, unknown: undefined }

/** A value that carries no marks, such as a part of a document in a text. */
export function unmarked(json: Json): Value {
  return { json, sensitive: undefined, unknown: undefined }
}

/** One step down, into a map or a list. */
export function valueAt(value: Value, key: string | number): Value {
  return {
    json: child(value.json, key),
    sensitive: marksOf(value.sensitive, key),
    unknown: marksOf(value.unknown, key),
  }
}

/** Not even a value that will be known later. */
export function isAbsent(value: Value): boolean {
  return value.json === undefined && !anyMarked(value.unknown)
}

export function isSensitive(value: Value): boolean {
  return isMarked(value.sensitive)
}

export function isUnknown(value: Value): boolean {
  return isMarked(value.unknown)
}

/** Keys of a map, with those whose value is known only after the apply (the format leaves them out of the value). */
export function keysOf(value: Value): string[] {
  const known = isMap(value.json) ? Object.keys(value.json) : []
  const unknown = isMap(value.unknown)
    ? Object.keys(value.unknown).filter((key) => anyMarked(marksOf(value.unknown, key)))
    : []
  return unknown.length === 0 ? known : [...new Set([...known, ...unknown])].sort()
}

/** Elements of a list, as many as the value or its unknown marks have. */
export function elementsOf(value: Value): Value[] {
  const longer = lengthOf(value.json) < lengthOf(value.unknown) ? value.unknown : value.json
  return Array.isArray(longer) ? longer.map((_, index) => valueAt(value, index)) : []
}

function lengthOf(json: Json | undefined): number {
  return Array.isArray(json) ? json.length : 0
}

/** A key may have the name of something that every object inherits. */
function child(json: Json | undefined, key: string | number): Json | undefined {
  if (Array.isArray(json)) return json[Number(key)]
  return isMap(json) && Object.hasOwn(json, key) ? json[key] : undefined
}
