import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Replica, statusOf } from './replica.ts'

export interface Traffic {
  /** Requests that got no answer, or one of 500 and above */
  failed: string[]
  answered: number
  /** Bookings that were confirmed */
  booked: number
}

export interface TrafficOptions {
  perSecond: number
  /** How long a replica goes on getting requests after its probe has failed, as the news takes its time */
  lagMs: number
}

/**
 * Sends requests to replicas in turn, over connections that are kept alive, as a proxy in front of a Service does: only
 * to those whose `/readyz` is good, and to no other replica when a request fails. Every second request books.
 *
 * @returns a function that stops, waits for what is on its way, and tells how it went
 */
export function startTraffic(
  replicas: readonly Replica[],
  { perSecond, lagMs }: TrafficOptions,
): () => Promise<Traffic> {
  const agent = new Agent({ keepAlive: true, maxSockets: 30 })
  const stop = new AbortController()
  const traffic: Traffic = { failed: [], answered: 0, booked: 0 }
  const targets = new Set(replicas)
  const pending = new Set<Promise<void>>()

  async function watch(replica: Replica): Promise<void> {
    while ((await statusOf(`${replica.url}/readyz`)) === 200 && !stop.signal.aborted) await sleep(50)
    await sleep(lagMs)
    targets.delete(replica)
  }

  async function sendOne(count: number): Promise<void> {
    const replica = [...targets][count % targets.size]
    if (replica === undefined) return
    const [method, path, body] =
      count % 4 < 2 ? ['GET', '/api/bookings?limit=5', ''] : ['POST', '/api/bookings', bookingNumber(count)]
    try {
      const status = await statusBy(agent, method, replica.url + path, body)
      traffic.answered += 1
      if (status === 201) traffic.booked += 1
      if (status >= 500) traffic.failed.push(`${method} ${status}`)
    } catch (error) {
      traffic.failed.push(`${method} ${error instanceof Error ? error.message : error}`)
    }
  }

  async function sendAll(): Promise<void> {
    const startedAt = performance.now()
    for (let count = 0; !stop.signal.aborted; count++) {
      const sent = sendOne(count).finally(() => pending.delete(sent))
      pending.add(sent)
      const dueInMs = startedAt + ((count + 1) * 1000) / perSecond - performance.now()
      // At least a moment, also when it is late: answers have to be read meanwhile.
      await sleep(Math.max(dueInMs, 1))
    }
  }

  const watching = replicas.map(watch)
  const sending = sendAll()
  return async () => {
    stop.abort()
    await Promise.all([sending, ...watching])
    await Promise.all(pending)
    agent.destroy()
    return traffic
  }
}

const bookingMs = 120_000
const firstStart = Date.now() + 3_600_000

/** A booking that no other number overlaps. */
export function bookingNumber(count: number): string {
  const start = firstStart + count * bookingMs
  const times = { start: new Date(start).toISOString(), end: new Date(start + bookingMs).toISOString() }
  return JSON.stringify({ title: `Slot ${count}`, bookedBy: 'author', ...times })
}

function statusBy(agent: Agent, method: string, url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request(url, { method, agent, headers, timeout: 20_000 }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.on('error', reject)
    sent.end(body)
  })
}
