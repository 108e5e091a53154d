import { BackupError } from '../../failure.ts'
import type { Place } from '../../places/place.ts'
import { ownWords, sourceFailed } from '../programs.ts'
import { findAnyClient, type MysqlProgram, type ServerVersion } from './clients.ts'
import type { MysqlConnection } from './connection.ts'

/** A server that can be asked, with the client that asks it. */
export interface Session {
  place: Place
  connection: MysqlConnection
  client: MysqlProgram
  /** Begins a sentence on the server: `The source 3-mysql (local)`. */
  what: string
}

/** @throws `client-missing`; the server isn't asked anything yet */
export async function openSession(place: Place, connection: MysqlConnection, what: string): Promise<Session> {
  return { place, connection, what, client: await findAnyClient(place, what) }
}

/** Most that an answer may have. */
const ANSWER_BYTES = 64 * 1024 * 1024

/**
 * Rows of fields. The statements are given on standard input.
 *
 * @throws `source-failed` in the server's own words
 */
export async function queryRows(session: Session, sql: string, database?: string): Promise<string[][]> {
  const { place, client, connection, what } = session
  const format = ['--batch', '--skip-column-names', '--default-character-set=utf8mb4', '--connect-timeout=30']
  const finished = await place.run({
    argv: [
      client.path,
      ...connection.args(client.family),
      ...format,
      ...(database === undefined ? [] : ['--', database]),
    ],
    env: connection.env,
    stdin: Buffer.from(`${sql}\n;\n`),
    captureBytes: ANSWER_BYTES,
  })
  if (finished.code !== 0) throw sourceFailed(what, ownWords(finished, connection.secrets))
  const lines = finished.stdout.toString().split('\n').slice(0, -1)
  return lines.map((line) => line.split('\t').map(unescaped))
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '0': '\0', '\\': '\\' }

/** Of the client's --batch. */
function unescaped(field: string): string {
  return field.replace(/\\(.)/g, (whole, character: string) => ESCAPES[character] ?? whole)
}

/** What it is, on a connection as it was asked for. Throws `source-failed`. */
export async function serverVersion(session: Session): Promise<ServerVersion> {
  const [[version = ''] = []] = await queryRows(session, 'SELECT VERSION()')
  // Replication's own prefix of MariaDB 10.
  const text = /^\d+(?:\.\d+)+/.exec(version.replace(/^5\.5\.5-(?=\d)/, ''))?.[0]
  if (text === undefined) {
    throw new BackupError('source-failed', `${session.what} doesn't tell its version as MySQL and MariaDB do.`)
  }
  if (session.connection.mustEncrypt) await refuseUnencrypted(session)
  return { text, family: /mariadb/i.test(version) ? 'mariadb' : 'mysql' }
}

async function refuseUnencrypted(session: Session): Promise<void> {
  const [[, cipher = ''] = []] = await queryRows(session, `SHOW SESSION STATUS LIKE 'Ssl_cipher'`)
  if (cipher !== '') return
  throw new BackupError(
    'source-failed',
    `${session.what} doesn't encrypt its connections, which the address's ssl-mode asks for.`,
    {
      remedy: 'Turn TLS on at the server, or set ssl-mode=DISABLED where nobody else is on the way.',
    },
  )
}

/** For SQL: with backslashes doubled, as every SQL mode but NO_BACKSLASH_ESCAPES reads it. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}
