import { parse } from 'yaml'
import { invalidInput } from './errors.ts'

/**
 * The one grammar of every action's inputs. Each reader takes the input's kebab-case name, never has a default of its
 * own (defaults live in action.yml) and throws `invalid-input` with one sentence that names the input, its value and
 * what is allowed. An empty value is the same as an absent one, as it is for the runner.
 */
export interface InputReader {
  /** The text, trimmed; `undefined` when empty. */
  optional(name: string): string | undefined
  /** The text, trimmed; an error when empty. */
  text(name: string): string
  /** One of `allowed`. */
  choice<T extends string>(name: string, allowed: readonly T[]): T
  /** As `choice`, `undefined` when empty. */
  optionalChoice<T extends string>(name: string, allowed: readonly T[]): T | undefined
  /** YAML 1.2's booleans: `true` or `false` in the spellings that GitHub's own actions accept. */
  flag(name: string): boolean
  /** One value a line; blank lines are dropped, and a value may hold any other character. */
  list(name: string): string[]
  /** As `list`, but a line may also hold several values divided by commas. */
  words(name: string): string[]
  /** A YAML (or JSON) map; `{}` when empty. Keys are strings, values any YAML value; an integer beyond 2^53 is a bigint. */
  map(name: string): Record<string, unknown>
  /** `90s`, `10m`, `36h`, `7d`, or `0s`; in milliseconds. */
  duration(name: string): number
  /** `512`, `16KiB`, `16MiB`, `2GiB`; in bytes. */
  size(name: string): number
  /** A whole number from `minimum` up; `undefined` when empty. */
  count(name: string, minimum: number): number | undefined
  /** Regular expressions, one a line, compiled with the `g` and `u` flags. */
  patterns(name: string): RegExp[]
  /** A secret; `undefined` when empty. Its value is in no error. `minimumBytes` is counted in UTF-8. */
  secret(name: string, minimumBytes?: number): string | undefined
}

export type Environment = Readonly<Record<string, string | undefined>>

const SPELLINGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
])
const DURATION = /^(\d{1,7})(s|m|h|d)$/
const DURATION_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const SIZE = /^(\d{1,15})(B|KiB|MiB|GiB|TiB)?$/
const SIZE_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 }

/** Reads inputs as the runner hands them over: `INPUT_<NAME>`, upper case, blanks as `_`, hyphens kept. */
export function inputReader(env: Environment): InputReader {
  const raw = (name: string): string => (env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim()
  const lines = (name: string): string[] =>
    raw(name)
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')

  const optional = (name: string): string | undefined => raw(name) || undefined
  const text = (name: string): string => {
    const value = raw(name)
    if (value === '') throw invalidInput(`The input ${name} is empty; it needs a value.`)
    return value
  }
  const optionalChoice = <T extends string>(name: string, allowed: readonly T[]): T | undefined => {
    const value = raw(name)
    if (value === '') return undefined
    const found = allowed.find((candidate) => candidate === value)
    if (found === undefined) throw wrong(name, value, `one of ${allowed.join(', ')}`)
    return found
  }

  return {
    optional,
    text,
    optionalChoice,
    choice: (name, allowed) => optionalChoice(name, allowed) ?? missing(name, `one of ${allowed.join(', ')}`),
    flag(name) {
      const value = text(name)
      const flag = SPELLINGS.get(value)
      if (flag === undefined) throw wrong(name, value, 'true or false')
      return flag
    },
    list: lines,
    words: (name) =>
      lines(name)
        .flatMap((line) => line.split(','))
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    map: (name) => parseMap(name, raw(name)),
    duration(name) {
      const value = text(name)
      const milliseconds = parseDuration(value)
      if (milliseconds === undefined) throw wrong(name, value, 'a duration such as 90s, 10m or 36h')
      return milliseconds
    },
    size(name) {
      const value = text(name)
      const [, amount, unit] = SIZE.exec(value) ?? []
      if (amount === undefined) throw wrong(name, value, 'a size such as 512KiB, 16MiB or 2GiB')
      return Number(amount) * (SIZE_BYTES[unit ?? 'B'] ?? 0)
    },
    count(name, minimum) {
      const value = raw(name)
      if (value === '') return undefined
      const count = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
      if (!(count >= minimum)) throw wrong(name, value, `a whole number from ${minimum} up`)
      return count
    },
    patterns: (name) => lines(name).map((line) => compile(name, line)),
    secret(name, minimumBytes = 0) {
      const value = raw(name)
      if (value === '') return undefined
      const bytes = Buffer.byteLength(value)
      if (bytes < minimumBytes) {
        throw invalidInput(`The input ${name} is a secret of ${bytes} bytes; at least ${minimumBytes} are needed.`)
      }
      return value
    },
  }
}

/** `90s`, `10m`, `36h` or `7d` in milliseconds; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = DURATION.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) * (DURATION_MS[unit] ?? 0)
}

function wrong(name: string, value: string, allowed: string): Error {
  return invalidInput(`The input ${name} is ${JSON.stringify(shorten(value))}; allowed is ${allowed}.`)
}

function missing(name: string, allowed: string): never {
  throw invalidInput(`The input ${name} is empty; allowed is ${allowed}.`)
}

function shorten(value: string): string {
  return value.length > 100 ? `${value.slice(0, 100)}…` : value
}

function compile(name: string, source: string): RegExp {
  try {
    return new RegExp(source, 'gu')
  } catch (cause) {
    throw invalidInput(
      `The input ${name} has the line ${JSON.stringify(shorten(source))}, which is no regular expression.`,
      cause,
    )
  }
}

/** The values of a map may be secrets (variables of Terraform), so no error quotes any of it. */
function parseMap(name: string, source: string): Record<string, unknown> {
  if (source === '') return {}
  const value = parseYaml(name, source)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput(`The input ${name} isn't a YAML map; write one "key: value" a line.`)
  }
  return value as Record<string, unknown>
}

/** Integers that a double holds are numbers; longer ones stay bigints, so that no digit is lost. */
function safeInteger(_key: unknown, value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function parseYaml(name: string, source: string): unknown {
  try {
    return parse(source, safeInteger, {
      intAsBigInt: true,
      maxAliasCount: 100,
      uniqueKeys: true,
      logLevel: 'error',
      stringKeys: true,
    })
  } catch (cause) {
    const line = (cause as { linePos?: { line: number }[] }).linePos?.[0]?.line
    throw invalidInput(
      `The input ${name} isn't valid YAML${line === undefined ? '' : ` (at its line ${line})`}; a map of "key: value" lines is allowed.`,
    )
  }
}
