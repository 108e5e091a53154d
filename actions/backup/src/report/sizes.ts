const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** The largest unit of which there is at least one, KiB at least. */
export function unitOf(bytes: number): { unit: string; bytes: number } {
  const power = Math.min(Math.max(1, Math.floor(Math.log2(Math.max(1, bytes)) / 10)), UNITS.length - 1)
  return { unit: UNITS[power] ?? 'B', bytes: 1024 ** power }
}

/** `0 B`, `999 B`, `1.4 MiB`, `25 GiB`: three digits at most, in powers of 1024. */
export function size(bytes: number): string {
  let [value, unit] = [bytes, 0]
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}
