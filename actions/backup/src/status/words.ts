const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

/** `9 days 3 hours`, `1 hour`, `40 minutes 5 seconds`: the two largest units that tell something, rounded down. */
export function inWords(ms: number): string {
  let rest = Math.max(0, ms)
  const parts: string[] = []
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(count === 1 ? `1 ${name}` : `${count} ${name}s`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ') || '0 seconds'
}
