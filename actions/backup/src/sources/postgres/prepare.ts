import { Readable } from 'node:stream'
import type { Environment } from '../../../../../lib/process/environment.ts'
import { BackupError } from '../../failure.ts'
import type { Place, Running } from '../../places/place.ts'
import { ownWords, type Program, sourceFailed, sourceName } from '../programs.ts'
import type { PostgresSource } from '../source.ts'
import { type Ending, programOutput, type SourceStream, type StreamPlan, startedStream } from '../stream.ts'
import { findClient } from './clients.ts'
import { postgresConnection } from './connection.ts'
import { databasesScript } from './databases-script.ts'
import {
  environmentFor,
  homeDatabase,
  openSession,
  queryJson,
  type ServerVersion,
  type Session,
  serverVersion,
  systemIdentifier,
} from './session.ts'

/**
 * Looks at a PostgreSQL server and says which streams a backup of it has: roles and tablespaces (with `globals`), the empty databases,
 * then each database as plain SQL; or the server's files. A dump is one consistent moment of its database, but each database has
 * its own.
 *
 * @throws `invalid-input`, `client-missing`, `client-version`, `source-failed`, `source-empty`; nothing was read yet but the catalogue
 */
export async function preparePostgres(source: PostgresSource, place: Place, env: Environment): Promise<StreamPlan> {
  const what = sourceName(source.id, place)
  const connection = postgresConnection(what, source.server, env)
  const [first] = source.databases === 'all' ? [] : source.databases
  // Somebody whose rights end at one database may not be let into any other.
  const database = connection.database ?? first
  const session = await openSession(place, { ...connection, database }, what)
  const version = await serverVersion(session)
  const overview = await queryJson<Overview>(session, homeDatabase(session), OVERVIEW)
  const { streams, client, warnings } =
    source.method === 'basebackup'
      ? await planBaseBackup(session, version, overview)
      : await planDumps(source, session, version, overview)
  const facts = {
    product: 'PostgreSQL',
    version: version.text,
    client,
    ...defined('identity', await systemIdentifier(session)),
    ...defined('host', connection.host),
    ...defined('port', connection.port),
  }
  return { streams, facts, warnings }
}

interface Overview {
  readsPasswords: boolean
  /** Beside the two that every server has. */
  tablespaces: number
  databases: { name: string; connectable: boolean; bytes: number | null }[]
}

/** A database whose removal was interrupted has the connection limit -2, and nobody may connect. */
const OVERVIEW = `
SELECT json_build_object(
  'readsPasswords', has_table_privilege('pg_catalog.pg_authid', 'SELECT'),
  'tablespaces', (SELECT count(*) FROM pg_catalog.pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')),
  'databases', (SELECT coalesce(json_agg(json_build_object('name', datname, 'connectable', datallowconn AND datconnlimit <> -2,
      'bytes', CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END) ORDER BY datname), '[]')
    FROM pg_catalog.pg_database WHERE datname NOT IN ('template0', 'template1')))`

interface Plan {
  streams: SourceStream[]
  warnings: string[]
  client: string
}

async function planDumps(
  source: PostgresSource,
  session: Session,
  version: ServerVersion,
  overview: Overview,
): Promise<Plan> {
  const { place, what } = session
  const chosen = choose(what, source.databases, overview)
  const dump = await findClient(place, what, 'pg_dump', version.text)
  const script = await databasesScript(
    session,
    homeDatabase(session),
    chosen.map(({ name }) => name),
  )
  const globals = source.globals
    ? [globalsStream(session, await findClient(place, what, 'pg_dumpall', version.text), overview.readsPasswords)]
    : []
  return {
    streams: [
      ...globals,
      scriptStream(script),
      ...chosen.map(({ name, bytes }) => databaseStream(session, dump, name, bytes ?? 0)),
    ],
    client: `pg_dump ${dump.version}`,
    warnings:
      source.globals && !overview.readsPasswords
        ? [`${what} keeps the passwords of its roles from this user; the backup has the roles without them.`]
        : [],
  }
}

function choose(what: string, wanted: 'all' | readonly string[], { databases }: Overview): Overview['databases'] {
  const connectable = databases.filter((database) => database.connectable)
  if (wanted === 'all') {
    if (connectable.length > 0) return connectable
    throw new BackupError('source-empty', `${what} has no database that lets anybody connect.`)
  }
  const absent = wanted.filter((name) => !connectable.some((database) => database.name === name))
  if (absent.length === 0) return connectable.filter(({ name }) => wanted.includes(name))
  const there = connectable.map(({ name }) => name).join(', ')
  throw sourceFailed(what, `it has no database ${absent.join(', ')} to connect to; it has ${there || 'none'}.`)
}

function scriptStream(script: string): SourceStream {
  const bytes = Buffer.from(script)
  return {
    name: 'databases',
    role: 'globals',
    extension: 'sql',
    estimate: bytes.length,
    start: () => startedStream(Readable.from([bytes])),
  }
}

/** A table that somebody keeps locked must not keep the backup until the job's end. */
const LOCK_WAIT_MS = 600_000

function databaseStream(session: Session, { path }: Program, name: string, estimate: number): SourceStream {
  const argv = [path, '--format=plain', '--no-password', `--lock-wait-timeout=${LOCK_WAIT_MS}`] as const
  const label = `pg_dump of the database ${JSON.stringify(name)}`
  return {
    name,
    role: 'database',
    extension: 'sql',
    estimate,
    start: () => startedStream(withTitle(name, output(session, argv, name, label, DUMP_END))),
  }
}

/** Tells which database it is to who has nothing but the file. */
async function* withTitle(name: string, dump: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const title = Buffer.from(`-- Database ${JSON.stringify(name)}\n`)
  let isFirst = true
  for await (const chunk of dump) {
    yield isFirst ? Buffer.concat([title, chunk]) : chunk
    isFirst = false
  }
}

function globalsStream(session: Session, { path }: Program, readsPasswords: boolean): SourceStream {
  const passwords = readsPasswords ? [] : ['--no-role-passwords']
  const argv = [path, '--globals-only', '--no-password', ...passwords] as const
  const database = homeDatabase(session)
  return {
    name: 'roles',
    role: 'globals',
    extension: 'sql',
    estimate: 0,
    // Without a name it connects to `postgres`, which may not be there.
    start: () =>
      startedStream(
        output(session, [...argv, `--database=${conninfo(database)}`], database, 'pg_dumpall', CLUSTER_END),
      ),
  }
}

/** pg_dumpall takes the name of the database as an argument only; as a part of a connection string every name will do. */
function conninfo(database: string): string {
  return `dbname='${database.replace(/[\\']/g, '\\$&')}'`
}

/** Followed by an \unrestrict since the releases of August 2025. */
export const DUMP_END = /\n-- PostgreSQL database dump complete\n--\n\s*(?:\\unrestrict \w+\s*)?$/
export const CLUSTER_END = /\n-- PostgreSQL database cluster dump complete\n--\n\s*(?:\\unrestrict \w+\s*)?$/

function output(
  session: Session,
  argv: readonly [string, ...string[]],
  database: string,
  label: string,
  end: RegExp,
): AsyncGenerator<Buffer> {
  const start = (): Running => session.place.start({ argv, env: environmentFor(session, database) })
  return programOutput(start, (ending) => {
    refuseFailure(session, label, ending)
    if (end.test(ending.tail.toString('latin1'))) return
    throw sourceFailed(session.what, `${label} ended with code 0, but without the mark at the end of all it writes.`)
  })
}

function refuseFailure({ what, connection }: Session, label: string, ending: Ending): void {
  if (ending.code !== 0) {
    const words = `${label}: ${ownWords(ending, connection.secrets)}`
    throw sourceFailed(what, words, remedyFor(ending.stderr))
  }
  if (ending.bytes === 0) throw new BackupError('source-empty', `${what} gave nothing: ${label} wrote no byte.`)
}

function remedyFor(stderr: string): string | undefined {
  if (/permission denied/i.test(stderr)) {
    return 'Let a role read that has the rights for all of it: a superuser, or a member of pg_read_all_data; roles themselves (globals) need a superuser.'
  }
  return undefined
}

async function planBaseBackup(session: Session, version: ServerVersion, overview: Overview): Promise<Plan> {
  const { place, what } = session
  if (overview.tablespaces > 0) {
    throw sourceFailed(
      what,
      'it has tablespaces of its own, which pg_basebackup can write only into folders.',
      'Use method: dump for it.',
    )
  }
  const program = await findClient(place, what, 'pg_basebackup', version.text)
  const estimate = overview.databases.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
  return {
    streams: [baseBackupStream(session, program, estimate)],
    client: `pg_basebackup ${program.version}`,
    warnings: [],
  }
}

/** The log that makes the files consistent is in the same tar (`--wal-method=fetch`), since one stream can't hold two. */
function baseBackupStream(session: Session, { path }: Program, estimate: number): SourceStream {
  const argv = [path, '--pgdata=-', '--format=tar', '--wal-method=fetch', '--checkpoint=fast', '--no-password'] as const
  return {
    name: 'base',
    role: 'basebackup',
    extension: 'tar',
    estimate,
    start: () => startedStream(output(session, argv, homeDatabase(session), 'pg_basebackup', TAR_END)),
  }
}

/** Two empty blocks of 512 bytes. */
const TAR_END = /^\0{1024}$/

function defined<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string }
}
