import type { Pool } from 'pg'
import { query } from '../database.ts'
import type { Booking, BookingRequest } from './booking.ts'

export type Added = { kind: 'added'; booking: Booking } | { kind: 'taken' }

/** Every method throws DatabaseUnavailable when the database is. */
export interface BookingStore {
  /** Bookings that end after `from`, the earliest first */
  list(from: Date, limit: number): Promise<Booking[]>
  find(id: string): Promise<Booking | undefined>
  /** `taken` when the room is already booked for a part of the time */
  add(request: BookingRequest): Promise<Added>
  /** Whether there was such a booking */
  remove(id: string): Promise<boolean>
}

// Columns by name: an older version must go on working while a newer one's migration has added some.
const columns = `id, title, booked_by AS "bookedBy", lower(during) AS start, upper(during) AS end, note,
  created_at AS "createdAt"`

export function bookingStore(pool: Pool): BookingStore {
  return {
    list: (from, limit) =>
      query<Booking>(
        pool,
        `SELECT ${columns} FROM bookings WHERE during && tstzrange($1, NULL) ORDER BY lower(during) LIMIT $2`,
        [from, limit],
      ),

    async find(id) {
      const [booking] = await query<Booking>(pool, `SELECT ${columns} FROM bookings WHERE id = $1`, [id])
      return booking
    },

    async add({ title, bookedBy, start, end, note }) {
      // Without ON CONFLICT two overlapping bookings at once could wait for each other until one is killed as a deadlock.
      const [booking] = await query<Booking>(
        pool,
        `INSERT INTO bookings (title, booked_by, during, note) VALUES ($1, $2, tstzrange($3, $4), $5)
         ON CONFLICT ON CONSTRAINT bookings_no_overlap DO NOTHING RETURNING ${columns}`,
        [title, bookedBy, start, end, note],
      )
      return booking === undefined ? { kind: 'taken' } : { kind: 'added', booking }
    },

    async remove(id) {
      const removed = await query(pool, 'DELETE FROM bookings WHERE id = $1 RETURNING id', [id])
      return removed.length > 0
    },
  }
}
