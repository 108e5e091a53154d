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
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number') return canonicalNumber(value)
  if (typeof value !== 'object') throw new TypeError(`JSON has no ${typeof value}`)
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`
  if (value instanceof ExactNumber) return value.$number
  return canonicalObject(value)
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`)
  return JSON.stringify(value)
}

function canonicalObject(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`JSON has no ${value.constructor.name}`)
  }
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
