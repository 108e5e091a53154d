import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, LogController } from 'fastify'
import { addApi } from './bookings/api.ts'
import type { BookingStore } from './bookings/store.ts'
import { addPage } from './bookings/web.ts'
import { type Fault, failingShare } from './faults.ts'
import { addProbes, type Lifecycle, type Readiness } from './health.ts'
import type { Metrics } from './metrics.ts'
import { observer } from './observe.ts'
import { handleError, sendProblem } from './problem.ts'

export interface AppParts {
  log: FastifyBaseLogger
  store: BookingStore
  metrics: Metrics
  lifecycle: Lifecycle
  readiness: () => Promise<Readiness>
  fault: Fault | undefined
}

/** The longest that a client may be silent between two requests; clients are told 5 s and get a second more. */
const keepAlive = {
  keepAliveTimeout: 5000,
  http: { keepAliveTimeoutBuffer: 1000, headersTimeout: 10_000, connectionsCheckingInterval: 2000 },
}

/** Puts the HTTP side together: the probes first, apart from all that is counted, logged and made to fail. */
export function buildApp({ log, store, metrics, lifecycle, readiness, fault }: AppParts): FastifyInstance {
  const app = Fastify({
    ...keepAlive,
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => requestId(request.headers['x-request-id']),
    bodyLimit: 16_384,
    requestTimeout: 15_000,
    // Requests that arrive while the service closes are requests like any other.
    return503OnClosing: false,
    // What isn't in a schema is refused, neither dropped nor bent into shape.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
    frameworkErrors: handleError,
  })
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(handleError)

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    // The client's next request shall go to another replica.
    if (lifecycle.phase === 'stopping') reply.header('connection', 'close')
  })

  addProbes(app, readiness)
  app.register(async (users) => {
    users.addHook('onRequest', observer(metrics))
    if (fault?.kind === 'error-rate') users.addHook('onRequest', failSome(fault.share))
    users.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'There is nothing here.'))
    addApi(users, store)
    await users.register(addPage, store)
  })
  return app
}

/** The caller's id if it is harmless in a log and a header, so that one id follows a request through all services. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
}

function failSome(share: number): (request: FastifyRequest) => Promise<void> {
  const mustFail = failingShare(share)
  return async () => {
    if (mustFail()) throw new Error('APP_FAULT makes this request fail')
  }
}
