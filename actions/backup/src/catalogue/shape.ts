/** Checks of JSON that others may have written. Messages name the place and what belongs there, never the value that stands there. */
export type Check = (value: unknown, at: string) => void

/** Something isn't as it must be. The message is a clause: `objects[3].key must be …`. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
}

function must(holds: boolean, at: string, expected: string): asserts holds {
  if (!holds) throw new ShapeError(`${at} must be ${expected}`)
}

export function text(matches: RegExp | ((value: string) => boolean), expected: string): Check {
  const isRight = matches instanceof RegExp ? (value: string) => matches.test(value) : matches
  return (value, at) => must(typeof value === 'string' && isRight(value), at, expected)
}

export function oneOf(...allowed: readonly (string | number)[]): Check {
  return (value, at) =>
    must(
      allowed.some((candidate) => candidate === value),
      at,
      allowed.join(' or '),
    )
}

export const count: Check = (value, at) =>
  must(Number.isSafeInteger(value) && Number(value) >= 0, at, 'a whole number of at least 0')

export const flag: Check = (value, at) => must(typeof value === 'boolean', at, 'true or false')

export function number(minimum: number, maximum: number): Check {
  return (value, at) =>
    must(
      typeof value === 'number' && value >= minimum && value <= maximum,
      at,
      `a number from ${minimum} to ${maximum}`,
    )
}

export function listOf(check: Check): Check {
  return (value, at) => {
    must(Array.isArray(value), at, 'a list')
    for (const [index, member] of value.entries()) check(member, `${at}[${index}]`)
  }
}

/** An object with these fields and no others. The names in `optional` may be absent. */
export function fields<T>(checks: Readonly<Record<keyof T, Check>>, optional: readonly (keyof T)[] = []): Check {
  const known = new Map<string, Check>(Object.entries(checks))
  const required = Object.keys(checks).filter((name) => !optional.includes(name as keyof T))
  return (value, at) => {
    must(typeof value === 'object' && value !== null && !Array.isArray(value), at, 'an object')
    for (const name of required) must(Object.hasOwn(value, name), `${at}.${name}`, 'there')
    for (const [name, member] of Object.entries(value)) {
      const check = known.get(name)
      must(check !== undefined, at, `without the field ${JSON.stringify(name.slice(0, 40))}`)
      check(member, `${at}.${name}`)
    }
  }
}

/** RFC 3339 in UTC. */
export const time: Check = text(
  (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  'a time such as 2026-11-25T02:17:00Z',
)

export const sha256: Check = text(/^[0-9a-f]{64}$/, '64 hexadecimal digits')

/** One printable line. */
export function line(maximum: number): Check {
  return text((value) => value.length <= maximum && !/\p{Cc}/u.test(value), `one line of at most ${maximum} characters`)
}
