import { invalidInput } from '../../../../../lib/action/errors.ts'
import type { Environment } from '../../../../../lib/process/environment.ts'
import { type Address, addressOf, parseAddress } from '../server.ts'
import type { Server } from '../source.ts'

/** Whose programs: they share names and most options. */
export type Family = 'mariadb' | 'mysql'

/**
 * How the programs reach a server. The password is in MYSQL_PWD, since an argument is in every process list and a file with it
 * would have to be left on that machine; the environment of a process only its own user and root can read.
 */
export interface MysqlConnection {
  /** The first arguments. No option file is read: one could make a dump leave things out, or name another server. */
  args(family: Family): string[]
  env: Readonly<Record<string, string>>
  /** The database that the address names. */
  database: string | undefined
  /** Undefined for a socket. */
  host: string | undefined
  port: string | undefined
  /** No error may show these. */
  secrets: readonly string[]
  /** Whether a connection that turns out not to be encrypted mustn't be used: `--ssl` of MariaDB's clients before 11.4 lets that pass. */
  mustEncrypt: boolean
}

const SCHEMES = ['mysql', 'mariadb']

/** @throws `invalid-input`; no error holds an address or a password */
export function mysqlConnection(what: string, server: Server, env: Environment): MysqlConnection {
  return connectionTo(what, addressOf(what, server, env, SCHEMES))
}

/** @throws `invalid-input`; no error holds a part of the address */
export function mysqlConnectionOf(what: string, url: string): MysqlConnection {
  return connectionTo(what, parseAddress(what, url, SCHEMES))
}

function connectionTo(what: string, address: Address): MysqlConnection {
  const { hosts, user, password, database, parameters } = address
  if (hosts.length > 1) throw invalidInput(`${what} names several hosts; MySQL's programs take one.`)
  const { host, port } = hosts[0] ?? { host: undefined, port: '' }
  const { socket, encryption, mustEncrypt } = optionsOf(what, parameters)
  const common = [
    '--no-defaults',
    ...(socket === undefined ? [] : ['--protocol=socket', `--socket=${socket}`]),
    // A host named localhost would mean a socket.
    ...(socket === undefined && host !== undefined ? ['--protocol=tcp', `--host=${host}`] : []),
    ...(port === '' ? [] : [`--port=${port}`]),
    ...(user === undefined ? [] : [`--user=${user}`]),
  ]
  return {
    args: (family) => [...common, ...encryption[family]],
    env: { LC_ALL: 'C', ...(password === undefined ? {} : { MYSQL_PWD: password }) },
    database,
    host: socket === undefined ? host : undefined,
    port: port === '' ? undefined : port,
    secrets: password === undefined ? [] : [password],
    mustEncrypt,
  }
}

interface Options {
  socket: string | undefined
  encryption: Record<Family, string[]>
  mustEncrypt: boolean
}

/** What a mode of MySQL's --ssl-mode is in MariaDB's options: its documentation, "Secure Connections Overview". */
const MODES: Readonly<Record<string, string[]>> = {
  DISABLED: ['--skip-ssl'],
  PREFERRED: [],
  REQUIRED: ['--ssl', '--skip-ssl-verify-server-cert'],
  VERIFY_CA: ['--ssl', '--ssl-verify-server-cert'],
  VERIFY_IDENTITY: ['--ssl', '--ssl-verify-server-cert'],
}

const FILES = ['ssl-ca', 'ssl-cert', 'ssl-key']

/** Other clients' parameters (a pool's size, a charset) are left out; but none on encryption, which would weaken what was asked for. */
function optionsOf(what: string, parameters: ReadonlyMap<string, string>): Options {
  const options: Options = { socket: undefined, encryption: { mariadb: [], mysql: [] }, mustEncrypt: false }
  for (const [name, value] of parameters) {
    const key = name.toLowerCase().replaceAll('_', '-')
    if (key === 'socket') options.socket = value
    else if (key === 'ssl-mode' || key === 'sslmode') addMode(what, value, options)
    else if (FILES.includes(key)) for (const flags of Object.values(options.encryption)) flags.push(`--${key}=${value}`)
    else if (/ssl|tls/.test(key)) {
      throw invalidInput(
        `${what} has the parameter ${name.slice(0, 40)}, which MySQL's programs can't be given; allowed on encryption are ssl-mode, ${FILES.join(', ')}.`,
      )
    }
  }
  return options
}

function addMode(what: string, value: string, options: Options): void {
  const mode = value.toUpperCase().replaceAll('-', '_')
  const flags = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined
  if (flags === undefined) {
    throw invalidInput(`${what} has an ssl-mode that isn't known; allowed is one of ${Object.keys(MODES).join(', ')}.`)
  }
  options.encryption.mariadb.push(...flags)
  options.encryption.mysql.push(`--ssl-mode=${mode}`)
  options.mustEncrypt = flags.includes('--ssl')
}
