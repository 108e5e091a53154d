import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { type Postgres, startPostgres } from './support/postgres.ts'
import { kill, type Replica, readyzIs, startReplica, statusOf, until } from './support/replica.ts'

let postgres: Postgres
let replica: Replica

before(async () => {
  postgres = await startPostgres()
  replica = await startReplica({ DATABASE_URL: await postgres.createDatabase(), APP_VERSION: '1.2.3' })
  await readyzIs(200, replica)
})
after(async () => {
  await kill(replica)
  await postgres?.remove()
})

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** Reads the text format of Prometheus (version 0.0.4), and fails on a line that isn't in it. */
async function scrape(): Promise<Sample[]> {
  const response = await fetch(replica.metricsUrl)
  assert.match(String(response.headers.get('content-type')), /^text\/plain; version=0\.0\.4/)
  const lines = (await response.text()).trim().split('\n')
  return lines.filter((line) => line !== '' && !/^# (HELP|TYPE) [a-zA-Z_:][\w:]* ./.test(line)).map(parseSample)
}

function parseSample(line: string): Sample {
  const [, name = '', labels = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  assert.ok(name !== '' && (value === 'Nan' || !Number.isNaN(Number(value))), line)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
  return { name, labels: Object.fromEntries(pairs.map(([, key, text]) => [key, text])), value: Number(value) }
}

function find(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number | undefined {
  const fits = (sample: Sample): boolean => Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
  return samples.find((sample) => sample.name === name && fits(sample))?.value
}

const count = 'http_request_duration_seconds_count'

test('requests are counted by method, route and status; the probes are not', async () => {
  assert.equal(await statusOf(`${replica.url}/api/bookings`), 200)
  assert.equal(await statusOf(`${replica.url}/api/bookings/7`), 400)
  const samples = await scrape()
  assert.equal(find(samples, count, { method: 'GET', route: '/api/bookings', status: '200' }), 1)
  assert.equal(find(samples, count, { method: 'GET', route: '/api/bookings/:id', status: '400' }), 1)
  assert.equal(find(samples, count, { route: '/readyz' }), undefined)
})

test('the version, the process and the pool are there', async () => {
  const samples = await scrape()
  assert.equal(find(samples, 'bookings_build_info', { version: '1.2.3' }), 1)
  assert.ok((find(samples, 'process_resident_memory_bytes') ?? 0) > 10_000_000)
  assert.equal(find(samples, 'database_pool_connections', { state: 'busy' }), 0)
  assert.ok((find(samples, 'database_pool_connections', { state: 'idle' }) ?? 0) > 0)
  assert.equal(find(samples, 'database_pool_waiting_requests'), 0)
})

test('a client that goes away in the middle is counted, and leaves nothing in flight', async () => {
  const { port, hostname } = new URL(replica.url)
  const client = connect(Number(port), hostname)
  await once(client, 'connect')
  client.write(
    'POST /api/bookings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
  )
  await until(async () => find(await scrape(), 'http_requests_in_flight') === 1 || undefined, 'a request in flight')
  client.destroy()
  await until(async () => find(await scrape(), 'http_requests_in_flight') === 0 || undefined, 'nothing in flight')
  assert.equal(find(await scrape(), count, { method: 'POST', status: 'aborted' }), 1)
})

test('paths that nobody has thought of make no new series', async () => {
  await statusOf(`${replica.url}/first`)
  const before = (await scrape()).filter(({ name }) => name === count).length
  for (let number = 0; number < 50; number++) await statusOf(`${replica.url}/no/${number}?x=${number}`)
  assert.equal((await scrape()).filter(({ name }) => name === count).length, before)
})

test('the metrics are on their own port only', async () => {
  assert.equal(await statusOf(`${replica.url}/metrics`), 404)
  assert.equal(await statusOf(new URL('/api/bookings', replica.metricsUrl).href), 404)
})

const promtool = spawnSync('promtool', ['--version']).error === undefined

test('promtool finds nothing wrong', { skip: promtool ? false : 'there is no promtool on this machine' }, async () => {
  const input = await (await fetch(replica.metricsUrl)).text()
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
  // It also has opinions about names of Node.js's own metrics, which are not ours.
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => /^(http|database|bookings)_|error/.test(line))
  assert.deepEqual(complaints, [])
  assert.notEqual(status, 1)
})

test('six thousand requests and large bodies leave its memory as it was', { timeout: 120_000 }, async () => {
  const memory = async (): Promise<number> => find(await scrape(), 'process_resident_memory_bytes') ?? 0
  const refused = JSON.stringify({ title: 'x'.repeat(1_000_000) })
  const headers = { 'content-type': 'application/json' }

  async function round(requests: number): Promise<void> {
    const workers = Array.from({ length: 20 }, async (_, worker) => {
      for (let sent = 0; sent < requests / 20; sent++) {
        const large = sent % 50 === 0
        if (large) await statusOf(`${replica.url}/api/bookings`, { method: 'POST', headers, body: refused })
        else await statusOf(`${replica.url}/${worker % 2 ? 'api/bookings' : sent}`)
      }
    })
    await Promise.all(workers)
  }

  await round(1000)
  const warm = await memory()
  await round(5000)
  const grown = (await memory()) - warm
  assert.ok(grown < 40_000_000, `${Math.round(grown / 1e6)} MB more than when warm`)
})
