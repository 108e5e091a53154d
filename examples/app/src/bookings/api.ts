import type { FastifyInstance, FastifyReply } from 'fastify'
import { sendProblem } from '../problem.ts'
import { refusal } from './booking.ts'
import { type BookingText, bookingSchema, type ListText, listSchema, paramsSchema, toRequest } from './schema.ts'
import type { BookingStore } from './store.ts'

/** Adds the JSON API under `/api/bookings`. */
export function addApi(app: FastifyInstance, store: BookingStore): void {
  app.get<{ Querystring: ListText }>('/api/bookings', { schema: { querystring: listSchema } }, async (request) => {
    const { from, limit = '50' } = request.query
    return { bookings: await store.list(from === undefined ? new Date() : new Date(from), Number(limit)) }
  })

  app.post<{ Body: BookingText }>('/api/bookings', { schema: { body: bookingSchema } }, async (request, reply) => {
    const wanted = toRequest(request.body)
    const reason = refusal(wanted, new Date())
    if (reason !== undefined) return sendProblem(reply, 400, reason)
    const added = await store.add(wanted)
    if (added.kind === 'taken') return sendProblem(reply, 409, 'The room is already booked for a part of this time.')
    return reply.code(201).header('location', `/api/bookings/${added.booking.id}`).send(added.booking)
  })

  app.get<{ Params: { id: string } }>(
    '/api/bookings/:id',
    { schema: { params: paramsSchema } },
    async (request, reply) => (await store.find(request.params.id)) ?? noSuchBooking(reply),
  )

  app.delete<{ Params: { id: string } }>(
    '/api/bookings/:id',
    { schema: { params: paramsSchema } },
    async (request, reply) => ((await store.remove(request.params.id)) ? reply.code(204).send() : noSuchBooking(reply)),
  )
}

function noSuchBooking(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 404, 'There is no such booking.')
}
