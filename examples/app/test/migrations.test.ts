import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Client } from 'pg'
import { type Migration, migrate, readMigrations } from '../src/migrations.ts'
import { type Postgres, runStatement, startPostgres } from './support/postgres.ts'
import { kill, logged, type Replica, readyzIs, spawnService, startReplica, until } from './support/replica.ts'

const migrations = readMigrations(join(import.meta.dirname, '../migrations'))
const never = new AbortController().signal
let postgres: Postgres

before(async () => {
  postgres = await startPostgres()
})
after(() => postgres?.remove())

const names = async (url: string): Promise<unknown[]> =>
  (await runStatement(url, 'SELECT name FROM schema_migrations ORDER BY name')).map(({ name }) => name)

function migration(name: string, sql: string): Migration {
  return { name, sql, checksum: `of ${sql}` }
}

/** Keeps everybody from migrating, until `release`. */
async function holdLock(
  url: string,
): Promise<{ waiting: (count: number) => Promise<void>; release: () => Promise<void> }> {
  const holder = new Client({ connectionString: url })
  await holder.connect()
  await holder.query('SELECT pg_advisory_lock(7305177)')
  const locks = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
  return {
    async waiting(count) {
      await until(async () => (await holder.query(locks)).rowCount === count || undefined, `${count} that wait`, 30_000)
    },
    release: () => holder.end(),
  }
}

test('five replicas migrate an empty database at once: each migration is applied once, and all get ready', async () => {
  const url = await postgres.createDatabase()
  const lock = await holdLock(url)
  const replicas = await Promise.all(Array.from({ length: 5 }, () => startReplica({ DATABASE_URL: url })))
  try {
    await lock.waiting(5)
    await lock.release()
    await Promise.all(replicas.map((replica) => readyzIs(200, replica)))
    const lines = await Promise.all(replicas.map((replica) => logged(replica, 'the database is migrated')))
    const applied = lines.map((line) => line['applied'] as string[]).filter(({ length }) => length > 0)
    assert.deepEqual(applied, [migrations.map(({ name }) => name)])
    assert.deepEqual(
      replicas.flatMap(({ log }) => log).filter(({ level }) => level !== 'info'),
      [],
    )
  } finally {
    await Promise.all(replicas.map(kill))
  }
})

test('a migration that fails leaves nothing behind, of those before it either', async () => {
  const url = await postgres.createDatabase()
  const broken = [...migrations, migration('003_broken.sql', 'CREATE TABLE half (id int); SELECT 1/0')]
  await assert.rejects(migrate(url, broken, never), /division by zero/)
  assert.deepEqual(await runStatement(url, "SELECT FROM pg_tables WHERE schemaname = 'public'"), [])
  assert.deepEqual(
    await migrate(url, migrations, never),
    migrations.map(({ name }) => name),
  )
})

test('a version works beside the newer one whose migrations it does not know', async () => {
  const url = await postgres.createDatabase()
  const newer = [
    ...migrations,
    migration('003_more.sql', "ALTER TABLE bookings ADD COLUMN more text NOT NULL DEFAULT ''"),
  ]
  await migrate(url, newer, never)
  const replica = await startReplica({ DATABASE_URL: url })
  try {
    await readyzIs(200, replica)
    const start = Date.now() + 3_600_000
    const times = { start: new Date(start).toISOString(), end: new Date(start + 60_000).toISOString() }
    const response = await fetch(`${replica.url}/api/bookings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Review', bookedBy: 'reviewer', ...times }),
    })
    assert.equal(response.status, 201)
    assert.ok(!('more' in ((await response.json()) as object)))
  } finally {
    await kill(replica)
  }
})

test('the version before the note goes on booking when the note has come', async () => {
  const url = await postgres.createDatabase()
  await migrate(url, migrations, never)
  const insert = `INSERT INTO bookings (title, booked_by, during)
    VALUES ('Review', 'author', tstzrange(now(), now() + interval '1 hour')) RETURNING note`
  assert.deepEqual(await runStatement(url, insert), [{ note: '' }])
})

test('an applied migration that was changed ends the process with a sentence', async () => {
  const url = await postgres.createDatabase()
  await migrate(url, [migration('001_bookings.sql', 'SELECT 1')], never)
  const { log, exited } = spawnService({ DATABASE_URL: url, PORT: '0', METRICS_PORT: '0' })
  assert.equal(await exited, 1)
  const last = log.at(-1) as { level: string; err: { message: string } }
  assert.equal(last.level, 'fatal')
  assert.equal(last.err.message, '001_bookings.sql was changed after it had been applied')
})

test('a migration does not queue behind a long transaction: it gives up, tries again, and requests go on', async () => {
  const url = await postgres.createDatabase()
  await migrate(url, migrations.slice(0, 1), never)
  const reader = new Client({ connectionString: url })
  await reader.connect()
  let replica: Replica | undefined
  try {
    await reader.query('BEGIN; SELECT count(*) FROM bookings')
    replica = await startReplica({ DATABASE_URL: url })
    const warning = await logged(replica, 'the database cannot be migrated yet')
    assert.match(JSON.stringify(warning), /lock timeout/)
    await runStatement(url, 'SELECT count(*) FROM bookings')
    await reader.query('ROLLBACK')
    await readyzIs(200, replica)
    assert.deepEqual(
      await names(url),
      migrations.map(({ name }) => name),
    )
  } finally {
    await reader.end()
    await kill(replica)
  }
})

test('a replica that is told to stop while it waits for the lock stops at once', async () => {
  const url = await postgres.createDatabase()
  const lock = await holdLock(url)
  const replica = await startReplica({ DATABASE_URL: url, SHUTDOWN_DELAY: '0s' })
  try {
    await lock.waiting(1)
    replica.process.kill('SIGTERM')
    assert.equal(await replica.exited, 0)
  } finally {
    await lock.release()
    await kill(replica)
  }
})
