import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { DatabaseUnavailable } from './database.ts'

/** Answers with a problem document (RFC 9457). */
export function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail }))
}

/** What a user may know of an error: all of their own mistakes, nothing of ours. */
function explain(error: FastifyError): { status: number; detail: string } {
  if (error instanceof DatabaseUnavailable)
    return { status: 503, detail: 'The bookings cannot be reached at the moment. Please try again.' }
  const status = error.statusCode ?? 500
  if (status < 500) return { status, detail: error.message }
  return { status: 500, detail: 'Something went wrong here. The request id helps to find out what.' }
}

export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, detail } = explain(error)
  if (status >= 500) request.log.error({ err: error }, 'request failed')
  if (status === 503) reply.header('retry-after', '5')
  return sendProblem(reply, status, detail)
}
