import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { connectionTo } from './database.ts'

export interface Migration {
  /** The file's name */
  name: string
  sql: string
  /** SHA-256 of the file, hexadecimal */
  checksum: string
}

/** Any number will do, as long as nothing else takes the same advisory lock in this database. */
const lockKey = 7_305_177

/** Reads `*.sql` of a folder, in the order of their names. */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

/**
 * Brings the database to the last migration: all that are missing, or none. Replicas that start at once wait for each
 * other. Migrations that the database has and this version doesn't know are left alone: a newer version made them, and
 * an older one has to work beside it.
 *
 * @param signal ends the wait and rolls back
 * @returns the names of those that were applied
 * @throws Error when an applied migration has been changed since, or what PostgreSQL says
 */
export async function migrate(
  databaseUrl: string,
  migrations: readonly Migration[],
  signal: AbortSignal,
): Promise<string[]> {
  signal.throwIfAborted()
  const client = new Client(connectionTo(databaseUrl, 5000))
  // The running statement fails with the same error; without a listener it would end the process.
  client.on('error', () => {})
  const abort = (): void => void client.end()
  signal.addEventListener('abort', abort)
  try {
    await client.connect()
    return await applyMissing(client, migrations)
  } finally {
    signal.removeEventListener('abort', abort)
    await client.end()
  }
}

async function applyMissing(client: Client, migrations: readonly Migration[]): Promise<string[]> {
  await client.query('BEGIN')
  await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey])
  // A migration that waits for a long query makes all later queries wait behind it: better to give up and try again.
  await client.query("SET LOCAL lock_timeout = '5s'")
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations',
  )
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]))
  const changed = migrations.find(({ name, checksum }) => (applied.get(name) ?? checksum) !== checksum)
  if (changed !== undefined) throw new ChangedMigration(`${changed.name} was changed after it had been applied`)
  const missing = migrations.filter(({ name }) => !applied.has(name))
  for (const { name, sql, checksum } of missing) {
    await client.query(sql)
    await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [name, checksum])
  }
  await client.query('COMMIT')
  return missing.map(({ name }) => name)
}

/** The files and the database contradict each other: waiting doesn't help. */
export class ChangedMigration extends Error {}
