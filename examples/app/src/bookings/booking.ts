/** What a person asks for. Times are instants; the room is taken from `start` up to, not including, `end`. */
export interface BookingRequest {
  title: string
  bookedBy: string
  start: Date
  end: Date
  note: string
}

export interface Booking extends BookingRequest {
  id: string
  createdAt: Date
}

const hour = 3_600_000
const longestHours = 12
const furthestDays = 366

/**
 * The rules of the house that a schema can't say.
 *
 * @returns why the request is refused, as a sentence for the person who asked, or undefined
 */
export function refusal({ start, end }: BookingRequest, now: Date): string | undefined {
  if (Number.isNaN(start.getTime()) || Number.isNaN(end.getTime())) return 'start and end must be moments that exist.'
  if (end <= start) return 'The end must be after the start.'
  if (end.getTime() - start.getTime() > longestHours * hour) return `A booking lasts ${longestHours} hours at most.`
  if (end <= now) return 'The booking must not be over already.'
  if (start.getTime() - now.getTime() > furthestDays * 24 * hour)
    return `A booking starts within the next ${furthestDays} days.`
  return undefined
}
