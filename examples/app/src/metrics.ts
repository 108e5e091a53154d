import Fastify, { type FastifyInstance } from 'fastify'
import type { Pool } from 'pg'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  registry: Registry
  requestDuration: Histogram<'method' | 'route' | 'status'>
  requestsInFlight: Gauge
}

export function createMetrics(pool: Pool, version: string): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  new Gauge({
    name: 'bookings_build_info',
    help: 'Always 1; the labels tell which version runs',
    labelNames: ['version', 'node_version'],
    registers,
  }).set({ version, node_version: process.version }, 1)

  new Gauge({
    name: 'database_pool_connections',
    help: 'Open database connections by state',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
    },
  })

  new Gauge({
    name: 'database_pool_waiting_requests',
    help: 'Requests that wait for a database connection',
    registers,
    collect() {
      this.set(pool.waitingCount)
    },
  })

  return {
    registry,
    requestDuration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the head of a request to the end of its answer; the probes are not counted',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    requestsInFlight: new Gauge({ name: 'http_requests_in_flight', help: 'Requests being answered', registers }),
  }
}

/** `/metrics` on a port of its own, so that a network policy can keep it from everybody but Prometheus. */
export function metricsServer({ registry }: Metrics): FastifyInstance {
  const app = Fastify()
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()))
  return app
}
