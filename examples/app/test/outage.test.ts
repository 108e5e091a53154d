import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { type Postgres, startPostgres } from './support/postgres.ts'
import { kill, logged, type Replica, readyzIs, startReplica, statusOf } from './support/replica.ts'

let postgres: Postgres
let replica: Replica | undefined

before(async () => {
  postgres = await startPostgres()
})
after(() => postgres?.remove())
afterEach(() => kill(replica))

const statusAt = (path: string): Promise<number> => statusOf(`${replica?.url}${path}`)

async function ready(): Promise<Replica> {
  replica = await startReplica({ DATABASE_URL: await postgres.createDatabase() })
  await readyzIs(200, replica)
  return replica
}

test('the database goes and comes back: not ready, alive, 503 for users, and ready again by itself', async () => {
  const running = await ready()
  assert.equal(await statusAt('/api/bookings'), 200)
  await postgres.stop()
  await readyzIs(503, running)
  assert.equal(await statusAt('/healthz'), 200)
  const response = await fetch(`${running.url}/api/bookings`)
  assert.equal(response.status, 503)
  assert.equal(response.headers.get('retry-after'), '5')
  assert.doesNotMatch(await response.text(), /127\.0\.0\.1|ECONN|postgres/i)
  assert.equal(await statusAt('/'), 503)
  await postgres.start()
  await readyzIs(200, running)
  assert.equal(await statusAt('/api/bookings'), 200)
  assert.equal(running.process.exitCode, null)
})

test('the database freezes: every request gets its answer, and the probes stay quick', async () => {
  const running = await ready()
  assert.equal(await statusAt('/api/bookings'), 200)
  postgres.freeze()
  try {
    const users = Array.from({ length: 30 }, () => statusAt('/api/bookings'))
    const startedAt = performance.now()
    const probes = await Promise.all(Array.from({ length: 20 }, () => statusAt('/readyz')))
    assert.deepEqual(new Set(probes), new Set([503]))
    assert.ok(performance.now() - startedAt < 5000)
    assert.equal(await statusAt('/healthz'), 200)
    assert.deepEqual(new Set(await Promise.all(users)), new Set([503]))
  } finally {
    postgres.thaw()
  }
  await readyzIs(200, running)
})

test('it starts before its database does', async () => {
  const url = await postgres.createDatabase()
  await postgres.stop()
  replica = await startReplica({ DATABASE_URL: url })
  await logged(replica, 'the database cannot be migrated yet')
  assert.equal(await statusAt('/healthz'), 200)
  assert.equal(await statusAt('/readyz'), 503)
  await postgres.start()
  await readyzIs(200, replica)
})

test('users who keep all connections busy do not make it unready', async () => {
  replica = await startReplica({ DATABASE_URL: await postgres.createDatabase(), DATABASE_POOL_SIZE: '1' })
  await readyzIs(200, replica)
  const users = Array.from({ length: 200 }, () => statusAt('/api/bookings'))
  const probes = await Promise.all(Array.from({ length: 5 }, () => statusAt('/readyz')))
  assert.deepEqual(new Set(probes), new Set([200]))
  assert.deepEqual(new Set(await Promise.all(users)), new Set([200]))
})
