import type { BookingRequest } from './booking.ts'

/** A booking as it comes over the wire, once it fits `bookingSchema`. */
export interface BookingText {
  title: string
  bookedBy: string
  start: string
  end: string
  note?: string
}

/** Without control characters (PostgreSQL can't keep NUL) and halves of characters, and not only spaces. */
const line = '^[^\\p{Cc}\\p{Cs}]*[^\\p{Cc}\\p{Cs}\\p{Z}][^\\p{Cc}\\p{Cs}]*$'
const lines = '^([^\\p{Cc}\\p{Cs}]|[\\t\\r\\n])*$'

export const bookingSchema = {
  type: 'object',
  required: ['title', 'bookedBy', 'start', 'end'],
  additionalProperties: false,
  properties: {
    title: { type: 'string', maxLength: 120, pattern: line },
    bookedBy: { type: 'string', maxLength: 80, pattern: line },
    start: { type: 'string', maxLength: 40, format: 'date-time' },
    end: { type: 'string', maxLength: 40, format: 'date-time' },
    note: { type: 'string', maxLength: 1000, pattern: lines },
  },
}

export interface ListText {
  from?: string
  limit?: string
}

export const listSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    // A moment that exists: date-time also allows leap seconds, of which Date knows none.
    from: { type: 'string', maxLength: 40, format: 'date-time', pattern: '^\\d{4}-[^:]+:\\d\\d:[0-5]\\d' },
    limit: { type: 'string', pattern: '^([1-9]|[1-9]\\d|1\\d\\d|200)$' },
  },
}

export const paramsSchema = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', format: 'uuid', pattern: '^[0-9a-fA-F-]{36}$' } },
}

export function toRequest({ title, bookedBy, start, end, note = '' }: BookingText): BookingRequest {
  return { title, bookedBy, start: new Date(start), end: new Date(end), note }
}
