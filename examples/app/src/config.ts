import { readFileSync } from 'node:fs'
import { parseDuration } from './duration.ts'
import { type Fault, parseFault } from './faults.ts'

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export interface Config {
  host: string
  /** 0 for any free port, here and in `metricsPort` */
  port: number
  metricsPort: number
  databaseUrl: string
  poolSize: number
  logLevel: (typeof logLevels)[number]
  shutdownDelayMs: number
  /** Counted from the signal, so the delay is part of it */
  shutdownDeadlineMs: number
  version: string
  fault: Fault | undefined
}

export type ConfigResult = { kind: 'usable'; config: Config } | { kind: 'unusable'; problems: string[] }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the configuration from environment variables (the table in README.md); an empty variable counts as absent.
 *
 * @returns every problem at once, one sentence each; none repeats the database's address, which may hold a password
 */
export function readConfig(env: Environment): ConfigResult {
  const problems: string[] = []

  function read<T>(name: string, fallback: string, parse: (text: string) => T): T {
    try {
      return parse(env[name] || fallback)
    } catch (error) {
      problems.push(`${name} ${messageOf(error)}`)
      return parse(fallback)
    }
  }

  const config: Config = {
    host: env['HOST'] || '0.0.0.0',
    port: read('PORT', '8080', wholeNumber(0, 65_535)),
    metricsPort: read('METRICS_PORT', '9090', wholeNumber(0, 65_535)),
    databaseUrl: readDatabaseUrl(env, problems),
    poolSize: read('DATABASE_POOL_SIZE', '10', wholeNumber(1, 100)),
    logLevel: read('LOG_LEVEL', 'info', oneOf(logLevels)),
    shutdownDelayMs: read('SHUTDOWN_DELAY', '7s', parseDuration),
    shutdownDeadlineMs: read('SHUTDOWN_DEADLINE', '25s', parseDuration),
    version: env['APP_VERSION'] || 'dev',
    fault: read('APP_FAULT', '', (text) => (text === '' ? undefined : parseFault(text))),
  }
  if (config.port === config.metricsPort && config.port !== 0) problems.push('METRICS_PORT must not be PORT')
  if (config.shutdownDeadlineMs <= config.shutdownDelayMs)
    problems.push('SHUTDOWN_DEADLINE must be longer than SHUTDOWN_DELAY')
  return problems.length === 0 ? { kind: 'usable', config } : { kind: 'unusable', problems }
}

function readDatabaseUrl(env: Environment, problems: string[]): string {
  const { DATABASE_URL: url, DATABASE_URL_FILE: file } = env
  if (url && file) problems.push('DATABASE_URL and DATABASE_URL_FILE must not both be set')
  if (!url && !file) problems.push('DATABASE_URL or DATABASE_URL_FILE must be set')
  try {
    const text = file ? readFileSync(file, 'utf8').trim() : (url ?? '')
    if (text !== '' || file) checkDatabaseUrl(text)
    return text
  } catch (error) {
    problems.push(`${file ? 'DATABASE_URL_FILE' : 'DATABASE_URL'} ${messageOf(error)}`)
    return ''
  }
}

function checkDatabaseUrl(text: string): void {
  const protocol = URL.parse(text)?.protocol
  if (protocol !== 'postgres:' && protocol !== 'postgresql:')
    throw new Error('must hold an address like postgres://user:password@host:5432/name')
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new Error(`must be a whole number from ${min} to ${max}, not "${text}"`)
  }
}

function oneOf<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((name) => name === text)
    if (found !== undefined) return found
    throw new Error(`must be one of ${allowed.join(', ')}, not "${text}"`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
