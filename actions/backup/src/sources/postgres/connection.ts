import { invalidInput } from '../../../../../lib/action/errors.ts'
import type { Environment } from '../../../../../lib/process/environment.ts'
import { type Address, addressOf, parseAddress } from '../server.ts'
import type { Server } from '../source.ts'

/** How PostgreSQL's programs reach a server: by variables of their environment, so nothing of it is in a process list. */
export interface PostgresConnection {
  env: Readonly<Record<string, string>>
  /** The database that the address names. */
  database: string | undefined
  host: string | undefined
  port: string | undefined
  /** No error may show these. */
  secrets: readonly string[]
}

const SCHEMES = ['postgres', 'postgresql']

/** @throws `invalid-input`; no error holds an address or a password */
export function postgresConnection(what: string, server: Server, env: Environment): PostgresConnection {
  return connectionTo(what, addressOf(what, server, env, SCHEMES))
}

/** @throws `invalid-input`; no error holds a part of the address */
export function postgresConnectionOf(what: string, url: string): PostgresConnection {
  return connectionTo(what, parseAddress(what, url, SCHEMES))
}

/**
 * The variable of each parameter of an address: PostgreSQL's documentation, "Environment Variables" of libpq. Host, user and so on
 * may stand behind the `?`, too.
 */
const VARIABLES: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  service: 'PGSERVICE',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  load_balance_hosts: 'PGLOADBALANCEHOSTS',
  channel_binding: 'PGCHANNELBINDING',
  require_auth: 'PGREQUIREAUTH',
  requirepeer: 'PGREQUIREPEER',
  sslmode: 'PGSSLMODE',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslcompression: 'PGSSLCOMPRESSION',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslrootcert: 'PGSSLROOTCERT',
  sslcrl: 'PGSSLCRL',
  sslcrldir: 'PGSSLCRLDIR',
  sslsni: 'PGSSLSNI',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  gssencmode: 'PGGSSENCMODE',
  gsslib: 'PGGSSLIB',
  gssdelegation: 'PGGSSDELEGATION',
  krbsrvname: 'PGKRBSRVNAME',
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

/** A server that swallows packets would otherwise be waited for two minutes, again and again. */
const CONNECT_TIMEOUT_SECONDS = '30'

function connectionTo(what: string, address: Address): PostgresConnection {
  const { hosts, user, password, database } = address
  const named = {
    ...(hosts.length === 0 ? {} : { PGHOST: hosts.map(({ host }) => host).join(',') }),
    ...(hosts.some(({ port }) => port !== '') ? { PGPORT: hosts.map(({ port }) => port).join(',') } : {}),
    ...(user === undefined ? {} : { PGUSER: user }),
    ...(password === undefined ? {} : { PGPASSWORD: password }),
    ...(database === undefined ? {} : { PGDATABASE: database }),
    ...variablesOf(what, address.parameters),
  } as Record<string, string>
  const { PGDATABASE: db, ...env } = named
  return {
    // Words of errors are looked at, so they must be English.
    env: { PGCONNECT_TIMEOUT: CONNECT_TIMEOUT_SECONDS, ...env, LC_ALL: 'C' },
    database: db,
    host: env['PGHOST'],
    port: env['PGPORT'],
    secrets: env['PGPASSWORD'] === undefined ? [] : [env['PGPASSWORD']],
  }
}

/**
 * Parameters that libpq doesn't know are other clients' affair (Prisma's `schema`, a pool's size) and left out; but not those on
 * encryption and authentication: leaving them out could weaken what was asked for.
 */
function variablesOf(what: string, parameters: ReadonlyMap<string, string>): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [name, value] of parameters) {
    const variable = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined
    if (name === 'ssl' && value === 'true') variables['PGSSLMODE'] = 'require'
    else if (variable !== undefined) variables[variable] = value
    else if (/^ssl|^gss|^krb|auth/i.test(name)) {
      throw invalidInput(`${what} has the parameter ${name.slice(0, 40)}, which PostgreSQL's programs can't be given.`)
    }
  }
  const mode = variables['PGSSLMODE']
  if (mode !== undefined && !SSL_MODES.includes(mode)) {
    throw invalidInput(
      `${what} has an sslmode that PostgreSQL doesn't know; allowed is one of ${SSL_MODES.join(', ')}.`,
    )
  }
  return variables
}
