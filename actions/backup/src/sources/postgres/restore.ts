import { Readable } from 'node:stream'
import { BackupError } from '../../failure.ts'
import type { Place } from '../../places/place.ts'
import { ownWords, sourceFailed } from '../programs.ts'
import { checkedDump, type RestoreStream, refuseFiles } from '../restore.ts'
import type { SourceFacts } from '../stream.ts'
import { adaptDump, adaptRoles, type Reader } from './adapt.ts'
import { type PostgresConnection, postgresConnectionOf } from './connection.ts'
import { SCRIPT_END } from './databases-script.ts'
import { CLUSTER_END, DUMP_END } from './prepare.ts'
import {
  environmentFor,
  homeDatabase,
  openSession,
  PSQL_ARGUMENTS,
  queryJson,
  queryRows,
  queryText,
  type Session,
  serverVersion,
  systemIdentifier,
} from './session.ts'

/** A server or database to restore into, and the place whose psql does it. */
export interface PostgresTarget {
  place: Place
  connection: PostgresConnection
}

/** A target by its address. Throws `invalid-input`; no error holds a part of the address. */
export function postgresTargetOf(place: Place, what: string, url: string): PostgresTarget {
  return { place, connection: postgresConnectionOf(what, url) }
}

/**
 * Restores a whole server: roles, databases, and what is in them, in the order of the streams. Roles that are there stay, and get
 * what the backup says of them but for the one that restores; databases that are there must be empty, which is looked
 * at before anything is written.
 *
 * @throws `invalid-input` for files of a server, `not-empty`, `corrupt` for a stream without its end, `source-failed` when the server refuses, `client-missing`
 */
export async function restorePostgres(target: PostgresTarget, streams: readonly RestoreStream[]): Promise<void> {
  refuseFiles(streams)
  const session = await sessionOf(target)
  const names = streams.filter(({ role }) => role === 'database').map(({ name }) => name)
  const there = await queryJson<string[]>(session, homeDatabase(session), DATABASES)
  for (const name of names.filter((one) => there.includes(one))) await refuseContent(session, name)
  const reader = await readerOf(session)
  for (const stream of streams) await restoreStream(session, reader, stream)
}

/**
 * Restores one dump into the one, empty database that the address names.
 *
 * @param original the database that the dump is of, where the target must be another one: for a rehearsal
 * @throws `invalid-input` when the target is the original; else as `restorePostgres`
 */
export async function restorePostgresDatabase(
  target: PostgresTarget,
  dump: () => Promise<Readable>,
  original?: { name: string; facts: SourceFacts },
): Promise<void> {
  const session = await sessionOf(target)
  const name = await queryText(session, homeDatabase(session), 'SELECT current_database()')
  if (original !== undefined && (await isOriginal(session, name, original))) {
    throw new BackupError(
      'invalid-input',
      `The database ${JSON.stringify(name)} to rehearse in is the one that the backup is of.`,
      {
        remedy: 'Name an empty database of another server.',
      },
    )
  }
  await refuseContent(session, name)
  await restoreStream(session, await readerOf(session), { name, role: 'database', open: dump })
}

/**
 * The one value that a query gives. It runs in a transaction that can't write.
 *
 * @throws `assertion-failed` when it gives no row, or more than one value; `source-failed` when it fails
 */
export async function queryPostgresScalar(target: PostgresTarget, sql: string): Promise<string> {
  const session = await sessionOf(target)
  const options = [session.connection.env['PGOPTIONS'], '-c default_transaction_read_only=on'].filter(Boolean).join(' ')
  const connection = { ...session.connection, env: { ...session.connection.env, PGOPTIONS: options } }
  const rows = await queryRows({ ...session, connection }, homeDatabase(session), sql)
  const [value] = rows[0] ?? []
  if (value !== undefined && rows.flat().length === 1) return value
  throw new BackupError(
    'assertion-failed',
    `The query gives ${rows.length} rows of ${rows[0]?.length ?? 0} values; it must give one value.`,
  )
}

function sessionOf({ place, connection }: PostgresTarget): Promise<Session> {
  const { host, port } = connection
  const server = host === undefined ? '' : ` at ${host}${port === undefined ? '' : `:${port}`}`
  return openSession(place, connection, `The PostgreSQL server${server} to restore into`)
}

async function isOriginal(
  session: Session,
  name: string,
  original: { name: string; facts: SourceFacts },
): Promise<boolean> {
  if (name !== original.name) return false
  const { identity, host, port = '5432' } = original.facts
  const own = await systemIdentifier(session)
  if (identity !== undefined && own !== undefined) return identity === own
  const { connection } = session
  return connection.host === host && (connection.port ?? '5432') === port
}

const DATABASES = `SELECT coalesce(json_agg(datname), '[]') FROM pg_catalog.pg_database WHERE datallowconn`

/** Up to three things in a database that neither a new one nor an extension has. */
const CONTENT = `
SELECT coalesce(json_agg(name), '[]') FROM (
  SELECT name FROM (
    SELECT oid, 'pg_class'::regclass AS catalogue, relnamespace AS schema, format('the relation %s', relname) AS name FROM pg_catalog.pg_class
    UNION ALL SELECT oid, 'pg_proc'::regclass, pronamespace, format('the function %s', proname) FROM pg_catalog.pg_proc
    UNION ALL SELECT oid, 'pg_type'::regclass, typnamespace, format('the type %s', typname) FROM pg_catalog.pg_type
      WHERE typtype IN ('d', 'e', 'r')
    UNION ALL SELECT oid, 'pg_namespace'::regclass, oid, format('the schema %s', nspname) FROM pg_catalog.pg_namespace
      WHERE nspname <> 'public'
    UNION ALL SELECT oid, 'pg_largeobject'::regclass, 'public'::regnamespace, format('the large object %s', oid)
      FROM pg_catalog.pg_largeobject_metadata
  ) AS thing
  WHERE schema NOT IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = catalogue AND objid = thing.oid AND deptype = 'e')
  LIMIT 3
) AS found`

async function refuseContent(session: Session, name: string): Promise<void> {
  const content = await queryJson<string[]>(session, name, CONTENT)
  if (content.length === 0) return
  throw new BackupError(
    'not-empty',
    `The database ${JSON.stringify(name)} to restore into isn't empty: it has ${content.join(', ')}.`,
    {
      remedy: 'Restore into a new database, or remove what this one has.',
    },
  )
}

const GLOBALS_END: Readonly<Record<string, RegExp>> = { roles: CLUSTER_END, databases: SCRIPT_END }

async function restoreStream(session: Session, reader: Reader, { name, role, open }: RestoreStream): Promise<void> {
  const label = role === 'database' ? `the database ${JSON.stringify(name)}` : `the ${name}`
  const end = (role === 'globals' ? GLOBALS_END[name] : undefined) ?? DUMP_END
  const dump = checkedDump(await open(), end, label)
  const adapted = adaptDump(dump.bytes, reader)
  const script = role === 'globals' && name === 'roles' ? adaptRoles(adapted, await rolesOf(session)) : adapted
  const finished = await session.place.run({
    argv: [session.psql.path, ...PSQL_ARGUMENTS, '--output=/dev/null', '--file=-'],
    env: environmentFor(session, role === 'database' ? name : homeDatabase(session)),
    stdin: Readable.from(script, { objectMode: false }),
  })
  if (finished.code !== 0 && !dump.hasBroken()) {
    throw sourceFailed(
      `Restoring ${label}`,
      ownWords(finished, session.connection.secrets),
      'What came before it in the dump was restored.',
    )
  }
  dump.refusePart()
}

async function readerOf(session: Session): Promise<Reader> {
  return { psql: session.psql.version, server: (await serverVersion(session)).major }
}

async function rolesOf(session: Session): Promise<{ existing: string[]; current: string }> {
  return await queryJson(
    session,
    homeDatabase(session),
    `SELECT json_build_object('existing', (SELECT json_agg(quote_ident(rolname)) FROM pg_catalog.pg_roles), 'current', quote_ident(session_user))`,
  )
}
