import { join } from 'node:path'
import { env, exit } from 'node:process'
import { pino, stdTimeFunctions } from 'pino'
import { type Config, readConfig } from './config.ts'
import { readMigrations } from './migrations.ts'
import { becomeReady, startService } from './service.ts'
import { shutDown } from './shutdown.ts'

const log = pino({
  base: null,
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (level) => ({ level }) },
})

// First of all: for process 1 of a container a signal without a listener has no effect.
const terminated = new Promise<NodeJS.Signals>((resolve) => {
  process.on('SIGTERM', resolve)
  process.on('SIGINT', resolve)
})

process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, 'unexpected error')
  exit(1)
})

const result = readConfig(env)
if (result.kind === 'unusable') {
  log.fatal({ problems: result.problems }, 'the configuration cannot be used')
  exit(1)
}
exit(await run(result.config))

/** @returns the exit code */
async function run(config: Config): Promise<number> {
  log.level = config.logLevel
  if (config.fault !== undefined) log.warn({ fault: config.fault }, 'APP_FAULT is set: this replica is bad on purpose')

  const migrations = readMigrations(join(import.meta.dirname, '../migrations'))
  const service = await startService(config, migrations, log)
  const starting = new AbortController()
  becomeReady(service, config, migrations, log, starting.signal).catch((error: unknown) => {
    if (!starting.signal.aborted) throw error
  })

  const signal = await terminated
  starting.abort()
  log.info({ signal }, 'stopping')
  // A person at a terminal (SIGINT) is no load balancer that has to learn of it first.
  const delayMs = signal === 'SIGINT' ? 0 : config.shutdownDelayMs
  const cutOff = await shutDown(service, delayMs, config.shutdownDeadlineMs)
  if (cutOff === undefined) log.info('stopped')
  else log.error({ requestsCutOff: cutOff }, 'stopped by the deadline')
  return cutOff === undefined ? 0 : 1
}
