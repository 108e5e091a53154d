import { Readable } from 'node:stream'
import type { Environment } from '../../../../../lib/process/environment.ts'
import { BackupError } from '../../failure.ts'
import type { Place } from '../../places/place.ts'
import { compareVersions, ownWords, sourceFailed, sourceName } from '../programs.ts'
import type { MysqlSource } from '../source.ts'
import { type Ending, programOutput, type SourceStream, type StreamPlan, startedStream } from '../stream.ts'
import { findClient, type MysqlProgram, productOf, type ServerVersion } from './clients.ts'
import { mysqlConnection } from './connection.ts'
import { identifier, literal, openSession, queryRows, type Session, serverVersion } from './session.ts'
import { type UsersScripts, usersScripts } from './users.ts'

/**
 * Looks at a MySQL or MariaDB server and says which streams a backup of it has: users, the empty databases, each database as SQL, and
 * rights on what is in them; or the server's files. A dump is one consistent moment
 * of its database's transactional tables.
 *
 * @throws `invalid-input`, `client-missing`, `client-version`, `source-failed`, `source-empty`; nothing was read yet but the catalogue
 */
export async function prepareMysql(source: MysqlSource, place: Place, env: Environment): Promise<StreamPlan> {
  const what = sourceName(source.id, place)
  const connection = mysqlConnection(what, source.server, env)
  const session = await openSession(place, connection, what)
  const version = await serverVersion(session)
  const databases = await listDatabases(session)
  const { streams, client, warnings } =
    source.method === 'mariabackup'
      ? await planCopy(session, version, databases)
      : await planDumps(source, session, version, databases)
  const facts = {
    product: productOf(version.family),
    version: version.text,
    client,
    ...(connection.host === undefined ? {} : { host: connection.host }),
    ...(connection.port === undefined ? {} : { port: connection.port }),
  }
  return { streams, facts, warnings }
}

interface Database {
  name: string
  bytes: number
}

const SYSTEM = ['information_schema', 'performance_schema', 'mysql', 'sys']

async function listDatabases(session: Session): Promise<Database[]> {
  const rows = await queryRows(
    session,
    `SELECT SCHEMA_NAME, (SELECT COALESCE(SUM(DATA_LENGTH), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA = SCHEMA_NAME)
     FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME`,
  )
  return rows
    .map(([name = '', bytes]) => ({ name, bytes: Number(bytes) || 0 }))
    .filter(({ name }) => !SYSTEM.includes(name.toLowerCase()))
}

interface Plan {
  streams: SourceStream[]
  warnings: string[]
  client: string
}

async function planDumps(
  source: MysqlSource,
  session: Session,
  version: ServerVersion,
  databases: readonly Database[],
): Promise<Plan> {
  const { place, what } = session
  const chosen = choose(what, source.databases, databases)
  const dump = await findClient(place, what, 'dump', version)
  const names = chosen.map(({ name }) => name)
  const users = await readUsers(session, version)
  return {
    streams: [
      ...(users === undefined ? [] : [textStream('users', users.users)]),
      textStream('databases', await databasesScript(session, names)),
      ...chosen.map(({ name, bytes }) => databaseStream(session, dump, version, name, bytes)),
      ...(users === undefined ? [] : [textStream('rights', users.rights)]),
    ],
    client: `${dump.path.split('/').at(-1)} ${dump.version}`,
    warnings: [
      ...(await inconsistentTables(session, names)),
      ...(users === undefined && source.databases === 'all'
        ? [`${what} doesn't let this user read who its users are; the backup has neither them nor their rights.`]
        : []),
    ],
  }
}

function choose(what: string, wanted: 'all' | readonly string[], databases: readonly Database[]): Database[] {
  if (wanted === 'all') {
    if (databases.length > 0) return [...databases]
    throw new BackupError('source-empty', `${what} has no database beside its own that this user can see.`)
  }
  const absent = wanted.filter((name) => !databases.some((database) => database.name === name))
  if (absent.length === 0) return databases.filter(({ name }) => wanted.includes(name))
  const there = databases.map(({ name }) => name).join(', ')
  throw sourceFailed(what, `it has no database ${absent.join(', ')} that this user can see; it has ${there || 'none'}.`)
}

async function databasesScript(session: Session, names: readonly string[]): Promise<string> {
  const queries = names.map((name) => `SHOW CREATE DATABASE IF NOT EXISTS ${identifier(name)};`)
  const rows = await queryRows(session, queries.join('\n'))
  const statements = rows.map(([, statement = '']) => `${statement};`)
  return `-- Databases, empty\n\nSET NAMES utf8mb4;\n${statements.join('\n')}\n\n-- Dump completed\n`
}

/** `--single-transaction` sees one moment of transactional tables only. */
async function inconsistentTables({ what, ...session }: Session, names: readonly string[]): Promise<string[]> {
  const rows = await queryRows(
    { what, ...session },
    `SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES
     WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA IN (${names.map(literal).join(', ')})
       AND ENGINE IN (SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'NO') ORDER BY 1, 2`,
  )
  if (rows.length === 0) return []
  const some = rows.slice(0, 5).map(([schema, table, engine]) => `${schema}.${table} (${engine})`)
  const more = rows.length > some.length ? ` and ${rows.length - some.length} more` : ''
  return [
    `${what} has tables without transactions: ${some.join(', ')}${more}. Each was read at a moment of its own; what they say of each other may not fit.`,
  ]
}

function textStream(name: string, text: string): SourceStream {
  const bytes = Buffer.from(text)
  const start: SourceStream['start'] = () => startedStream(Readable.from([bytes]))
  return { name, role: 'globals', extension: 'sql', estimate: bytes.length, start }
}

/** Everything of one database. The database itself isn't made, so that a dump fits into one of any name. */
function databaseStream(
  session: Session,
  dump: MysqlProgram,
  server: ServerVersion,
  name: string,
  estimate: number,
): SourceStream {
  const options = [
    '--single-transaction',
    '--quick',
    '--routines',
    '--triggers',
    '--events',
    '--hex-blob',
    '--default-character-set=utf8mb4',
    '--max-allowed-packet=1G',
    // Those of MySQL need a right that has nothing to do with the data.
    '--no-tablespaces',
    ...(dump.family === 'mysql' ? mysqlOptions(server) : mariadbOptions(dump, server)),
  ]
  const label = `${dump.path.split('/').at(-1)} of the database ${JSON.stringify(name)}`
  const output = (): AsyncGenerator<Buffer> => outputOf(session, dump, [...options, '--', name], label, hasDumpEnd)
  return {
    name,
    role: 'database',
    extension: 'sql',
    estimate,
    start: () => startedStream(portable(output(), `-- Database ${JSON.stringify(name)}\n`)),
  }
}

function mysqlOptions(server: ServerVersion): string[] {
  // Servers before 8.0 have no such table.
  return ['--set-gtid-purged=OFF', ...(compareVersions(server.text, '8.0') < 0 ? ['--column-statistics=0'] : [])]
}

/** Old rows of tables with system versioning, which only servers and clients since 10.11 can bring back. */
function mariadbOptions(dump: MysqlProgram, server: ServerVersion): string[] {
  return [dump, { version: server.text }].every(({ version }) => compareVersions(version, '10.11') >= 0)
    ? ['--dump-history']
    : []
}

/** Nobody's users are worth failing for where they can't be read: then `undefined`. */
async function readUsers(session: Session, server: ServerVersion): Promise<UsersScripts | undefined> {
  const mayRead = await queryRows(session, 'SELECT COUNT(*) FROM mysql.user').then(
    () => true,
    () => false,
  )
  return mayRead ? await usersScripts(session, server.family) : undefined
}

/** The last line of a dump, with or without its time. */
export const DUMP_END = /\n-- Dump completed[^\n]*\n$/

function hasDumpEnd({ tail }: Ending): boolean {
  return DUMP_END.test(tail.toString('latin1'))
}

/**
 * Since May 2024 mariadb-dump begins with a command that makes `mariadb` refuse to run programs; older ones and all of MySQL
 * stop there with an error. We leave it out and give --sandbox when we restore (MDEV-21178).
 */
const SANDBOX_LINE = /^\/\*M?!999999\\- enable the sandbox mode \*\/ *\n/

/** A dump that every client reads, with a first line that says what it is. */
async function* portable(dump: AsyncIterable<Buffer>, title: string): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of dump) {
    if (head === undefined) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (!head.includes('\n')) continue
    const length = SANDBOX_LINE.exec(head.subarray(0, 200).toString('latin1'))?.[0].length ?? 0
    yield Buffer.concat([Buffer.from(title), head.subarray(length)])
    head = undefined
  }
  if (head !== undefined && head.length > 0) yield head
}

function outputOf(
  { place, connection, what }: Session,
  { path, family }: MysqlProgram,
  args: readonly string[],
  label: string,
  isWhole: (ending: Ending) => boolean,
): AsyncGenerator<Buffer> {
  const argv = [path, ...connection.args(family), ...args] as const
  return programOutput(
    () => place.start({ argv, env: connection.env }),
    (ending) => {
      if (ending.code !== 0) throw sourceFailed(what, `${label}: ${ownWords(ending, connection.secrets)}`)
      if (ending.bytes === 0) throw new BackupError('source-empty', `${what} gave nothing: ${label} wrote no byte.`)
      if (isWhole(ending)) return
      throw sourceFailed(what, `${label} ended with code 0, but without the mark at the end of all it writes.`)
    },
  )
}

/**
 * The server's files, as mariadb-backup copies them while the server runs; it has to run where the server does, as a user who may read
 * them. To bring them back: `mbstream -x`, `mariadb-backup --prepare`, `mariadb-backup --copy-back`, all of the same version.
 */
async function planCopy(session: Session, version: ServerVersion, databases: readonly Database[]): Promise<Plan> {
  const { place, what } = session
  const program = await findClient(place, what, 'backup', version)
  const estimate = databases.reduce((sum, { bytes }) => sum + bytes, 0)
  const args = ['--backup', '--stream=mbstream']
  // Its stream has no end of its own.
  const isWhole = ({ stderr }: Ending): boolean => /completed OK!\s*$/.test(stderr)
  const stream: SourceStream = {
    name: 'base',
    role: 'basebackup',
    extension: 'mbstream',
    estimate,
    start: () => startedStream(outputOf(session, program, args, 'mariadb-backup', isWhole)),
  }
  return { streams: [stream], client: `mariadb-backup ${program.version}`, warnings: [] }
}
