/** The world's own time. It stands still between changes, so that "before" and "after" are decidable in a test. */
export interface Clock {
  now(): Date
  /** Lets time pass without any change. */
  advance(seconds: number): void
  /** The time of a change: one second after the one before it. */
  tick(): Date
}

/** A clock that starts at `start`, cut to whole seconds as GitHub's time stamps are. */
export function createClock(start: Date): Clock {
  let seconds = Math.floor(start.getTime() / 1000)
  const now = () => new Date(seconds * 1000)
  return {
    now,
    advance(by) {
      seconds += by
    },
    tick() {
      seconds += 1
      return now()
    },
  }
}

/** GitHub's time stamps: ISO 8601 in UTC without fractions of a second. */
export function timestamp(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}
