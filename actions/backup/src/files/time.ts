/**
 * Seconds since 1970 as an index has them: `-1.500000000` becomes `-2.500000000`, since find counts nanoseconds upwards from
 * the second before, and stat does, too.
 *
 * @param text seconds with any number of decimals, as pax headers have them (POSIX pax, "extended header keywords")
 */
export function normalTime(text: string): string {
  const [, minus = '', seconds = '0', decimals = ''] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text) ?? []
  const nanoseconds = decimals.slice(0, 9).padEnd(9, '0')
  if (minus === '' || nanoseconds === NONE) return `${minus}${seconds}.${nanoseconds}`
  const upwards = String(1_000_000_000 - Number(nanoseconds)).padStart(9, '0')
  return `-${Number(seconds) + 1}.${upwards}`
}

const NONE = '000000000'

/** Of nanoseconds since 1970, as `lstat` gives them. */
export function timeOf(nanoseconds: bigint): string {
  const below = ((nanoseconds % SECOND) + SECOND) % SECOND
  return `${(nanoseconds - below) / SECOND}.${String(below).padStart(9, '0')}`
}

const SECOND = 1_000_000_000n
