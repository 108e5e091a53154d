import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { type Postgres, startPostgres } from './support/postgres.ts'
import { kill, logged, type Replica, readyzIs, spawnService, startReplica, statusOf } from './support/replica.ts'

let postgres: Postgres
let database: string
let replica: Replica | undefined

before(async () => {
  postgres = await startPostgres()
  database = await postgres.createDatabase()
})
after(() => postgres?.remove())
afterEach(() => kill(replica))

async function startWith(fault: string): Promise<Replica> {
  replica = await startReplica({ DATABASE_URL: database, APP_FAULT: fault })
  const warning = await logged(replica, 'APP_FAULT is set: this replica is bad on purpose')
  assert.equal(warning['level'], 'warn')
  return replica
}

test('error-rate: ready, and a quarter of the requests is answered by 500', async () => {
  const { url } = await startWith('error-rate:0.25')
  await readyzIs(200, { url })
  const statuses: number[] = []
  for (let count = 0; count < 40; count++) statuses.push(await statusOf(`${url}/api/bookings`))
  assert.equal(statuses.filter((status) => status === 500).length, 10)
  assert.equal(statuses.filter((status) => status === 200).length, 30)
  assert.equal(await statusOf(`${url}/healthz`), 200)
})

test('never-ready: alive for good, and never ready', async () => {
  const { url, log } = await startWith('never-ready')
  await logged({ log }, 'the database is migrated')
  assert.equal(await statusOf(`${url}/readyz`), 503)
  assert.equal(await statusOf(`${url}/healthz`), 200)
})

test('crash-after: ready first, then it ends by exit code 1 and says why', async () => {
  const running = await startWith('crash-after:2s')
  await readyzIs(200, running)
  assert.equal(await running.exited, 1)
  assert.match(JSON.stringify(running.log.at(-1)), /"fatal".*APP_FAULT ends this process/)
})

test('a configuration that cannot be used ends the process with every reason, in the log', async () => {
  const { log, exited } = spawnService({ DATABASE_URL: 'hunter2', PORT: 'x' })
  assert.equal(await exited, 1)
  assert.equal(log.length, 1)
  const [{ level, problems } = {}] = log
  assert.equal(level, 'fatal')
  assert.ok(Array.isArray(problems) && problems.length === 2)
  assert.doesNotMatch(JSON.stringify(log), /hunter2/)
})

test('a port that is taken ends the process with that reason', async () => {
  replica = await startReplica({ DATABASE_URL: database })
  const { port } = new URL(replica.url)
  const { log, exited } = spawnService({ DATABASE_URL: database, HOST: '127.0.0.1', PORT: port, METRICS_PORT: '0' })
  assert.equal(await exited, 1)
  assert.match(JSON.stringify(log.at(-1)), /EADDRINUSE/)
})
