import { type ClientConfig, DatabaseError, Pool, type QueryResultRow } from 'pg'
import type { Logger } from 'pino'

/** The database can't be reached, is too slow or is going down: the same request may succeed later. */
export class DatabaseUnavailable extends Error {}

export function connectionTo(databaseUrl: string, patienceMs: number): ClientConfig {
  return {
    connectionString: databaseUrl,
    application_name: 'bookings',
    connectionTimeoutMillis: patienceMs,
    keepAlive: true,
  }
}

/**
 * Opens a pool in which every wait has an end, so that a frozen database can't freeze the service.
 *
 * @param size the most connections that are open at once
 * @param patienceMs the longest wait for a connection, and again for an answer
 */
export function openPool(databaseUrl: string, size: number, patienceMs: number, log: Logger): Pool {
  const pool = new Pool({
    ...connectionTo(databaseUrl, patienceMs),
    max: size,
    idleTimeoutMillis: 30_000,
    statement_timeout: patienceMs,
    // For a server that doesn't even answer that it has timed out.
    query_timeout: patienceMs + 500,
  })
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'))
  return pool
}

/**
 * Runs one statement.
 *
 * @throws DatabaseUnavailable when that is the reason of the failure
 */
export async function query<Row extends QueryResultRow>(pool: Pool, text: string, values: unknown[]): Promise<Row[]> {
  try {
    const { rows } = await pool.query<Row>(text, values)
    return rows
  } catch (error) {
    throw isPassing(error) ? new DatabaseUnavailable('the database is unavailable', { cause: error }) : error
  }
}

/**
 * Whether a failure may pass by itself. Errors without an SQLSTATE come from the connection. Classes of SQLSTATE
 * (appendix A of PostgreSQL's manual): 08 connection, 25 transaction state (a standby that isn't promoted yet),
 * 28 and 3D role or database (while a backup is restored), 40 rollback, 53 resources, 55 object in use, 57 intervention
 * of an operator (shutdown, cancelled), 58 system.
 */
export function isPassing(error: unknown): boolean {
  return !(error instanceof DatabaseError) || /^(08|25|28|3D|40|53|55|57|58)/.test(error.code ?? '')
}
