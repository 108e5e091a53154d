import { effectOf, type Plan, resourceChanges } from '../plan/format.ts'
import type { Progress } from '../render/progress.ts'
import type { StreamEvent } from '../terraform/stream.ts'

/** GitHub's advice is a second between writes, and a reader needs no more than this. */
const INTERVAL_MS = 5_000

/**
 * Follows an apply and reports it, at most every 5 s. A report that fails is given up: the apply goes on, and its end is
 * reported anyway.
 */
export function followApply(plan: Plan, report: (progress: Progress) => Promise<void>) {
  const resources = new Map(
    resourceChanges(plan)
      .filter(({ change }) => effectOf(change) !== 'no-op')
      .map(({ address, change }) => [
        address,
        {
          address,
          action: effectOf(change) as string,
          state: 'waiting' as Progress['resources'][number]['state'],
          seconds: 0,
        },
      ]),
  )
  const progress = (): Progress => ({ resources: [...resources.values()].map((resource) => ({ ...resource })) })
  let pending: Promise<void> = Promise.resolve()
  let reportedAt = Number.NEGATIVE_INFINITY

  return {
    progress,
    onEvent(event: StreamEvent): void {
      if (event.kind !== 'resource') return
      const resource = resources.get(event.address)
      if (!resource) return
      resource.state = stateAfter(event.phase, resource.state)
      resource.seconds = Math.max(resource.seconds, event.seconds)
      if (performance.now() - reportedAt < INTERVAL_MS) return
      reportedAt = performance.now()
      const now = progress()
      pending = pending.then(() => report(now)).catch(() => {})
    },
    /** After a success everything is done, also what Terraform reports no progress of (forgetting). */
    completed: (): Progress => ({
      resources: progress().resources.map((resource) => ({ ...resource, state: 'done' })),
    }),
    /** Resolves when no report is under way any more. */
    settled: (): Promise<void> => pending,
  }
}

/** A replacement is two operations on one address; a failed first one is not mended by a second that starts. */
function stateAfter(
  phase: 'started' | 'progress' | 'done' | 'failed',
  before: Progress['resources'][number]['state'],
): Progress['resources'][number]['state'] {
  if (phase === 'failed' || before === 'failed') return 'failed'
  return phase === 'done' ? 'done' : 'running'
}
