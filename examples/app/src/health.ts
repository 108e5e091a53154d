import type { FastifyInstance } from 'fastify'
import type { Pool } from 'pg'

/** What the process is about; the database is another matter. */
export interface Lifecycle {
  phase: 'starting' | 'serving' | 'stopping'
}

export type Readiness = { kind: 'ready' } | { kind: 'not-ready'; reason: string }

/**
 * Adds the probes. `/healthz`: the process answers; it asks nothing else, as restarting a replica doesn't bring a
 * database back. `/readyz`: requests would be served.
 */
export function addProbes(app: FastifyInstance, readiness: () => Promise<Readiness>): void {
  app.get('/healthz', async () => ({ status: 'alive' }))
  app.get('/readyz', async (_request, reply) => {
    const state = await readiness()
    if (state.kind === 'not-ready') reply.code(503)
    return state.kind === 'ready' ? { status: 'ready' } : { status: 'not ready', reason: state.reason }
  })
}

/**
 * Tells whether this replica is ready.
 *
 * @param pool one with a connection of its own: a pool that is busy is no reason to send the traffic to other replicas,
 *   which are just as busy
 * @param migration the last one that this version needs
 */
export function readinessOf(lifecycle: Lifecycle, pool: Pool, migration: string): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined
  return async () => {
    if (lifecycle.phase !== 'serving') return { kind: 'not-ready', reason: lifecycle.phase }
    // Callers at the same time share one question to the database, so that nobody can make the probe wait in a queue.
    running ??= askDatabase(pool, migration).finally(() => {
      running = undefined
    })
    return running
  }
}

async function askDatabase(pool: Pool, migration: string): Promise<Readiness> {
  try {
    const { rowCount } = await pool.query('SELECT FROM schema_migrations WHERE name = $1', [migration])
    return rowCount === 1 ? { kind: 'ready' } : { kind: 'not-ready', reason: `${migration} is missing` }
  } catch {
    return { kind: 'not-ready', reason: 'the database does not answer' }
  }
}
