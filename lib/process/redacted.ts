export type Redact = (text: string) => string

/**
 * A copy of plain data with every text redacted, but for what stands under the names `words`: those are of a few words that the
 * code asks for. Keys, dates and what else isn't plain stay as they are.
 */
export function redacted<Value>(value: Value, redact: Redact, words: ReadonlySet<string> = new Set()): Value {
  const inner = (part: unknown): unknown => {
    if (typeof part === 'string') return redact(part)
    if (Array.isArray(part)) return part.map(inner)
    if (typeof part !== 'object' || part === null || Object.getPrototypeOf(part) !== Object.prototype) return part
    return Object.fromEntries(
      Object.entries(part).map(([key, member]) => [
        key,
        words.has(key) && typeof member === 'string' ? member : inner(member),
      ]),
    )
  }
  return inner(value) as Value
}
