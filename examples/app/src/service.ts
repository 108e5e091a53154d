import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import { bookingStore } from './bookings/store.ts'
import type { Config } from './config.ts'
import { isPassing, openPool } from './database.ts'
import { type Lifecycle, readinessOf } from './health.ts'
import { createMetrics, type Metrics, metricsServer } from './metrics.ts'
import { ChangedMigration, type Migration, migrate } from './migrations.ts'

export interface Service {
  app: FastifyInstance
  metricsApp: FastifyInstance
  pools: Pool[]
  metrics: Metrics
  lifecycle: Lifecycle
}

/** Starts to listen; the service is alive then, and ready only after `becomeReady`. */
export async function startService(config: Config, migrations: readonly Migration[], log: Logger): Promise<Service> {
  const pool = openPool(config.databaseUrl, config.poolSize, 5000, log)
  const probePool = openPool(config.databaseUrl, 1, 1000, log)
  const metrics = createMetrics(pool, config.version)
  const lifecycle: Lifecycle = { phase: 'starting' }
  const readiness = readinessOf(lifecycle, probePool, migrations.at(-1)?.name ?? '')
  const app = buildApp({ log, store: bookingStore(pool), metrics, lifecycle, readiness, fault: config.fault })
  const metricsApp = metricsServer(metrics)
  await app.listen({ host: config.host, port: config.port })
  await metricsApp.listen({ host: config.host, port: config.metricsPort })
  log.info({ port: portOf(app), metricsPort: portOf(metricsApp), version: config.version }, 'listening')
  return { app, metricsApp, pools: [pool, probePool], metrics, lifecycle }
}

function portOf(app: FastifyInstance): number | undefined {
  const address = app.server.address()
  return typeof address === 'object' ? address?.port : undefined
}

/**
 * Migrates the database, however long it takes to be there, and then serves.
 *
 * @param signal ends the wait
 * @throws Error when waiting doesn't help: a migration that is wrong, or was changed
 */
export async function becomeReady(
  { lifecycle }: Service,
  { databaseUrl, fault }: Config,
  migrations: readonly Migration[],
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const applied = await migrateWhenPossible(databaseUrl, migrations, log, signal)
  log.info({ applied }, 'the database is migrated')
  if (fault?.kind === 'never-ready' || lifecycle.phase === 'stopping') return
  lifecycle.phase = 'serving'
  if (fault?.kind !== 'crash-after') return
  await sleep(fault.ms, undefined, { signal })
  throw new Error('APP_FAULT ends this process')
}

async function migrateWhenPossible(
  databaseUrl: string,
  migrations: readonly Migration[],
  log: Logger,
  signal: AbortSignal,
): Promise<string[]> {
  for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 5000)) {
    try {
      return await migrate(databaseUrl, migrations, signal)
    } catch (error) {
      if (error instanceof ChangedMigration || !isPassing(error)) throw error
      log.warn({ err: error, retryInMs: waitMs }, 'the database cannot be migrated yet')
      await sleep(waitMs, undefined, { signal })
    }
  }
}
