const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/**
 * Reads `500ms`, `7s` or `2m`.
 *
 * @returns milliseconds
 * @throws Error for anything else
 */
export function parseDuration(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? []
  const factor = unitMs[unit]
  if (factor === undefined) throw new Error(`must be a duration like 500ms, 7s or 2m, not "${text}"`)
  return Number(digits) * factor
}
