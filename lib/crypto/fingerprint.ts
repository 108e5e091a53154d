import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ExactNumber } from './exact-json.ts'

/** HMAC-SHA-256 in hex: equal values are seen to be equal, and only the holder of the key can test a guess. */
export function keyedDigest(key: Uint8Array, value: string | Uint8Array): string {
  return createHmac('sha256', key).update(value).digest('hex')
}

/** SHA-256 in hex. */
export function digest(value: string | Uint8Array): string {
  return createHash('sha256').update(value).digest('hex')
}

/** Compares without telling by its duration where, or at which length, two strings differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}

/**
 * One text per JSON value, after RFC 8785 (JCS): no white space, keys in the order of their UTF-16 units, numbers as
 * ECMAScript writes them. Differs from the RFC in two points: an {@link ExactNumber} is written with its own digits, and
 * a lone surrogate is written as an escape instead of being refused.
 *
 * @throws TypeError for what JSON can't hold: undefined (also as a property), NaN, infinities, bigint, functions,
 *   symbols, and objects that are neither plain nor arrays (Date, Map, …)
 */
export function canonicalJson(value: unknown): string {
  if (isCanonical(value)) return JSON.stringify(value)
  if (typeof value === 'number') throw new TypeError(`JSON has no ${value}`)
  if (typeof value !== 'object' || value === null) throw new TypeError(`JSON has no ${typeof value}`)
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`
  if (value instanceof ExactNumber) return value.$number
  if (!isPlain(value)) throw new TypeError(`JSON has no ${value.constructor.name}`)
  // Without a comparison of its own, `sort` goes by UTF-16 units.
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson((value as Record<string, unknown>)[key])}`)
  return `{${members.join(',')}}`
}

/** As `digest` or `keyedDigest` of the value's `canonicalJson`, but that text is never whole in memory. */
export function digestOfJson(key: Uint8Array | undefined, value: unknown): string {
  const hash = key ? createHmac('sha256', key) : createHash('sha256')
  for (const piece of canonicalPieces(value, LEVELS_TO_DIVIDE)) hash.update(piece)
  return hash.digest('hex')
}

/** The upper levels of a large value, as far as each piece is small beside the whole. */
const LEVELS_TO_DIVIDE = 3

function* canonicalPieces(value: unknown, levels: number): Generator<string> {
  if (levels === 0 || typeof value !== 'object' || value === null || !isDivisible(value)) {
    yield canonicalJson(value)
    return
  }
  const isList = Array.isArray(value)
  let separator = isList ? '[' : '{'
  for (const key of isList ? value.keys() : Object.keys(value).sort()) {
    yield isList ? separator : `${separator}${JSON.stringify(key)}:`
    yield* canonicalPieces((value as Record<string, unknown>)[key], levels - 1)
    separator = ','
  }
  yield `${separator === ',' ? '' : separator}${isList ? ']' : '}'}`
}

function isDivisible(value: object): boolean {
  return Array.isArray(value) || isPlain(value)
}

/**
 * Does JSON.stringify, which is much faster, write just the canonical text? It does for plain values whose keys are in
 * order, as those of a document are that Go has written.
 */
function isCanonical(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.findIndex((member) => !isCanonical(member)) === -1
  return isPlain(value) && hasOrderedMembers(value as Record<string, unknown>)
}

function hasOrderedMembers(value: Readonly<Record<string, unknown>>): boolean {
  let last = ''
  for (const key of Object.keys(value)) {
    if (key < last || !isCanonical(value[key])) return false
    last = key
  }
  return true
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
