import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Metrics } from './metrics.ts'

/** Counts, measures and logs a request: a hook for `onRequest`. */
export function observer(metrics: Metrics): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    const startedAt = performance.now()
    metrics.requestsInFlight.inc()
    // `close` comes once for every request, also when the client goes away in the middle.
    reply.raw.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000
      // The pattern, not the path: paths are without number.
      const route = request.routeOptions.url ?? 'none'
      const status = reply.raw.writableFinished ? String(reply.raw.statusCode) : 'aborted'
      metrics.requestsInFlight.dec()
      metrics.requestDuration.observe({ method: request.method, route, status }, seconds)
      request.log.info(
        { method: request.method, route, path: pathOf(request.url), status, durationMs: Math.round(seconds * 1000) },
        'request',
      )
    })
  }
}

/** Without the query, which may tell of people, and no longer than a line of the log should be. */
function pathOf(url: string): string {
  return url.replace(/\?.*/s, '').slice(0, 200)
}
