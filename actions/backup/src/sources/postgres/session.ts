import { BackupError } from '../../failure.ts'
import type { Place } from '../../places/place.ts'
import { ownWords, sourceFailed } from '../programs.ts'
import { findPsql } from './clients.ts'
import type { PostgresConnection } from './connection.ts'

/** A server that can be asked, with the psql that asks it. */
export interface Session {
  place: Place
  connection: PostgresConnection
  psql: { path: string; version: string }
  /** Begins a sentence on the server: `The source 2-postgres (local)`. */
  what: string
}

/** @throws `client-missing`; the server isn't asked anything yet */
export async function openSession(place: Place, connection: PostgresConnection, what: string): Promise<Session> {
  return { place, connection, what, psql: await findPsql(place, what) }
}

/** The database that is asked about the server as a whole. */
export function homeDatabase({ connection }: Session): string {
  return connection.database ?? 'postgres'
}

export const PSQL_ARGUMENTS = ['--no-psqlrc', '--no-password', '--quiet', '--set=ON_ERROR_STOP=1'] as const

/** Names stand in the environment: as an argument `a=b` would be a connection string. */
export function environmentFor({ connection }: Session, database: string): Record<string, string> {
  return { ...connection.env, PGDATABASE: database }
}

/**
 * The one value that a query gives, as text; its NULL is an empty text. The query is given on standard input.
 *
 * @throws `source-failed` in the server's own words
 */
export async function queryText(session: Session, database: string, sql: string): Promise<string> {
  const rows = await queryRows(session, database, sql)
  return rows[0]?.[0] ?? ''
}

/** The value of a query that gives one JSON value. */
export async function queryJson<T>(session: Session, database: string, sql: string): Promise<T> {
  return JSON.parse(await queryText(session, database, sql)) as T
}

/** Most that an answer may have: a server with tens of thousands of databases. */
const ANSWER_BYTES = 64 * 1024 * 1024

const UNIT = '\x1f'
const RECORD = '\x1e'

/** Rows of fields, as text. */
export async function queryRows(session: Session, database: string, sql: string): Promise<string[][]> {
  const { place, psql, what, connection } = session
  const format = ['--tuples-only', '--no-align', `--field-separator=${UNIT}`, `--record-separator=${RECORD}`]
  const finished = await place.run({
    argv: [psql.path, ...PSQL_ARGUMENTS, ...format, '--file=-'],
    env: { ...environmentFor(session, database), PGCLIENTENCODING: 'UTF8' },
    stdin: Buffer.from(`${sql}\n;\n`),
    captureBytes: ANSWER_BYTES,
  })
  if (finished.code !== 0) throw sourceFailed(what, ownWords(finished, connection.secrets))
  // The last row ends in a newline, whatever separates the others.
  const text = finished.stdout.toString()
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split(RECORD)
        .map((row) => row.split(UNIT))
}

export interface ServerVersion {
  /** `17.10` */
  text: string
  major: number
}

export async function serverVersion(session: Session): Promise<ServerVersion> {
  const [[number = '', text = ''] = []] = await queryRows(
    session,
    homeDatabase(session),
    `SELECT current_setting('server_version_num'), current_setting('server_version')`,
  )
  const [version] = text.split(' ')
  if (!/^\d{5,}$/.test(number) || version === undefined) {
    throw new BackupError('source-failed', `${session.what} doesn't tell its version as PostgreSQL does.`)
  }
  return { text: version, major: Math.floor(Number(number) / 10_000) }
}

/** What only a server and copies of its files have; `undefined` where the user may not ask. */
export async function systemIdentifier(session: Session): Promise<string | undefined> {
  try {
    return await queryText(
      session,
      homeDatabase(session),
      'SELECT system_identifier FROM pg_catalog.pg_control_system()',
    )
  } catch {
    return undefined
  }
}
