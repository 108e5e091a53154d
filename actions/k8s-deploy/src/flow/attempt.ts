import type { Session } from '../session.ts'
import type { Plan } from './plan.ts'
import type { Story } from './story.ts'

/** What a roll-out has at hand. */
export interface Attempt {
  session: Session
  story: Story
  plan: Plan
  /** Aborts when the run is cancelled, or the lock is lost. */
  signal: AbortSignal
  /** When the time for becoming ready is over, in milliseconds of `performance.now()`. */
  deadline: number
  /** Keys of Jobs that were seen to have done their work: they may be deleted by themselves at any time. */
  done: Set<string>
  /** Keys of what was written. */
  written: Set<string>
}

export const timeLeft = ({ deadline }: Attempt): number => Math.max(0, deadline - performance.now())

/** Does what isn't waiting for readiness: a pause or a gate may well be longer than the time for that. */
export async function offTheClock<Result>(attempt: Attempt, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now()
  try {
    return await work()
  } finally {
    attempt.deadline += performance.now() - startedAt
  }
}
