import { Readable } from 'node:stream'
import { BackupError } from '../../failure.ts'
import type { Place } from '../../places/place.ts'
import { ownWords, sourceFailed } from '../programs.ts'
import { checkedDump, type RestoreStream, refuseFiles } from '../restore.ts'
import { findClient, knowsSandbox, type MysqlProgram } from './clients.ts'
import { type MysqlConnection, mysqlConnectionOf } from './connection.ts'
import { DUMP_END } from './prepare.ts'
import { literal, openSession, queryRows, type Session, serverVersion } from './session.ts'

/** A server or database to restore into, and the place whose client does it. */
export interface MysqlTarget {
  place: Place
  connection: MysqlConnection
}

/** A target by its address. Throws `invalid-input`; no error holds a part of the address. */
export function mysqlTargetOf(place: Place, what: string, url: string): MysqlTarget {
  return { place, connection: mysqlConnectionOf(what, url) }
}

/**
 * Restores a whole server in the order of the streams. Users that are there keep their passwords; databases that are there must be
 * empty, which is looked at before anything is written.
 *
 * @throws `invalid-input` for files of a server, `not-empty`, `corrupt` for a stream without its end, `source-failed` when the server refuses, `client-missing`, `client-version`
 */
export async function restoreMysql(target: MysqlTarget, streams: readonly RestoreStream[]): Promise<void> {
  refuseFiles(streams)
  const session = await sessionOf(target)
  for (const { name, role } of streams) if (role === 'database') await refuseContent(session, name)
  for (const stream of streams) await restoreStream(session, stream)
}

/**
 * Restores one dump into the one, empty database that the address names.
 *
 * @param original name of the database that the dump is of, for a rehearsal: then the target's server may have no other database of that
 *   name, since a dump's statements on collations (ALTER DATABASE around old routines) name the database that they are of
 * @throws `invalid-input` when the address names no database, or is of a server with the original; else as `restoreMysql`
 */
export async function restoreMysqlDatabase(
  target: MysqlTarget,
  dump: () => Promise<Readable>,
  original?: { name: string },
): Promise<void> {
  const session = await sessionOf(target)
  const name = target.connection.database
  if (name === undefined) {
    throw new BackupError('invalid-input', 'The address to restore a MySQL database into names no database.')
  }
  if (original !== undefined && original.name !== name && (await exists(session, original.name))) {
    throw new BackupError(
      'invalid-input',
      `The server to rehearse on has a database ${JSON.stringify(original.name)}, as the backup's own server has.`,
      { remedy: 'Name an empty database of another server.' },
    )
  }
  await refuseContent(session, name)
  await restoreStream(session, { name, role: 'database', open: dump })
}

/**
 * The one value that a query gives; its NULL is the text `NULL`.
 *
 * @throws `assertion-failed` when it gives no row, or more than one value; `source-failed` when it fails
 */
export async function queryMysqlScalar(target: MysqlTarget, sql: string): Promise<string> {
  const session = await sessionOf(target)
  const rows = await queryRows(session, `SET SESSION TRANSACTION READ ONLY;\n${sql}`, target.connection.database)
  const [value] = rows[0] ?? []
  if (value !== undefined && rows.flat().length === 1) return value
  throw new BackupError(
    'assertion-failed',
    `The query gives ${rows.length} rows of ${rows[0]?.length ?? 0} values; it must give one value.`,
  )
}

async function sessionOf({ place, connection }: MysqlTarget): Promise<Session> {
  const { host, port } = connection
  const server = host === undefined ? '' : ` at ${host}${port === undefined ? '' : `:${port}`}`
  const what = `The MySQL server${server} to restore into`
  const session = await openSession(place, connection, what)
  return { ...session, client: await findClient(place, what, 'client', await serverVersion(session)) }
}

async function exists(session: Session, name: string): Promise<boolean> {
  const rows = await queryRows(
    session,
    `SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${literal(name)}`,
  )
  return rows.length > 0
}

async function refuseContent(session: Session, name: string): Promise<void> {
  const of = literal(name)
  const rows = await queryRows(
    session,
    `SELECT CONCAT('the table ', TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${of}
     UNION ALL SELECT CONCAT('the routine ', ROUTINE_NAME) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ${of}
     UNION ALL SELECT CONCAT('the event ', EVENT_NAME) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ${of} LIMIT 3`,
  )
  if (rows.length === 0) return
  throw new BackupError(
    'not-empty',
    `The database ${JSON.stringify(name)} to restore into isn't empty: it has ${rows.flat().join(', ')}.`,
    {
      remedy: 'Restore into a new database, or remove what this one has.',
    },
  )
}

/** `--binary-mode` keeps every byte, and the client's own commands out; `--sandbox`, too, where it is known. */
function argumentsFor({
  connection,
  client,
}: {
  connection: MysqlConnection
  client: MysqlProgram
}): [string, ...string[]] {
  const options = ['--batch', '--binary-mode', '--default-character-set=utf8mb4', '--max-allowed-packet=1G']
  return [client.path, ...connection.args(client.family), ...options, ...(knowsSandbox(client) ? ['--sandbox'] : [])]
}

async function restoreStream(session: Session, { name, role, open }: RestoreStream): Promise<void> {
  const label = role === 'database' ? `the database ${JSON.stringify(name)}` : `the ${name}`
  const dump = checkedDump(await open(), DUMP_END, label)
  const finished = await session.place.run({
    argv: [...argumentsFor(session), ...(role === 'database' ? ['--', name] : [])],
    env: session.connection.env,
    stdin: Readable.from(dump.bytes, { objectMode: false }),
  })
  if (finished.code !== 0 && !dump.hasBroken()) {
    const words = ownWords(finished, session.connection.secrets)
    throw sourceFailed(`Restoring ${label}`, words, 'What came before it in the dump was restored.')
  }
  dump.refusePart()
}
