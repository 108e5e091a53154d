export interface Clock {
  now(): Date
  /** `date` is what the server said in an answer, `sentAt` and `receivedAt` are readings of the monotonic clock, in ms. */
  observe(date: string, sentAt: number, receivedAt: number): void
}

/**
 * The API server's time, from the `Date` of its answers. A Date is cut to the second, so that each answer tells of the
 * difference between the clocks only that it lies in an interval; together they make it as narrow as a round trip. Until
 * the first answer it is the runner's time.
 */
export function createClock(monotonic: () => number = () => performance.now(), start: number = Date.now()): Clock {
  let earliest = start - monotonic()
  let latest = earliest
  let known = false
  return {
    now: () => new Date(monotonic() + (earliest + latest) / 2),
    observe(date, sentAt, receivedAt) {
      const second = Date.parse(date)
      if (Number.isNaN(second)) return
      const from = second - receivedAt
      const to = second + 1000 - sentAt
      // No overlap with what was known: the server's clock was set, or another server has answered.
      const agrees = known && from <= latest && to >= earliest
      earliest = agrees ? Math.max(earliest, from) : from
      latest = agrees ? Math.min(latest, to) : to
      known = true
    },
  }
}
