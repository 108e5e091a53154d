import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refusal } from './booking.ts'
import { contentSecurityPolicy, page } from './page.ts'
import { type BookingText, bookingSchema, toRequest } from './schema.ts'
import type { BookingStore } from './store.ts'

const shown = 50

/** Adds the page and its form: a plugin of its own, as only it reads form data. */
export async function addPage(app: FastifyInstance, store: BookingStore): Promise<void> {
  app.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => fromForm(new URLSearchParams(body)),
  )

  async function show(reply: FastifyReply, status: number, problem?: string): Promise<FastifyReply> {
    const html = page(await store.list(new Date(), shown), problem)
    return reply.code(status).type('text/html').header('content-security-policy', contentSecurityPolicy).send(html)
  }

  app.get('/', (_request, reply) => show(reply, 200))

  app.post<{ Body: BookingText }>(
    '/bookings',
    { schema: { body: bookingSchema }, attachValidation: true },
    async (request, reply) => {
      // A page of somebody else must not book in a visitor's name.
      if (request.headers['sec-fetch-site'] === 'cross-site') return show(reply, 403, 'Please book on this page.')
      if (request.validationError) return show(reply, 400, request.validationError.message)
      const wanted = toRequest(request.body)
      const reason = refusal(wanted, new Date())
      if (reason !== undefined) return show(reply, 400, reason)
      const added = await store.add(wanted)
      return added.kind === 'taken'
        ? show(reply, 409, 'The room is already booked for a part of this time.')
        : reply.redirect('/', 303)
    },
  )
}

/** The fields as the API knows them; a form's times have no zone, and the page says that they are UTC. */
function fromForm(form: URLSearchParams): Record<string, string> {
  const fields = Object.fromEntries(form)
  return { ...fields, start: `${fields['start'] ?? ''}:00Z`, end: `${fields['end'] ?? ''}:00Z` }
}
