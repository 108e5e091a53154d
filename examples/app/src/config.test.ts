import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Config, readConfig } from './config.ts'

const DATABASE_URL = 'postgres://owner:hunter2@db/bookings'

function usable(env: Record<string, string>): Config {
  const result = readConfig(env)
  if (result.kind === 'unusable') throw new Error(result.problems.join('\n'))
  return result.config
}

function problems(env: Record<string, string>): string[] {
  const result = readConfig(env)
  return result.kind === 'unusable' ? result.problems : []
}

test('the database is all that must be said', () => {
  assert.deepEqual(usable({ DATABASE_URL }), {
    host: '0.0.0.0',
    port: 8080,
    metricsPort: 9090,
    databaseUrl: DATABASE_URL,
    poolSize: 10,
    logLevel: 'info',
    shutdownDelayMs: 7000,
    shutdownDeadlineMs: 25_000,
    version: 'dev',
    fault: undefined,
  })
})

test('an empty variable counts as absent', () => {
  assert.equal(usable({ DATABASE_URL, DATABASE_URL_FILE: '', PORT: '', APP_FAULT: '' }).port, 8080)
})

test('a secret may come in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bookings-config-'))
  try {
    const file = join(folder, 'url')
    writeFileSync(file, `${DATABASE_URL}\n`)
    assert.equal(usable({ DATABASE_URL_FILE: file }).databaseUrl, DATABASE_URL)
    writeFileSync(file, '\n')
    assert.match(problems({ DATABASE_URL_FILE: file })[0] ?? '', /^DATABASE_URL_FILE must hold an address like/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('one sentence for each mistake', () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ PORT: 'http' }, /^PORT must be a whole number from 0 to 65535, not "http"$/],
    [{ PORT: '70000' }, /^PORT must be/],
    [{ PORT: '-1' }, /^PORT must be/],
    [{ PORT: '9090' }, /^METRICS_PORT must not be PORT$/],
    [{ DATABASE_POOL_SIZE: '0' }, /^DATABASE_POOL_SIZE must be a whole number from 1 to 100, not "0"$/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, not "loud"$/],
    [{ SHUTDOWN_DELAY: '7' }, /^SHUTDOWN_DELAY must be a duration like 500ms, 7s or 2m, not "7"$/],
    [{ SHUTDOWN_DELAY: '30s' }, /^SHUTDOWN_DEADLINE must be longer than SHUTDOWN_DELAY$/],
    [{ DATABASE_URL: '' }, /^DATABASE_URL or DATABASE_URL_FILE must be set$/],
    [{ DATABASE_URL: 'mysql://db/x' }, /^DATABASE_URL must hold an address like postgres:/],
    [{ DATABASE_URL: '', DATABASE_URL_FILE: '/nowhere/url' }, /^DATABASE_URL_FILE ENOENT/],
    [{ APP_FAULT: 'error-rate:2' }, /^APP_FAULT must be error-rate:0.5, never-ready or crash-after:20s, not/],
    [{ APP_FAULT: 'error-rate' }, /^APP_FAULT must be/],
    [{ APP_FAULT: 'never-ready:1s' }, /^APP_FAULT must be/],
    [{ APP_FAULT: 'crash-after:soon' }, /^APP_FAULT must be a duration/],
  ]
  for (const [env, sentence] of cases) {
    test(JSON.stringify(env), () => {
      const found = problems({ DATABASE_URL, ...env })
      assert.equal(found.length, 1)
      assert.match(found[0] ?? '', sentence)
    })
  }
})

test('all mistakes are told at once', () => {
  assert.equal(problems({ PORT: 'x', LOG_LEVEL: 'y', SHUTDOWN_DELAY: 'z' }).length, 4)
})

test('no sentence repeats the address of the database', () => {
  const address = fc.string({ minLength: 8 }).map((secret) => `${secret}@hunter2`)
  fc.assert(
    fc.property(address, (text) => {
      for (const problem of problems({ DATABASE_URL: text })) assert.ok(!problem.includes('hunter2'))
    }),
  )
})
