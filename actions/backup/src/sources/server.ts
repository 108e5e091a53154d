import { invalidInput } from '../../../../lib/action/errors.ts'
import type { Environment } from '../../../../lib/process/environment.ts'
import type { Server } from './source.ts'

/** A server's address taken apart, with every `%` resolved. */
export interface Address {
  hosts: { host: string; port: string }[]
  user: string | undefined
  password: string | undefined
  database: string | undefined
  /** What stands behind the `?`; of equal names the last. */
  parameters: Map<string, string>
}

/**
 * Takes an address apart as libpq does (PostgreSQL's documentation, "Connection URIs"): several hosts, `[v6]` hosts, sockets as
 * `%2Fvar%2Frun`, and everything percent-encoded, which the class URL doesn't all allow.
 *
 * @param what names the address in errors, which never hold a part of it
 * @throws `invalid-input`
 */
export function parseAddress(what: string, text: string, schemes: readonly string[]): Address {
  const [, scheme, rest] = /^([a-z]+)(?:\+\w+)?:\/\/(.*)$/s.exec(text.trim()) ?? []
  if (scheme === undefined || rest === undefined || !schemes.includes(scheme)) {
    throw invalidInput(`${what} isn't an address that begins with ${schemes.map((one) => `${one}://`).join(' or ')}.`)
  }
  const slash = rest.indexOf('/')
  const authority = slash === -1 ? rest : rest.slice(0, slash)
  const at = authority.lastIndexOf('@')
  const [user, password] = divide(at === -1 ? '' : authority.slice(0, at), ':')
  const [hosts, loose] = divide(authority.slice(at + 1), '?')
  const [database, query = loose ?? ''] = divide(slash === -1 ? '' : rest.slice(slash + 1), '?')
  const read = (part: string | undefined): string | undefined => (part ? decode(what, part) : undefined)
  return {
    hosts: hosts
      .split(',')
      .filter((one) => one !== '')
      .map((one) => hostOf(what, one)),
    user: read(user),
    password: read(password),
    database: read(database),
    parameters: new Map(
      query
        .split('&')
        .filter((one) => one !== '')
        .map((one) => parameterOf(what, one)),
    ),
  }
}

/** The value of a variable that a source names. Throws `invalid-input` when the step hasn't got it. */
export function variable(what: string, name: string, env: Environment): string {
  const value = env[name]
  if (value) return value
  throw invalidInput(`${what} names the variable ${name}, which this step's environment doesn't have or has empty.`)
}

/** The address that a source's keys make. Throws `invalid-input`. */
export function addressOf(what: string, server: Server, env: Environment, schemes: readonly string[]): Address {
  const { urlEnv, host, port, user, userEnv, passwordEnv } = server
  if (urlEnv !== undefined) {
    return parseAddress(`The variable ${urlEnv}, which ${lowered(what)} names,`, variable(what, urlEnv, env), schemes)
  }
  const read = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : variable(what, name, env)
  return {
    hosts: host === undefined && port === undefined ? [] : [{ host: host ?? 'localhost', port: String(port ?? '') }],
    user: user ?? read(userEnv),
    password: read(passwordEnv),
    database: undefined,
    parameters: new Map(),
  }
}

function lowered(what: string): string {
  return what.charAt(0).toLowerCase() + what.slice(1)
}

function hostOf(what: string, text: string): { host: string; port: string } {
  const [, v6, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(text) ?? []
  const host = v6 ?? plain
  if (host === undefined) throw invalidInput(`${what} has a host or port that can't be read.`)
  return { host: decode(what, host), port }
}

function parameterOf(what: string, text: string): [string, string] {
  const [name, value = ''] = divide(text, '=')
  return [decode(what, name), decode(what, value)]
}

/** What stands before and after the first separator. */
function divide(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator)
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)]
}

function decode(what: string, text: string): string {
  const decoded = decodedOf(text)
  if (decoded !== undefined && !decoded.includes('\0')) return decoded
  throw invalidInput(
    `${what} has a % that isn't followed by two hexadecimal digits of UTF-8; a % itself is written %25.`,
  )
}

function decodedOf(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
