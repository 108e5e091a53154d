import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Postgres, runStatement, startPostgres } from './support/postgres.ts'
import { kill, logged, type Replica, readyzIs, startReplica, statusOf, until } from './support/replica.ts'
import { bookingNumber, startTraffic, type Traffic } from './support/traffic.ts'

let postgres: Postgres
let replicas: Replica[] = []

before(async () => {
  postgres = await startPostgres()
})
after(() => postgres?.remove())
afterEach(async () => {
  await Promise.all(replicas.map(kill))
  replicas = []
})

async function start(env: Record<string, string>): Promise<Replica> {
  const replica = await startReplica(env)
  replicas.push(replica)
  await readyzIs(200, replica)
  return replica
}

/** Traffic for two replicas, of which one is told to stop in the middle. */
async function replaceUnderLoad(shutdownDelay: string): Promise<{ traffic: Traffic; code: unknown; rows: unknown }> {
  const env = { DATABASE_URL: await postgres.createDatabase(), SHUTDOWN_DELAY: shutdownDelay }
  const [leaving, staying] = [await start(env), await start(env)]
  const stop = startTraffic([leaving, staying], { perSecond: 200, lagMs: 500 })
  await sleep(1500)
  leaving.process.kill('SIGTERM')
  const code = await leaving.exited
  await sleep(500)
  const traffic = await stop()
  const [counted] = await runStatement(env.DATABASE_URL, 'SELECT count(*)::int AS rows FROM bookings')
  return { traffic, code, rows: counted?.['rows'] }
}

test('a replica stops under 200 requests a second: not one is lost, and what was confirmed is in the database', async () => {
  const { traffic, code, rows } = await replaceUnderLoad('4s')
  assert.deepEqual(traffic.failed, [])
  assert.equal(code, 0)
  assert.ok(traffic.answered > 300, `${traffic.answered} requests`)
  assert.equal(rows, traffic.booked)
})

test('the delay is what saves them: without it the same traffic loses requests', async () => {
  const { traffic } = await replaceUnderLoad('0s')
  assert.ok(traffic.failed.length > 0)
})

async function connectTo(replica: Replica): Promise<Socket> {
  const { port, hostname } = new URL(replica.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

/** A booking whose body is half sent: a request in flight until `finish` sends the rest. */
function halfSent(replica: Replica): { finish: () => Promise<IncomingMessage>; failed: Promise<Error> } {
  const body = bookingNumber(0)
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const sent = request(`${replica.url}/api/bookings`, { method: 'POST', headers })
  sent.write(body.slice(0, 20))
  const answer = once(sent, 'response')
  const failed = once(sent, 'error').then(([error]) => error as Error)
  answer.catch(() => {})
  return {
    async finish() {
      sent.end(body.slice(20))
      const [response] = await answer
      response.resume()
      return response
    },
    failed,
  }
}

test('it says that it leaves while it still serves; what is in flight is finished; a silent connection is none', async () => {
  const replica = await start({ DATABASE_URL: await postgres.createDatabase(), SHUTDOWN_DELAY: '1s' })
  await connectTo(replica)
  const upload = halfSent(replica)
  await sleep(200)

  replica.process.kill('SIGTERM')
  await readyzIs(503, replica)
  const served = await fetch(`${replica.url}/api/bookings`)
  assert.equal(served.status, 200)
  assert.equal(served.headers.get('connection'), 'close')

  await until(async () => (await statusOf(replica.url)) === 0 || undefined, 'the end of accepting')
  await sleep(1500)
  assert.equal(replica.process.exitCode, null)
  assert.equal((await upload.finish()).statusCode, 201)
  assert.equal(await replica.exited, 0)
  assert.ok(replica.log.some(({ msg }) => msg === 'stopped'))
})

test('a request on a connection that was accepted before is served, also when it comes after the end of accepting', async () => {
  const replica = await start({ DATABASE_URL: await postgres.createDatabase(), SHUTDOWN_DELAY: '100ms' })
  const late = await connectTo(replica)
  replica.process.kill('SIGTERM')
  await until(async () => (await statusOf(replica.url)) === 0 || undefined, 'the end of accepting')
  late.write('GET /api/bookings HTTP/1.1\r\nhost: x\r\n\r\n')
  assert.match(String(await once(late, 'data')), /^HTTP\/1\.1 200 OK/)
  assert.equal(await replica.exited, 0)
})

test('a request that never ends is cut off by the deadline, and the exit code says so', async () => {
  const url = await postgres.createDatabase()
  const replica = await start({ DATABASE_URL: url, SHUTDOWN_DELAY: '100ms', SHUTDOWN_DEADLINE: '2s' })
  const upload = halfSent(replica)
  await sleep(200)
  replica.process.kill('SIGTERM')
  assert.equal(await replica.exited, 1)
  await upload.failed
  assert.equal((await logged(replica, 'stopped by the deadline'))['requestsCutOff'], 1)
})

test('a database that is frozen does not keep it from stopping', async () => {
  const url = await postgres.createDatabase()
  const replica = await start({ DATABASE_URL: url, SHUTDOWN_DELAY: '100ms', SHUTDOWN_DEADLINE: '3s' })
  postgres.freeze()
  try {
    replica.process.kill('SIGTERM')
    assert.equal(await replica.exited, 0)
  } finally {
    postgres.thaw()
  }
})

test('Ctrl-C stops at once; a second signal changes nothing', async () => {
  const replica = await start({ DATABASE_URL: await postgres.createDatabase(), SHUTDOWN_DELAY: '20s' })
  const startedAt = performance.now()
  replica.process.kill('SIGINT')
  replica.process.kill('SIGINT')
  replica.process.kill('SIGTERM')
  assert.equal(await replica.exited, 0)
  assert.ok(performance.now() - startedAt < 15_000)
})
