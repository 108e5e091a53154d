import { isAbsolute } from 'node:path'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { type Environment, parseDuration } from '../../../../lib/action/inputs.ts'

/** Where a backup is restored to be proved. */
export type Scratch =
  | { kind: 'folder'; path: string }
  /** An empty database; the address may hold a password. */
  | { kind: 'postgres' | 'mysql'; url: string }

export type Assertion = { expected: Expectation } & (
  | { kind: 'sql'; query: string }
  /** Runs in the scratch folder. */
  | { kind: 'command'; argv: string[] }
  | { kind: 'http'; url: string }
)

/** Without any of these: a query gives a row, a command ends with 0, an address answers 2xx. */
export interface Expectation {
  equals?: string
  min?: number
  max?: number
  matches?: RegExp
}

export interface Rehearsal {
  to: Scratch[]
  /** Which database of the backup is restored; absent: the largest. */
  database: string | undefined
  assertions: Assertion[]
  /** Milliseconds. */
  maxRto: number | undefined
  maxRpo: number | undefined
}

const KEYS = ['to', 'database', 'assert', 'max-rto', 'max-rpo']

/** Reads the input rehearsal. Throws `invalid-input`; no error holds an address, which may have a password. */
export function parseRehearsal(given: Record<string, unknown>, env: Environment): Rehearsal {
  const unknown = Object.keys(given).find((key) => !KEYS.includes(key))
  if (unknown !== undefined)
    throw invalidInput(
      `The input rehearsal has the unknown key ${JSON.stringify(unknown.slice(0, 60))}; allowed are ${KEYS.join(', ')}.`,
    )
  const to = (Array.isArray(given['to']) ? given['to'] : [given['to']]).map((place) => parseScratch(place, env))
  const doubled = to.find(({ kind }, index) => to.findIndex((other) => other.kind === kind) !== index)
  if (doubled !== undefined)
    throw invalidInput(`The input rehearsal has two places of the kind ${doubled.kind} in to; one is allowed.`)
  const database = given['database']
  if (database !== undefined && typeof database !== 'string')
    throw invalidInput('The input rehearsal has a database that is no name.')
  const list = given['assert'] ?? []
  if (!Array.isArray(list)) throw invalidInput('The input rehearsal has an assert that is no list.')
  return {
    to,
    database,
    assertions: list.map((one, index) => parseAssertion(one, index + 1)),
    maxRto: durationOf(given, 'max-rto'),
    maxRpo: durationOf(given, 'max-rpo'),
  }
}

function parseScratch(place: unknown, env: Environment): Scratch {
  const text =
    typeof place === 'string' && place.startsWith('env:') ? variableOf(place.slice('env:'.length), env) : place
  if (typeof text === 'string' && isAbsolute(text)) return { kind: 'folder', path: text }
  const scheme = typeof text === 'string' ? URL.parse(text)?.protocol : undefined
  if (typeof text === 'string' && (scheme === 'postgres:' || scheme === 'postgresql:'))
    return { kind: 'postgres', url: text }
  if (typeof text === 'string' && (scheme === 'mysql:' || scheme === 'mariadb:')) return { kind: 'mysql', url: text }
  throw invalidInput(
    'The input rehearsal has a to that can\'t be used; allowed is the absolute path of an empty folder, the postgres:// or mysql:// address of an empty database, "env:" with the name of a variable that holds one, or a list of these.',
  )
}

function variableOf(name: string, env: Environment): string {
  const value = env[name]
  if (value) return value
  throw invalidInput(
    `The input rehearsal names the variable ${JSON.stringify(name.slice(0, 60))}, which this step's environment doesn't have.`,
  )
}

function parseAssertion(given: unknown, position: number): Assertion {
  const what = `Assertion ${position} of the input rehearsal`
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalidInput(`${what} isn't a map.`)
  const { sql, command, http, equals, min, max, matches, ...others } = given as Record<string, unknown>
  const other = Object.keys(others)[0]
  if (other !== undefined)
    throw invalidInput(
      `${what} has the unknown key ${JSON.stringify(other.slice(0, 60))}; allowed are sql, command, http, equals, min, max and matches.`,
    )
  const expected: Expectation = {
    ...(equals === undefined ? {} : { equals: String(equals) }),
    ...(min === undefined ? {} : { min: numberOf(min, what, 'min') }),
    ...(max === undefined ? {} : { max: numberOf(max, what, 'max') }),
    ...(matches === undefined ? {} : { matches: expressionOf(matches, what) }),
  }
  const kinds = [sql, command, http].filter((one) => one !== undefined)
  if (kinds.length !== 1) throw invalidInput(`${what} needs exactly one of sql, command and http.`)
  if (typeof sql === 'string' && sql.trim() !== '') return { kind: 'sql', query: sql, expected }
  if (typeof http === 'string' && /^https?:$/.test(URL.parse(http)?.protocol ?? ''))
    return { kind: 'http', url: http, expected }
  if (isCommand(command)) return { kind: 'command', argv: command, expected }
  throw invalidInput(
    `${what} can't be used; allowed is sql with a query, command with a list (a program and its arguments), or http with an address.`,
  )
}

function isCommand(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string') && value[0] !== ''
}

function numberOf(value: unknown, what: string, key: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalidInput(`${what} has a ${key} that is no number.`)
}

function expressionOf(value: unknown, what: string): RegExp {
  try {
    return new RegExp(String(value), 'u')
  } catch (cause) {
    throw invalidInput(`${what} has a matches that is no regular expression.`, cause)
  }
}

function durationOf(given: Record<string, unknown>, key: string): number | undefined {
  const value = given[key]
  if (value === undefined) return undefined
  const milliseconds = parseDuration(String(value))
  if (milliseconds !== undefined) return milliseconds
  throw invalidInput(
    `The input rehearsal has a ${key} that can't be used; allowed is a duration such as 90s, 10m or 36h.`,
  )
}

/** Why a value isn't what was expected, in the words after "it"; `undefined` when it is. Numbers are compared as numbers. */
export function shortfall(actual: string, { equals, min, max, matches }: Expectation): string | undefined {
  if (equals !== undefined && actual !== equals) return `is not ${JSON.stringify(equals)}`
  const isNumber = actual.trim() !== '' && Number.isFinite(Number(actual))
  if ((min !== undefined || max !== undefined) && !isNumber) return 'is no number'
  if (min !== undefined && Number(actual) < min) return `is less than ${min}`
  if (max !== undefined && Number(actual) > max) return `is more than ${max}`
  if (matches !== undefined && !matches.test(actual)) return `doesn't match ${matches.source}`
  return undefined
}
