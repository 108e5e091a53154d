import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type LoadOptions, type LoadReport, type Outcome, startLoad } from './index.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server }
}

/** A port that nobody listens on. */
async function closedUrl(): Promise<string> {
  const { url, server } = await serve(() => {})
  server.close()
  await once(server, 'close')
  return url
}

async function load(options: Partial<LoadOptions> & { url: string }, forMs = 300): Promise<LoadReport> {
  const running = await startLoad({ ratePerSecond: 50, timeoutMs: 10_000, ...options })
  await wait(forMs)
  return running.stop()
}

describe('each request ends as its client sees it', () => {
  test.each<[string, Outcome, RequestListener]>([
    ['a success', 'ok', (_, response) => response.end('right')],
    ['another success', 'ok', (_, response) => response.writeHead(201).end('it is right')],
    ['a failing server', '5xx', (_, response) => response.writeHead(503).end('right')],
    ['a missing page', 'other-status', (_, response) => response.writeHead(404).end('right')],
    ['a redirect', 'other-status', (_, response) => response.writeHead(302, { location: '/' }).end('right')],
    ['another page', 'wrong-body', (_, response) => response.end('maintenance')],
    ['a connection that breaks', 'reset', ({ socket }) => socket.resetAndDestroy()],
    ['a connection that ends', 'reset', ({ socket }) => socket.end()],
    [
      'a body that breaks off',
      'reset',
      ({ socket }, response) =>
        response.writeHead(200, { 'content-length': 99 }).write('right', () => socket.destroy()),
    ],
    ['silence', 'timed-out', () => {}],
    ['a body that never ends', 'timed-out', (_, response) => response.writeHead(200).write('right')],
    ['nonsense', 'other-error', ({ socket }) => socket.end('what?\r\n\r\n')],
  ])('%s', async (_, outcome, listener) => {
    const { url } = await serve(listener)
    const { counts, total, failed } = await load({
      url,
      body: /right/,
      timeoutMs: outcome === 'timed-out' ? 200 : 10_000,
    })
    expect(total).toBeGreaterThan(5)
    expect({ outcome, count: counts[outcome] }).toEqual({ outcome, count: total })
    expect(failed).toBe(outcome === 'ok' ? 0 : total)
  })

  test('nobody there', async () => {
    const { counts, total, firstFailure, lastFailure, failures } = await load({ url: await closedUrl() })
    expect(total).toBeGreaterThan(5)
    expect(counts.refused).toBe(total)
    expect(failures).toHaveLength(total)
    expect(firstFailure).toMatchObject({ outcome: 'refused', detail: 'ECONNREFUSED' })
    expect(Number(lastFailure?.at)).toBeGreaterThan(Number(firstFailure?.at))
  })
})

test('a slow server gets no rest', async () => {
  let [now, most] = [0, 0]
  const { url } = await serve(async (_, response) => {
    now += 1
    most = Math.max(most, now)
    await wait(400)
    now -= 1
    response.end()
  })
  const { total, counts } = await load({ url }, 800)
  expect(most).toBeGreaterThan(10)
  expect(total).toBeGreaterThan(20)
  expect(counts.ok).toBe(total)
})

test('what can not be sent is counted', async () => {
  const { url } = await serve(() => {})
  const { counts, total } = await load({ url, maxInFlight: 5, timeoutMs: 3000 })
  expect(counts).toMatchObject({ 'timed-out': 5, overflow: total - 5 })
  expect(counts.overflow).toBeGreaterThan(3)
})

test('a failure in between is found, with its time', async () => {
  let isDown = false
  const { url } = await serve((_, response) => response.writeHead(isDown ? 500 : 200).end())
  const running = await startLoad({ url, ratePerSecond: 50, timeoutMs: 10_000 })
  await wait(300)
  const before = await running.report()
  const downAt = new Date()
  isDown = true
  await wait(200)
  isDown = false
  const upAt = new Date()
  await wait(1300)
  const report = await running.stop()
  expect(before).toMatchObject({ failed: 0, firstFailure: undefined })
  expect(report.failed).toBeGreaterThan(3)
  expect(Number(report.firstFailure?.at)).toBeGreaterThan(Number(downAt) - 1000)
  expect(Number(report.lastFailure?.at)).toBeLessThanOrEqual(Number(upAt))
  expect(report.seconds.at(-1)?.counts).toEqual({ ok: expect.any(Number) })
  expect(await running.stop()).toEqual(report)
})

test.each([
  ['its header', undefined, (version: string) => ({ header: version, body: 'hello' })],
  ['another header', { header: 'X-Release' }, (version: string) => ({ header: version, body: 'hello' })],
  ['its body', { body: /shop (v\d+)/ }, (version: string) => ({ header: 'none', body: `this is shop ${version}!` })],
])('a reply is counted by the version in %s', async (_, version, say) => {
  let count = 0
  const { url } = await serve((_, response) => {
    count += 1
    const said = say(count % 4 === 0 ? 'v2' : 'v1')
    const name = version && 'header' in version ? version.header : 'x-version'
    response.writeHead(count % 4 === 0 ? 500 : 200, { [name]: said.header }).end(said.body)
  })
  const { versions, total } = await load({ url, ...(version && { version }) })
  const canary = Math.floor(total / 4)
  expect(versions).toMatchObject({ v1: { ok: total - canary, failed: 0 }, v2: { ok: 0, failed: canary } })
})

test.each([
  [undefined, (connections: number, total: number) => connections === total],
  [true, (connections: number, total: number) => connections < total],
])('connections with keepAlive: %s', async (keepAlive, isExpected) => {
  const { url, server } = await serve((_, response) => response.end())
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  const { total, failed } = await load({ url, ...(keepAlive && { keepAlive }) }, 1000)
  expect(failed).toBe(0)
  expect({ connections, total, as: isExpected(connections, total) }).toMatchObject({ as: true })
})

test('the request names its host, wherever it is sent', async () => {
  const hosts = new Set<string | undefined>()
  const { url } = await serve(({ headers, url: path }, response) => {
    hosts.add(`${headers.host}${path}`)
    response.end()
  })
  const { failed } = await load({ url: 'http://shop.example:8080/a?b=c', connectTo: new URL(url).host })
  expect([...hosts]).toEqual(['shop.example:8080/a?b=c'])
  expect(failed).toBe(0)
})

test('a busy test is no slow server', async () => {
  const running = await startLoad({ url: await closedUrl(), ratePerSecond: 100, timeoutMs: 10_000 })
  const until = Date.now() + 700
  while (Date.now() < until);
  const { total, counts, longestLagMs } = await running.stop()
  expect(total).toBeGreaterThan(50)
  expect(counts.refused).toBe(total)
  expect(longestLagMs).toBeLessThan(500)
})

test.each([
  ['https', { url: 'https://shop.example' }],
  ['no rate', { ratePerSecond: 0 }],
  ['no time', { timeoutMs: Number.NaN }],
  ['a place without a port', { connectTo: '10.0.0.1' }],
])('%s is refused', async (_, wrong) => {
  const right = { url: 'http://shop.example', ratePerSecond: 1, timeoutMs: 1000 }
  await expect(startLoad({ ...right, ...wrong })).rejects.toThrow(RangeError)
})
